/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one place where an Error of ours becomes a message on the bus.
 *
 * GStreamer sorts errors into domains that applications switch on (`GST_RESOURCE_ERROR_BUSY`); our
 * codes are mapped to them here. The message's text is for people: what failed and why, then what
 * to do about it. Any thread; must not be called with the element's object lock held.
 */
#pragma once

#include <gst/gst.h>

#include "base/result.h"

namespace gstcam {

struct GstErrorCode {
  GQuark domain;
  int code;
};

/** The domain and code applications get for one of our codes. */
GstErrorCode to_gst_error(Error::Code code);

/** "cause. What to do." as one text. */
std::string error_text(const Error& error);

void post_error(GstElement* element, const Error& error);
void post_warning(GstElement* element, const Error& error);

}  // namespace gstcam
