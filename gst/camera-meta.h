/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes GstCameraMeta (gst-camera-meta.h) into buffers.
 *
 * The meta stays on a buffer of a pool when that comes back (GST_META_FLAG_POOLED), and its values
 * are overwritten in place: after the first use of a buffer nothing is allocated a frame.
 */
#pragma once

#include <gst/gst.h>

#include "base/controls.h"

namespace gstcam {

/** Makes the meta known to GStreamer. Any thread, any number of times. */
void register_camera_meta();

/** Makes the buffer's meta say exactly `metadata`. The buffer must be writable. */
void write_camera_meta(GstBuffer* buffer, const ControlList& metadata);

}  // namespace gstcam
