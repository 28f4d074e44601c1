/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface between the `vimc` pipeline handler (the kernel's virtual media controller driver)
 * and its IPA. The generator makes everything else from this header.
 */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

#define GST_CAMERA_VIMC_TYPE_IPA (gst_camera_vimc_ipa_get_type())
G_DECLARE_INTERFACE(GstCameraVimcIpa, gst_camera_vimc_ipa, GST_CAMERA_VIMC, IPA, GObject)

/**
 * GstCameraVimcIpaInterface:
 *
 * What the handler calls. Each frame: queue_request, then compute_params of the same frame. The
 * order of the frames is the order of the calls.
 */
struct _GstCameraVimcIpaInterface {
  GTypeInterface parent;

  /**
   * GstCameraVimcIpaInterface::init:
   * @self: the IPA
   * @settings: what it needs once
   * @sensor: the sensor in its default mode
   * @controls: (out): the controls that the IPA takes, and their ranges
   * @error: return location for an error
   *
   * The first call, once in the life of an IPA: reads the tuning.
   */
  gboolean (*init)(GstCameraVimcIpa* self, const GstCameraIpaSettings* settings,
                   const GstCameraIpaSensorInfo* sensor, GstCameraIpaControlRanges** controls,
                   GError** error);

  /**
   * GstCameraVimcIpaInterface::configure:
   * @self: the IPA
   * @sensor: the sensor in the mode that will run
   * @streams: (element-type GstCameraIpaStreamConfiguration): the configured outputs
   * @controls: (out): the controls that the IPA takes in this mode, and their ranges
   * @error: return location for an error
   *
   * Before start(), whenever the mode or the streams change.
   */
  gboolean (*configure)(GstCameraVimcIpa* self, const GstCameraIpaSensorInfo* sensor,
                        GArray* streams, GstCameraIpaControlRanges** controls, GError** error);

  /**
   * GstCameraVimcIpaInterface::map_buffers:
   * @self: the IPA
   * @buffers: (element-type GstCameraIpaBuffer): buffers of parameters, writable
   * @error: return location for an error
   *
   * Makes buffers known by their ids. An id may not be mapped twice.
   */
  gboolean (*map_buffers)(GstCameraVimcIpa* self, GArray* buffers, GError** error);

  /**
   * GstCameraVimcIpaInterface::unmap_buffers:
   * @self: the IPA
   * @ids: (element-type guint32): buffers to forget
   * @error: return location for an error
   */
  gboolean (*unmap_buffers)(GstCameraVimcIpa* self, GArray* ids, GError** error);

  /**
   * GstCameraVimcIpaInterface::start:
   * @self: the IPA
   * @controls: the application's controls for the first frame
   * @error: return location for an error
   */
  gboolean (*start)(GstCameraVimcIpa* self, const GstCameraIpaControlList* controls,
                    GError** error);

  /**
   * GstCameraVimcIpaInterface::stop:
   * @self: the IPA
   * @error: return location for an error
   *
   * No event of this run comes after it. Buffers stay mapped.
   */
  gboolean (*stop)(GstCameraVimcIpa* self, GError** error);

  /**
   * GstCameraVimcIpaInterface::queue_request: (attributes camera.call=async)
   * @self: the IPA
   * @frame: number of the frame, which only grows
   * @controls: what the application wants from this frame on
   */
  void (*queue_request)(GstCameraVimcIpa* self, guint32 frame,
                        const GstCameraIpaControlList* controls);

  /**
   * GstCameraVimcIpaInterface::compute_params: (attributes camera.call=async)
   * @self: the IPA
   * @frame: number of the frame whose request was queued last
   * @params_buffer: id of the buffer that takes the GstCameraVimcParameters
   *
   * Answered by the event params_computed.
   */
  void (*compute_params)(GstCameraVimcIpa* self, guint32 frame, guint32 params_buffer);
};

#define GST_CAMERA_VIMC_TYPE_IPA_EVENTS (gst_camera_vimc_ipa_events_get_type())
G_DECLARE_INTERFACE(GstCameraVimcIpaEvents, gst_camera_vimc_ipa_events, GST_CAMERA_VIMC, IPA_EVENTS,
                    GObject)

/**
 * GstCameraVimcIpaEventsInterface:
 *
 * What the IPA answers.
 */
struct _GstCameraVimcIpaEventsInterface {
  GTypeInterface parent;

  /**
   * GstCameraVimcIpaEventsInterface::params_computed:
   * @self: the handler
   * @frame: number of the frame
   * @params_buffer: id of the buffer that was filled
   */
  void (*params_computed)(GstCameraVimcIpaEvents* self, guint32 frame, guint32 params_buffer);
};

G_END_DECLS
