/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The smallest interface there can be, with a shared record.
 */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

G_DECLARE_INTERFACE(GstCameraAcmeIpa, gst_camera_acme_ipa, GST_CAMERA_ACME, IPA, GObject)

/**
 * GstCameraAcmeIpaInterface:
 *
 * Calls.
 */
struct _GstCameraAcmeIpaInterface {
  GTypeInterface parent;

  /**
   * GstCameraAcmeIpaInterface::init:
   * @self: the IPA
   * @sensor: the sensor
   * @greeting: (out): words
   * @error: return location for an error
   */
  gboolean (*init)(GstCameraAcmeIpa* self, const GstCameraIpaSensorInfo* sensor, gchar** greeting,
                   GError** error);

  /**
   * GstCameraAcmeIpaInterface::start:
   * @self: the IPA
   * @error: return location for an error
   */
  gboolean (*start)(GstCameraAcmeIpa* self, GError** error);

  /**
   * GstCameraAcmeIpaInterface::stop:
   * @self: the IPA
   * @error: return location for an error
   */
  gboolean (*stop)(GstCameraAcmeIpa* self, GError** error);

  /**
   * GstCameraAcmeIpaInterface::tick: (attributes camera.call=async)
   * @self: the IPA
   * @frame: number of the frame
   */
  void (*tick)(GstCameraAcmeIpa* self, guint32 frame);
};

G_DECLARE_INTERFACE(GstCameraAcmeIpaEvents, gst_camera_acme_ipa_events, GST_CAMERA_ACME, IPA_EVENTS,
                    GObject)

/**
 * GstCameraAcmeIpaEventsInterface:
 *
 * Events.
 */
struct _GstCameraAcmeIpaEventsInterface {
  GTypeInterface parent;

  /**
   * GstCameraAcmeIpaEventsInterface::tock:
   * @self: the handler
   * @frame: number of the frame
   */
  void (*tock)(GstCameraAcmeIpaEvents* self, guint32 frame);
};

G_END_DECLS
