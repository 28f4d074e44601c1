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
  void (*done)(GstCameraBadIpaEvents* self);
};

G_DECLARE_INTERFACE(GstCameraBadLens, gst_camera_bad_lens, GST_CAMERA_BAD, LENS, GObject)

struct _GstCameraBadLensInterface {
  GTypeInterface parent;
  void (*move)(GstCameraBadLens* self, guint32 position);
};

G_END_DECLS
