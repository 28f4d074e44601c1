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

  gboolean (*no_error)(GstCameraBadIpa* self, guint32 frame);
  void (*returns_nothing)(GstCameraBadIpa* self, guint32 frame, GError** error);
  guint32 (*returns_number)(GstCameraBadIpa* self, GError** error);
  void (*forgot_async)(GstCameraBadIpa* self, guint32 frame);

  /**
   * GstCameraBadIpaInterface::async_out: (attributes camera.call=async)
   * @self: the IPA
   * @frame: a frame
   * @answer: (out): nobody waits for it
   */
  void (*async_out)(GstCameraBadIpa* self, guint32 frame, guint32* answer);

  /**
   * GstCameraBadIpaInterface::async_error: (attributes camera.call=async)
   * @self: the IPA
   * @error: return location for an error
   */
  void (*async_error)(GstCameraBadIpa* self, GError** error);

  /**
   * GstCameraBadIpaInterface::async_returns: (attributes camera.call=async)
   * @self: the IPA
   */
  gboolean (*async_returns)(GstCameraBadIpa* self);

  /**
   * GstCameraBadIpaInterface::typo: (attributes camera.cal=async)
   * @self: the IPA
   * @error: return location for an error
   */
  gboolean (*typo)(GstCameraBadIpa* self, GError** error);

  /**
   * GstCameraBadIpaInterface::wrong_value: (attributes camera.call=later)
   * @self: the IPA
   * @error: return location for an error
   */
  gboolean (*wrong_value)(GstCameraBadIpa* self, GError** error);

  /**
   * GstCameraBadIpaInterface::parameters:
   * @self: the IPA
   * @both: (inout): in and out
   * @unit: (attributes camera.unit=ms): has an attribute nobody knows
   * @error: return location for an error
   */
  gboolean (*parameters)(GstCameraBadIpa* self, guint32* both, guint32 unit, GError** error);
};

G_DECLARE_INTERFACE(GstCameraBadIpaEvents, gst_camera_bad_ipa_events, GST_CAMERA_BAD, IPA_EVENTS,
                    GObject)

struct _GstCameraBadIpaEventsInterface {
  GTypeInterface parent;
  void (*done)(GstCameraBadIpaEvents* self);
};

G_END_DECLS
