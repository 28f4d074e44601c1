/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

G_DECLARE_INTERFACE(GstCameraBadIpa, gst_camera_bad_ipa, GST_CAMERA_BAD, IPA, GObject)

struct _GstCameraBadIpaInterface {
  GTypeInterface parent;
  gboolean (*init)(GstCameraBadIpa* self, GError** error);
  gboolean (*start)(GstCameraBadIpa* self, GError** error);
  gboolean (*stop)(GstCameraBadIpa* self, GError** error);
};

G_DECLARE_INTERFACE(GstCameraBadIpaEvents, gst_camera_bad_ipa_events, GST_CAMERA_BAD, IPA_EVENTS,
                    GObject)

struct _GstCameraBadIpaEventsInterface {
  GTypeInterface parent;

  gboolean (*returns)(GstCameraBadIpaEvents* self, guint32 frame);

  void (*has_error)(GstCameraBadIpaEvents* self, GError** error);

  /**
   * GstCameraBadIpaEventsInterface::has_out:
   * @self: the handler
   * @frame: a frame
   * @answer: (out): who would answer?
   */
  void (*has_out)(GstCameraBadIpaEvents* self, guint32 frame, guint32* answer);

  /**
   * GstCameraBadIpaEventsInterface::is_call: (attributes camera.call=async)
   * @self: the handler
   */
  void (*is_call)(GstCameraBadIpaEvents* self);
};

G_END_DECLS
