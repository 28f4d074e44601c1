/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "ipa/gst-camera-ipa-types.h"

G_BEGIN_DECLS

/**
 * GstCameraBadPoint:
 * @x: a coordinate
 *
 * Alone.
 */
typedef struct {
  gint32 x;
} GstCameraBadPoint;

G_END_DECLS
