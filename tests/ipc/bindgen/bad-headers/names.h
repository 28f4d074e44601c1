/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

typedef enum {
  GST_CAMERA_BAD_STATE_OFF = 0,
  GST_CAMERA_BAD_STATE_ON = 1,
  GST_CAMERA_BAD_STATE_ALSO_ON = 1,
  GST_CAMERA_BAD_STATE_2X = 2,
  GST_CAMERA_BAD_STATE_O_FF = 5,
  GST_CAMERA_BAD_STATE_OFF_ = 6,
} GstCameraBadState;

typedef struct {
  guint32 namespace;
  guint32 fine;
  guint32 trailing_;
} GstCameraBadRecord;

typedef struct {
  guint32 frame;
} GstCameraBadConfigureArgs;

typedef struct {
  guint32 frame;
} GstCameraBadResult;

G_DECLARE_INTERFACE(GstCameraBadIpa, gst_camera_bad_ipa, GST_CAMERA_BAD, IPA, GObject)

struct _GstCameraBadIpaInterface {
  GTypeInterface parent;
  gboolean (*init)(GstCameraBadIpa* self, GError** error);
  gboolean (*start)(GstCameraBadIpa* self, GError** error);
  gboolean (*stop)(GstCameraBadIpa* self, GError** error);

  gboolean (*configure)(GstCameraBadIpa* self, guint32 class, GError** error);
  gboolean (*frame_2)(GstCameraBadIpa* self, GError** error);
  gboolean (*frame2)(GstCameraBadIpa* self, GError** error);
  gboolean (*done)(GstCameraBadIpa* self, GError** error);
  gboolean (*pid)(GstCameraBadIpa* self, GError** error);
  gboolean (*delete)(GstCameraBadIpa* self, GError** error);
};

G_DECLARE_INTERFACE(GstCameraBadIpaEvents, gst_camera_bad_ipa_events, GST_CAMERA_BAD, IPA_EVENTS,
                    GObject)

struct _GstCameraBadIpaEventsInterface {
  GTypeInterface parent;
  void (*done)(GstCameraBadIpaEvents* self);
};

G_END_DECLS
