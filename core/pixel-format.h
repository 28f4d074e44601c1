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

/**
 * What a frame is made of. Values are DRM's fourccs (drm_fourcc.h); mosaics and coded pictures, for
 * which DRM has none, have V4L2's (videodev2.h). The comment is GStreamer's name.
 */
enum class PixelFormat : uint32_t {
  Nv12 = fourcc('N', 'V', '1', '2'),      // NV12
  Nv21 = fourcc('N', 'V', '2', '1'),      // NV21
  Nv16 = fourcc('N', 'V', '1', '6'),      // NV16
  Nv61 = fourcc('N', 'V', '6', '1'),      // NV61
  Nv24 = fourcc('N', 'V', '2', '4'),      // NV24
  Yuv420 = fourcc('Y', 'U', '1', '2'),    // I420
  Yvu420 = fourcc('Y', 'V', '1', '2'),    // YV12
  Yuv422 = fourcc('Y', 'U', '1', '6'),    // Y42B
  Yuyv = fourcc('Y', 'U', 'Y', 'V'),      // YUY2
  Uyvy = fourcc('U', 'Y', 'V', 'Y'),      // UYVY
  Yvyu = fourcc('Y', 'V', 'Y', 'U'),      // YVYU
  Vyuy = fourcc('V', 'Y', 'U', 'Y'),      // VYUY
  R8 = fourcc('R', '8', ' ', ' '),        // GRAY8
  R16 = fourcc('R', '1', '6', ' '),       // GRAY16_LE
  Xbgr8888 = fourcc('X', 'B', '2', '4'),  // RGBx
  Xrgb8888 = fourcc('X', 'R', '2', '4'),  // BGRx
  Bgrx8888 = fourcc('B', 'X', '2', '4'),  // xRGB
  Rgbx8888 = fourcc('R', 'X', '2', '4'),  // xBGR
  Abgr8888 = fourcc('A', 'B', '2', '4'),  // RGBA
  Argb8888 = fourcc('A', 'R', '2', '4'),  // BGRA
  Bgra8888 = fourcc('B', 'A', '2', '4'),  // ARGB
  Bgr888 = fourcc('B', 'G', '2', '4'),    // RGB (bytes R, G, B)
  Rgb888 = fourcc('R', 'G', '2', '4'),    // BGR (bytes B, G, R)
  Rgb565 = fourcc('R', 'G', '1', '6'),    // RGB16
  Bggr8 = fourcc('B', 'A', '8', '1'),     // video/x-bayer, bggr
  Gbrg8 = fourcc('G', 'B', 'R', 'G'),     // video/x-bayer, gbrg
  Grbg8 = fourcc('G', 'R', 'B', 'G'),     // video/x-bayer, grbg
  Rggb8 = fourcc('R', 'G', 'G', 'B'),     // video/x-bayer, rggb
  Jpeg = fourcc('M', 'J', 'P', 'G'),      // image/jpeg
  H264 = fourcc('H', '2', '6', '4'),      // video/x-h264, byte stream, a picture a frame
};

enum class PixelKind : uint8_t {
  Yuv,
  Grey,
  Rgb,
  Mosaic,  // one colour a pixel, behind a colour filter array
  Coded,   // a picture's size is known when it is there
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

/** Every format there is. */
std::span<const PixelFormat> all_pixel_formats();
/** Every format the software ISP can put out, best first. */
std::span<const PixelFormat> software_isp_formats();
/** "NV12" ...: the name of GStreamer and of people; "unknown" for none of the enumerators. */
const char* to_string(PixelFormat format);
/** Coded for a value that is none of the enumerators: nothing is known of its bytes. */
PixelKind pixel_kind(PixelFormat format);

/** Largest width and height of a frame. */
inline constexpr uint32_t kMaxFrameSide = 16384;

struct PlaneLayout {
  size_t offset = 0;
  uint32_t stride = 0;  // bytes from row to row; 0 in a coded picture
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

/** 1 (packed, mosaic, coded), 2 (NV12) or 3 (I420); 0 for a value that is no enumerator. */
uint32_t plane_count(PixelFormat format);
/**
 * Chroma of odd sizes is rounded up. {0, 0} for a plane that the format does not have, and for
 * coded pictures.
 */
PlaneExtent plane_extent(PixelFormat format, uint32_t plane, Size size);

/**
 * GStreamer's default layout (rows padded to 4 bytes, chroma of odd sizes rounded up). Invalid for
 * an empty size or one over 16384 a side, and for a coded format: who codes it knows how large it
 * may get.
 */
Result<FrameLayout> frame_layout(PixelFormat format, Size size);

/**
 * The layout of a frame whose first plane has rows of `stride` bytes, as drivers hand it out: the
 * other planes follow without a gap, their strides in proportion. `size` is what the whole takes;
 * Invalid where the planes do not fit into it, or a row not into its stride.
 */
Result<FrameLayout> frame_layout(PixelFormat format, Size size, uint32_t stride, size_t bytes);
/** Of coded pictures of up to `bytes`. */
FrameLayout coded_layout(size_t bytes);

}  // namespace gstcam
