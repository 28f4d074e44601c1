/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between V4L2's fourccs and PixelFormat, and between V4L2's colour fields and Colorimetry. Pure
 * functions, any thread.
 */
#pragma once

#include <cstdint>
#include <optional>

#include "core/pixel-format.h"
#include "core/raw-format.h"
#include "core/stream.h"
#include "core/v4l2/video-format.h"

namespace gstcam::v4l2 {

/** Nothing for formats that have no PixelFormat, those with a block of memory a plane among them.
 */
std::optional<PixelFormat> to_pixel_format(uint32_t fourcc);
/** V4L2_PIX_FMT_*; for formats with several names the usual one. */
uint32_t to_fourcc(PixelFormat format);

/** Of mosaics that the software ISP reads, 8 bit ones too; nothing for others. */
std::optional<RawFormat> to_raw_format(uint32_t fourcc);
/** V4L2_PIX_FMT_*, 0 where there is none. */
uint32_t to_fourcc(const RawFormat& format);

/**
 * What a driver's fields say of a YUV frame. Defaults are resolved as videodev2.h says
 * (V4L2_MAP_YCBCR_ENC_DEFAULT and its like).
 */
Colorimetry colorimetry_of(const VideoFormat& format);

}  // namespace gstcam::v4l2
