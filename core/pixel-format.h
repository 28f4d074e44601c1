/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PixelFormat, Size and the layout of a frame in memory.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace gstcam {

struct Size {
  uint32_t width = 0;
  uint32_t height = 0;
  bool operator==(const Size&) const = default;
};

constexpr uint32_t fourcc(char a, char b, char c, char d) {
  return static_cast<uint32_t>(a) | static_cast<uint32_t>(b) << 8U |
         static_cast<uint32_t>(c) << 16U | static_cast<uint32_t>(d) << 24U;
}

/** Values are DRM fourccs; the comment is GStreamer's name. */
enum class PixelFormat : uint32_t {
  Nv12 = fourcc('N', 'V', '1', '2'),      // NV12
  Yuv420 = fourcc('Y', 'U', '1', '2'),    // I420
  Yuyv = fourcc('Y', 'U', 'Y', 'V'),      // YUY2
  Xbgr8888 = fourcc('X', 'B', '2', '4'),  // RGBx
  Xrgb8888 = fourcc('X', 'R', '2', '4'),  // BGRx
  Bgr888 = fourcc('B', 'G', '2', '4'),    // RGB (bytes R, G, B)
};

/** Colours of the top left 2x2 pixels of a mosaic; values are GstCameraIpaCfaOrder's. */
enum class CfaOrder : uint32_t {
  Rggb = 0,
  Grbg = 1,
  Gbrg = 2,
  Bggr = 3,
};

/** "RGGB" ... */
const char* to_string(CfaOrder order);

/** Every format the software ISP can put out, best first. */
std::span<const PixelFormat> all_pixel_formats();
/** "NV12" ...: the name of GStreamer and of people. */
const char* to_string(PixelFormat format);

/** Largest width and height of a frame. */
inline constexpr uint32_t kMaxFrameSide = 16384;

struct PlaneLayout {
  size_t offset = 0;
  uint32_t stride = 0;  // bytes from row to row
  size_t size = 0;
  bool operator==(const PlaneLayout&) const = default;
};

/** Planes of one frame in one block of memory. */
struct FrameLayout {
  uint32_t count = 0;
  std::array<PlaneLayout, 3> planes{};
  size_t size = 0;
  bool operator==(const FrameLayout&) const = default;
};

/** Bytes of a row and number of rows that the picture itself takes in one plane. */
struct PlaneExtent {
  uint32_t row_bytes = 0;
  uint32_t rows = 0;
};

/** 1 (packed), 2 (NV12) or 3 (I420); 0 for a value that is none of the enumerators. */
uint32_t plane_count(PixelFormat format);
/** Chroma of odd sizes is rounded up. {0, 0} for a plane that the format does not have. */
PlaneExtent plane_extent(PixelFormat format, uint32_t plane, Size size);

/**
 * GStreamer's default layout (rows padded to 4 bytes, chroma of odd sizes rounded up); Invalid for
 * an empty size or one over 16384 a side.
 */
Result<FrameLayout> frame_layout(PixelFormat format, Size size);

}  // namespace gstcam
