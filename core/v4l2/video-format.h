/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VideoFormat: what frames of a node are, the single- and the multi-planar interface of V4L2 in one
 * shape, and its way from and to v4l2_format. Values.
 */
#pragma once

#include <linux/videodev2.h>

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "core/pixel-format.h"

namespace gstcam::v4l2 {

inline constexpr uint32_t kMaxPlanes = VIDEO_MAX_PLANES;
/** Of one plane: what asks for more is no camera. */
inline constexpr uint32_t kMaxPlaneSize = 1U << 30U;

struct VideoFormat {
  struct Plane {
    uint32_t stride = 0;  // bytes from row to row, 0 for compressed formats; of the first component
    uint32_t size = 0;    // bytes of a whole plane, at most kMaxPlaneSize
    bool operator==(const Plane&) const = default;
  };

  uint32_t fourcc = 0;  // V4L2_PIX_FMT_* or V4L2_META_FMT_*
  Size size;            // 0x0 for metadata
  uint32_t field = V4L2_FIELD_NONE;
  uint32_t colorspace = V4L2_COLORSPACE_DEFAULT;
  uint32_t ycbcr_encoding = V4L2_YCBCR_ENC_DEFAULT;
  uint32_t quantization = V4L2_QUANTIZATION_DEFAULT;
  uint32_t transfer = V4L2_XFER_FUNC_DEFAULT;
  /* Blocks of memory a frame has: 1 unless the format's name says otherwise (NM12: 2). */
  uint32_t plane_count = 1;
  std::array<Plane, kMaxPlanes> planes{};

  bool operator==(const VideoFormat&) const = default;
  /** "1920x1080 YUYV" */
  [[nodiscard]] std::string to_string() const;
};

/** Whether the type (V4L2_BUF_TYPE_*) has planes of its own, is for metadata, is written to. */
bool is_multiplanar(uint32_t buffer_type);
bool is_metadata(uint32_t buffer_type);
bool is_output(uint32_t buffer_type);

v4l2_format to_v4l2(const VideoFormat& format, uint32_t buffer_type);
/**
 * Checks what a driver filled in: the type asked for, a size of 1 to kMaxFrameSide a side, 1 to 8
 * planes of 1 to kMaxPlaneSize bytes. Otherwise an Error of code Protocol without a device's name.
 * That rows fit into their plane is not checked here: it takes to know the pixel format.
 */
Result<VideoFormat> from_v4l2(const v4l2_format& raw, uint32_t buffer_type);

/** Time from frame to frame as a ratio of seconds; both greater than 0. */
struct Fraction {
  uint32_t numerator = 1;
  uint32_t denominator = 1;
  bool operator==(const Fraction&) const = default;
  /** Rounded to the nearest; a frame of 2^32 s still fits. 0 for a denominator of 0. */
  [[nodiscard]] int64_t nanoseconds() const;
};
/** The ratio nearest to a duration of 1 ns to 1 hour, with a denominator in small numbers. */
Fraction fraction_of(int64_t nanoseconds);

struct Rect {
  int32_t left = 0;
  int32_t top = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  bool operator==(const Rect&) const = default;
};

}  // namespace gstcam::v4l2
