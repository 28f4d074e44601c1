/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between GstCaps and what a camera's stream can do. Pure functions, any thread.
 */
#pragma once

#include <gst/video/video.h>

#include <string>

#include "core/stream.h"
#include "gst/mini-object-ptr.h"

namespace gstcam {

/** Everything any camera can do: of the pad template. */
CapsPtr template_caps();

/**
 * What this stream can do: formats best first, sizes in steps, frame rates, colorimetry; after all
 * of them the same as dmabufs, where it has those (dmabuf-caps.h).
 */
CapsPtr caps_of(const StreamCapabilities& can);

/**
 * One picture out of `caps` (their order is the order of preference): size, shape and rate as near
 * to the camera's preferred ones as the caps allow.
 */
CapsPtr fixate(CapsPtr caps, const StreamCapabilities& can);

/**
 * Of fixed caps in system memory. Invalid for what this tree has no format for. Whether the camera
 * can do it is for Camera::configure() to say.
 */
Result<StreamConfiguration> configuration_of(const GstCaps* caps, const StreamCapabilities& can);

/** UNKNOWN for what is no video/x-raw. */
GstVideoFormat to_gst(PixelFormat format);

/** Whether frames of `layout` look as `info` says without a GstVideoMeta. */
bool is_default_layout(const FrameLayout& layout, const GstVideoInfo& info);

}  // namespace gstcam
