/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraSrcPad: a source pad of `camerasrc`, one stream of its camera.
 *
 * A C GObject shell around StreamPad, which it owns, with what an application may want to read of a
 * pad as properties.
 */
#pragma once

#include <gst/gst.h>

#include <memory>

#include "gst/capture.h"

G_BEGIN_DECLS

#define GST_TYPE_CAMERA_SRC_PAD (gst_camera_src_pad_get_type())
G_DECLARE_FINAL_TYPE(GstCameraSrcPad, gst_camera_src_pad, GST, CAMERA_SRC_PAD, GstPad)

G_END_DECLS

namespace gstcam {

class PadDriver;

/** A new pad (floating) of a template of this type; the driver is the element's, and so outlives
 * the pad's place in it. */
GstPad* camera_src_pad_new(GstElement* element, GstPadTemplate* pad_template, const char* name,
                           uint32_t stream, std::shared_ptr<Capture> capture, PadDriver& driver);

}  // namespace gstcam
