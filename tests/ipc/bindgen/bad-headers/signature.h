/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

typedef struct {
  guint32 a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z;
} GstCameraBadLetters;

typedef struct {
  GstCameraBadLetters a[2], b[2], c[2], d[2], e[2], f[2], g[2], h[2], i[2], j[2];
} GstCameraBadTable;

G_DECLARE_INTERFACE(GstCameraBadIpa, gst_camera_bad_ipa, GST_CAMERA_BAD, IPA, GObject)

struct _GstCameraBadIpaInterface {
  GTypeInterface parent;
  gboolean (*init)(GstCameraBadIpa* self, GError** error);
  gboolean (*start)(GstCameraBadIpa* self, GError** error);
  gboolean (*stop)(GstCameraBadIpa* self, GError** error);

  gboolean (*configure)(GstCameraBadIpa* self, const GstCameraBadTable* table, GError** error);
};

G_DECLARE_INTERFACE(GstCameraBadIpaEvents, gst_camera_bad_ipa_events, GST_CAMERA_BAD, IPA_EVENTS,
                    GObject)

struct _GstCameraBadIpaEventsInterface {
  GTypeInterface parent;
  void (*done)(GstCameraBadIpaEvents* self);
};

G_END_DECLS
