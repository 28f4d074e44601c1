/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The debug category `camerasrc` (GST_DEBUG=camerasrc:6); made by the element's class.
 */
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(gst_camera_src_debug);
#define GST_CAT_DEFAULT gst_camera_src_debug
