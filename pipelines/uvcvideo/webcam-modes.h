/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a capture node enumerates, as StreamCapabilities.
 */
#pragma once

#include "core/stream.h"
#include "core/v4l2/video-device.h"

namespace gstcam::uvcvideo {

/** More a node does not have: what does is making them up. */
inline constexpr size_t kMaxModes = 1024;

/**
 * Every format that this tree knows, at every size, with its frame intervals; single sizes and
 * ranges as the driver tells them. Best first: smooth before jerky, raw before coded, large before
 * small. Where a driver does not enumerate sizes, the smallest and the largest that it takes are
 * tried; where it does not enumerate intervals, any is allowed. Unsupported where nothing is left.
 */
Result<StreamCapabilities> webcam_capabilities(v4l2::VideoDevice& device);

}  // namespace gstcam::uvcvideo
