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

G_END_DECLS
