/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/pixel-format.h"

#include <string>

namespace gstcam {

namespace {

/* NV12 first: what encoders and displays take without a conversion, at half the memory of RGB. */
constexpr std::array kFormats = {
    PixelFormat::Nv12,     PixelFormat::Yuv420,   PixelFormat::Yuyv,
    PixelFormat::Xbgr8888, PixelFormat::Xrgb8888, PixelFormat::Bgr888,
};

constexpr uint32_t round_up(uint32_t value, uint32_t to) {
  return (value + to - 1) / to * to;
}

}  // namespace

std::span<const PixelFormat> all_pixel_formats() {
  return kFormats;
}

const char* to_string(PixelFormat format) {
  switch (format) {
    case PixelFormat::Nv12:
      return "NV12";
    case PixelFormat::Yuv420:
      return "I420";
    case PixelFormat::Yuyv:
      return "YUY2";
    case PixelFormat::Xbgr8888:
      return "RGBx";
    case PixelFormat::Xrgb8888:
      return "BGRx";
    case PixelFormat::Bgr888:
      return "RGB";
  }
  return "unknown";
}

const char* to_string(CfaOrder order) {
  switch (order) {
    case CfaOrder::Rggb:
      return "RGGB";
    case CfaOrder::Grbg:
      return "GRBG";
    case CfaOrder::Gbrg:
      return "GBRG";
    case CfaOrder::Bggr:
      return "BGGR";
  }
  return "unknown";
}

uint32_t plane_count(PixelFormat format) {
  switch (format) {
    case PixelFormat::Nv12:
      return 2;
    case PixelFormat::Yuv420:
      return 3;
    case PixelFormat::Yuyv:
    case PixelFormat::Xbgr8888:
    case PixelFormat::Xrgb8888:
    case PixelFormat::Bgr888:
      return 1;
  }
  return 0;
}

PlaneExtent plane_extent(PixelFormat format, uint32_t plane, Size size) {
  if (plane >= plane_count(format))
    return {};
  const uint32_t half_width = round_up(size.width, 2) / 2;
  const uint32_t half_height = round_up(size.height, 2) / 2;
  switch (format) {
    case PixelFormat::Nv12:
      return plane == 0 ? PlaneExtent{size.width, size.height}
                        : PlaneExtent{half_width * 2, half_height};
    case PixelFormat::Yuv420:
      return plane == 0 ? PlaneExtent{size.width, size.height}
                        : PlaneExtent{half_width, half_height};
    case PixelFormat::Yuyv:
      return {half_width * 4, size.height};
    case PixelFormat::Xbgr8888:
    case PixelFormat::Xrgb8888:
      return {size.width * 4, size.height};
    case PixelFormat::Bgr888:
      return {size.width * 3, size.height};
  }
  return {};
}

Result<FrameLayout> frame_layout(PixelFormat format, Size size) {
  if (size.width == 0 || size.height == 0 || size.width > kMaxFrameSide ||
      size.height > kMaxFrameSide) {
    return Error(Error::Code::Invalid,
                 "a frame cannot have " + std::to_string(size.width) + "x" +
                     std::to_string(size.height) + " pixels",
                 "choose a width and a height of 1 to " + std::to_string(kMaxFrameSide));
  }
  FrameLayout layout;
  layout.count = plane_count(format);
  if (layout.count == 0) {
    return Error(Error::Code::Invalid,
                 "unknown pixel format " + std::to_string(static_cast<uint32_t>(format)));
  }
  for (uint32_t i = 0; i < layout.count; i++) {
    const PlaneExtent extent = plane_extent(format, i, size);
    PlaneLayout& plane = layout.planes[i];
    plane.offset = layout.size;
    plane.stride = round_up(extent.row_bytes, 4);
    /* GStreamer gives the luma of a subsampled frame an even number of rows. */
    const uint32_t rows = layout.count > 1 && i == 0 ? round_up(extent.rows, 2) : extent.rows;
    plane.size = static_cast<size_t>(plane.stride) * rows;
    layout.size += plane.size;
  }
  return layout;
}

}  // namespace gstcam
