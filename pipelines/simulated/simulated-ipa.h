/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface between the `simulated` pipeline handler (a raw sensor in software before the
 * software ISP) and its IPA. The generator makes everything else from this header.
 */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

#define GST_CAMERA_SIMULATED_TYPE_IPA (gst_camera_simulated_ipa_get_type())
G_DECLARE_INTERFACE(GstCameraSimulatedIpa, gst_camera_simulated_ipa, GST_CAMERA_SIMULATED, IPA,
                    GObject)

/**
 * GstCameraSimulatedIpaInterface:
 *
 * What the handler calls. Each frame: queue_request, compute_params, then, when the ISP developed
 * the frame, process_stats. The order of the frames is the order of the calls.
 */
struct _GstCameraSimulatedIpaInterface {
  GTypeInterface parent;

  /**
   * GstCameraSimulatedIpaInterface::init:
   * @self: the IPA
   * @settings: what it needs once
   * @sensor: the sensor in its default mode
   * @controls: (out): the controls that the IPA takes, and their ranges
   * @error: return location for an error
   *
   * The first call, once in the life of an IPA: reads the tuning.
   */
  gboolean (*init)(GstCameraSimulatedIpa* self, const GstCameraIpaSettings* settings,
                   const GstCameraIpaSensorInfo* sensor, GstCameraIpaControlRanges** controls,
                   GError** error);

  /**
   * GstCameraSimulatedIpaInterface::configure:
   * @self: the IPA
   * @sensor: the sensor in the mode that will run
   * @streams: (element-type GstCameraIpaStreamConfiguration): the configured outputs
   * @controls: (out): the controls that the IPA takes in this mode, and their ranges
   * @error: return location for an error
   *
   * Before start(), whenever the mode or the streams change.
   */
  gboolean (*configure)(GstCameraSimulatedIpa* self, const GstCameraIpaSensorInfo* sensor,
                        GArray* streams, GstCameraIpaControlRanges** controls, GError** error);

  /**
   * GstCameraSimulatedIpaInterface::map_buffers:
   * @self: the IPA
   * @buffers: (element-type GstCameraIpaBuffer): buffers of parameters (writable) and statistics
   * @error: return location for an error
   *
   * Makes buffers known by their ids. An id may not be mapped twice.
   */
  gboolean (*map_buffers)(GstCameraSimulatedIpa* self, GArray* buffers, GError** error);

  /**
   * GstCameraSimulatedIpaInterface::unmap_buffers:
   * @self: the IPA
   * @ids: (element-type guint32): buffers to forget
   * @error: return location for an error
   */
  gboolean (*unmap_buffers)(GstCameraSimulatedIpa* self, GArray* ids, GError** error);

  /**
   * GstCameraSimulatedIpaInterface::restore_state:
   * @self: the IPA
   * @state: what the last state_saved() of another IPA of this module said
   * @error: return location for an error
   *
   * Optional. Between configure() and start(), where the IPA takes over a camera that runs: the
   * next start() goes on from there. A state that cannot be used is an error and changes nothing.
   */
  gboolean (*restore_state)(GstCameraSimulatedIpa* self, GBytes* state, GError** error);

  /**
   * GstCameraSimulatedIpaInterface::start:
   * @self: the IPA
   * @controls: the application's controls for the first frame
   * @sensor_controls: (out): exposure time, gain and frame duration to start the sensor with
   * @error: return location for an error
   */
  gboolean (*start)(GstCameraSimulatedIpa* self, const GstCameraIpaControlList* controls,
                    GstCameraIpaControlList** sensor_controls, GError** error);

  /**
   * GstCameraSimulatedIpaInterface::stop:
   * @self: the IPA
   * @error: return location for an error
   *
   * No event of this run comes after it. Buffers stay mapped.
   */
  gboolean (*stop)(GstCameraSimulatedIpa* self, GError** error);

  /**
   * GstCameraSimulatedIpaInterface::queue_request: (attributes camera.call=async)
   * @self: the IPA
   * @frame: number of the frame
   * @controls: what the application wants from this frame on
   */
  void (*queue_request)(GstCameraSimulatedIpa* self, guint32 frame,
                        const GstCameraIpaControlList* controls);

  /**
   * GstCameraSimulatedIpaInterface::compute_params: (attributes camera.call=async)
   * @self: the IPA
   * @frame: number of the frame
   * @params_buffer: id of the buffer that takes the GstCameraIspParameters
   *
   * Answered by the event params_computed.
   */
  void (*compute_params)(GstCameraSimulatedIpa* self, guint32 frame, guint32 params_buffer);

  /**
   * GstCameraSimulatedIpaInterface::process_stats: (attributes camera.call=async)
   * @self: the IPA
   * @frame: number of the frame
   * @stats_buffer: id of the buffer with the GstCameraIspStatistics of the frame
   * @sensor_controls: exposure time, gain and frame duration that the frame was taken with
   *
   * Answered by the events set_sensor_controls and then metadata_ready.
   */
  void (*process_stats)(GstCameraSimulatedIpa* self, guint32 frame, guint32 stats_buffer,
                        const GstCameraIpaControlList* sensor_controls);
};

#define GST_CAMERA_SIMULATED_TYPE_IPA_EVENTS (gst_camera_simulated_ipa_events_get_type())
G_DECLARE_INTERFACE(GstCameraSimulatedIpaEvents, gst_camera_simulated_ipa_events,
                    GST_CAMERA_SIMULATED, IPA_EVENTS, GObject)

/**
 * GstCameraSimulatedIpaEventsInterface:
 *
 * What the IPA answers.
 */
struct _GstCameraSimulatedIpaEventsInterface {
  GTypeInterface parent;

  /**
   * GstCameraSimulatedIpaEventsInterface::params_computed:
   * @self: the handler
   * @frame: number of the frame
   * @params_buffer: id of the buffer that was filled
   */
  void (*params_computed)(GstCameraSimulatedIpaEvents* self, guint32 frame, guint32 params_buffer);

  /**
   * GstCameraSimulatedIpaEventsInterface::set_sensor_controls:
   * @self: the handler
   * @frame: number of the frame whose statistics led to these
   * @controls: exposure time, analogue gain, frame duration for the sensor
   */
  void (*set_sensor_controls)(GstCameraSimulatedIpaEvents* self, guint32 frame,
                              const GstCameraIpaControlList* controls);

  /**
   * GstCameraSimulatedIpaEventsInterface::state_saved:
   * @self: the handler
   * @state: what another IPA of this module needs to go on from here, at most 64 KiB
   *
   * Optional, whenever the IPA wants to. The last one counts.
   */
  void (*state_saved)(GstCameraSimulatedIpaEvents* self, GBytes* state);

  /**
   * GstCameraSimulatedIpaEventsInterface::metadata_ready:
   * @self: the handler
   * @frame: number of the frame
   * @metadata: what the algorithms know of it
   *
   * The last event of a frame.
   */
  void (*metadata_ready)(GstCameraSimulatedIpaEvents* self, guint32 frame,
                         const GstCameraIpaControlList* metadata);
};

G_END_DECLS
