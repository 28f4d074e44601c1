/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/pixel-format.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace gstcam {

namespace {

/* One row of samples covers `columns` pixels with `bytes` bytes; there is one for `lines` lines. */
struct Plane {
  uint8_t columns;
  uint8_t bytes;
  uint8_t lines;
};

struct Row {
  PixelFormat format;
  const char* name;
  PixelKind kind;
  uint8_t count;
  std::array<Plane, 3> planes;
};

constexpr Plane kFull{1, 1, 1};
constexpr Plane kNone{1, 0, 1};

constexpr Row kRows[] = {
    {PixelFormat::Nv12, "NV12", PixelKind::Yuv, 2, {kFull, {2, 2, 2}}},
    {PixelFormat::Nv21, "NV21", PixelKind::Yuv, 2, {kFull, {2, 2, 2}}},
    {PixelFormat::Nv16, "NV16", PixelKind::Yuv, 2, {kFull, {2, 2, 1}}},
    {PixelFormat::Nv61, "NV61", PixelKind::Yuv, 2, {kFull, {2, 2, 1}}},
    {PixelFormat::Nv24, "NV24", PixelKind::Yuv, 2, {kFull, {1, 2, 1}}},
    {PixelFormat::Yuv420, "I420", PixelKind::Yuv, 3, {kFull, {2, 1, 2}, {2, 1, 2}}},
    {PixelFormat::Yvu420, "YV12", PixelKind::Yuv, 3, {kFull, {2, 1, 2}, {2, 1, 2}}},
    {PixelFormat::Yuv422, "Y42B", PixelKind::Yuv, 3, {kFull, {2, 1, 1}, {2, 1, 1}}},
    {PixelFormat::Yuyv, "YUY2", PixelKind::Yuv, 1, {{{2, 4, 1}}}},
    {PixelFormat::Uyvy, "UYVY", PixelKind::Yuv, 1, {{{2, 4, 1}}}},
    {PixelFormat::Yvyu, "YVYU", PixelKind::Yuv, 1, {{{2, 4, 1}}}},
    {PixelFormat::Vyuy, "VYUY", PixelKind::Yuv, 1, {{{2, 4, 1}}}},
    {PixelFormat::R8, "GRAY8", PixelKind::Grey, 1, {kFull}},
    {PixelFormat::R16, "GRAY16_LE", PixelKind::Grey, 1, {{{1, 2, 1}}}},
    {PixelFormat::Xbgr8888, "RGBx", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Xrgb8888, "BGRx", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Bgrx8888, "xRGB", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Rgbx8888, "xBGR", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Abgr8888, "RGBA", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Argb8888, "BGRA", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Bgra8888, "ARGB", PixelKind::Rgb, 1, {{{1, 4, 1}}}},
    {PixelFormat::Bgr888, "RGB", PixelKind::Rgb, 1, {{{1, 3, 1}}}},
    {PixelFormat::Rgb888, "BGR", PixelKind::Rgb, 1, {{{1, 3, 1}}}},
    {PixelFormat::Rgb565, "RGB16", PixelKind::Rgb, 1, {{{1, 2, 1}}}},
    {PixelFormat::Bggr8, "bggr", PixelKind::Mosaic, 1, {kFull}},
    {PixelFormat::Gbrg8, "gbrg", PixelKind::Mosaic, 1, {kFull}},
    {PixelFormat::Grbg8, "grbg", PixelKind::Mosaic, 1, {kFull}},
    {PixelFormat::Rggb8, "rggb", PixelKind::Mosaic, 1, {kFull}},
    {PixelFormat::Jpeg, "JPEG", PixelKind::Coded, 1, {kNone}},
    {PixelFormat::H264, "H.264", PixelKind::Coded, 1, {kNone}},
};

constexpr auto kFormats = [] {
  std::array<PixelFormat, std::size(kRows)> formats{};
  std::ranges::transform(kRows, formats.begin(), &Row::format);
  return formats;
}();

/* NV12 first: what encoders and displays take without a conversion, at half the memory of RGB. */
constexpr std::array kIspFormats = {
    PixelFormat::Nv12,     PixelFormat::Yuv420,   PixelFormat::Yuyv,
    PixelFormat::Xbgr8888, PixelFormat::Xrgb8888, PixelFormat::Bgr888,
};

const Row* row_of(PixelFormat format) {
  const auto* row = std::ranges::find(kRows, format, &Row::format);
  return row == std::end(kRows) ? nullptr : row;
}

constexpr uint32_t round_up(uint32_t value, uint32_t to) {
  return (value + to - 1) / to * to;
}

Result<const Row*> raw_row(PixelFormat format, Size size) {
  if (size.width == 0 || size.height == 0 || size.width > kMaxFrameSide ||
      size.height > kMaxFrameSide) {
    return Error(Error::Code::Invalid,
                 "a frame cannot have " + std::to_string(size.width) + "x" +
                     std::to_string(size.height) + " pixels",
                 "choose a width and a height of 1 to " + std::to_string(kMaxFrameSide));
  }
  const Row* row = row_of(format);
  if (!row) {
    return Error(Error::Code::Invalid,
                 "unknown pixel format " + std::to_string(static_cast<uint32_t>(format)));
  }
  if (row->kind == PixelKind::Coded)
    return Error(Error::Code::Invalid, std::string(row->name) + " has no layout of rows");
  return row;
}

}  // namespace

std::span<const PixelFormat> all_pixel_formats() {
  return kFormats;
}

std::span<const PixelFormat> software_isp_formats() {
  return kIspFormats;
}

const char* to_string(PixelFormat format) {
  const Row* row = row_of(format);
  return row ? row->name : "unknown";
}

PixelKind pixel_kind(PixelFormat format) {
  const Row* row = row_of(format);
  return row ? row->kind : PixelKind::Coded;
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
  const Row* row = row_of(format);
  return row ? row->count : 0;
}

PlaneExtent plane_extent(PixelFormat format, uint32_t plane, Size size) {
  const Row* row = row_of(format);
  if (!row || plane >= row->count || row->kind == PixelKind::Coded)
    return {};
  const Plane& p = row->planes[plane];
  return {round_up(size.width, p.columns) / p.columns * p.bytes,
          round_up(size.height, p.lines) / p.lines};
}

Result<FrameLayout> frame_layout(PixelFormat format, Size size) {
  Result<const Row*> row = raw_row(format, size);
  if (!row)
    return row.error();
  FrameLayout layout;
  layout.count = (*row)->count;
  const bool halved = layout.count > 1 && (*row)->planes[1].lines == 2;
  for (uint32_t i = 0; i < layout.count; i++) {
    const PlaneExtent extent = plane_extent(format, i, size);
    PlaneLayout& plane = layout.planes[i];
    plane.offset = layout.size;
    plane.stride = round_up(extent.row_bytes, 4);
    /* GStreamer gives the luma of a subsampled frame an even number of rows. */
    const uint32_t rows = halved && i == 0 ? round_up(extent.rows, 2) : extent.rows;
    plane.size = static_cast<size_t>(plane.stride) * rows;
    layout.size += plane.size;
  }
  return layout;
}

Result<FrameLayout> frame_layout(PixelFormat format, Size size, uint32_t stride, size_t bytes) {
  Result<const Row*> row = raw_row(format, size);
  if (!row)
    return row.error();
  const Plane& first = (*row)->planes[0];
  const std::string name = std::string((*row)->name) + " of " + std::to_string(size.width) + "x" +
                           std::to_string(size.height);
  FrameLayout layout;
  layout.count = (*row)->count;
  layout.size = bytes;
  size_t end = 0;
  for (uint32_t i = 0; i < layout.count; i++) {
    const Plane& p = (*row)->planes[i];
    const PlaneExtent extent = plane_extent(format, i, size);
    PlaneLayout& plane = layout.planes[i];
    plane.offset = end;
    /* So many bytes of the first plane's row cover the pixels that one of ours covers. */
    const uint64_t ours =
        uint64_t{stride} * first.columns * p.bytes / (uint64_t{first.bytes} * p.columns);
    if (ours < extent.row_bytes || ours > UINT32_MAX)
      return Error(Error::Code::Invalid,
                   "rows of " + std::to_string(stride) + " bytes are no layout of " + name);
    plane.stride = static_cast<uint32_t>(ours);
    plane.size = static_cast<size_t>(plane.stride) * extent.rows;
    end += plane.size;
  }
  if (end > bytes)
    return Error(Error::Code::Invalid, std::to_string(bytes) + " bytes are too few for " + name +
                                           " with rows of " + std::to_string(stride) + " bytes");
  return layout;
}

FrameLayout coded_layout(size_t bytes) {
  FrameLayout layout;
  layout.count = 1;
  layout.planes[0].size = bytes;
  layout.size = bytes;
  return layout;
}

}  // namespace gstcam
