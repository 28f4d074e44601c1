/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/pixel-map.h"

#include <linux/videodev2.h>

#include <array>
#include <bit>

namespace gstcam::v4l2 {

namespace {

struct Row {
  PixelFormat format;
  uint32_t fourcc;
};

/* The order of bytes in memory decides, not the names: DRM's are read from the highest bit. */
constexpr Row kRows[] = {
    {PixelFormat::Nv12, V4L2_PIX_FMT_NV12},       {PixelFormat::Nv21, V4L2_PIX_FMT_NV21},
    {PixelFormat::Nv16, V4L2_PIX_FMT_NV16},       {PixelFormat::Nv61, V4L2_PIX_FMT_NV61},
    {PixelFormat::Nv24, V4L2_PIX_FMT_NV24},       {PixelFormat::Yuv420, V4L2_PIX_FMT_YUV420},
    {PixelFormat::Yvu420, V4L2_PIX_FMT_YVU420},   {PixelFormat::Yuv422, V4L2_PIX_FMT_YUV422P},
    {PixelFormat::Yuyv, V4L2_PIX_FMT_YUYV},       {PixelFormat::Uyvy, V4L2_PIX_FMT_UYVY},
    {PixelFormat::Yvyu, V4L2_PIX_FMT_YVYU},       {PixelFormat::Vyuy, V4L2_PIX_FMT_VYUY},
    {PixelFormat::R8, V4L2_PIX_FMT_GREY},         {PixelFormat::R16, V4L2_PIX_FMT_Y16},
    {PixelFormat::Xbgr8888, V4L2_PIX_FMT_RGBX32}, {PixelFormat::Xrgb8888, V4L2_PIX_FMT_XBGR32},
    {PixelFormat::Bgrx8888, V4L2_PIX_FMT_XRGB32}, {PixelFormat::Rgbx8888, V4L2_PIX_FMT_BGRX32},
    {PixelFormat::Abgr8888, V4L2_PIX_FMT_RGBA32}, {PixelFormat::Argb8888, V4L2_PIX_FMT_ABGR32},
    {PixelFormat::Bgra8888, V4L2_PIX_FMT_ARGB32}, {PixelFormat::Bgr888, V4L2_PIX_FMT_RGB24},
    {PixelFormat::Rgb888, V4L2_PIX_FMT_BGR24},    {PixelFormat::Rgb565, V4L2_PIX_FMT_RGB565},
    {PixelFormat::Bggr8, V4L2_PIX_FMT_SBGGR8},    {PixelFormat::Gbrg8, V4L2_PIX_FMT_SGBRG8},
    {PixelFormat::Grbg8, V4L2_PIX_FMT_SGRBG8},    {PixelFormat::Rggb8, V4L2_PIX_FMT_SRGGB8},
    {PixelFormat::Jpeg, V4L2_PIX_FMT_MJPEG},      {PixelFormat::Jpeg, V4L2_PIX_FMT_JPEG},
    {PixelFormat::H264, V4L2_PIX_FMT_H264},
};

struct RawRow {
  RawPacking packing;
  uint32_t bits;
  std::array<uint32_t, 4> fourccs;  // in the order of CfaOrder
};

/* Words are little endian, as samples are where this runs. */
static_assert(std::endian::native == std::endian::little);
constexpr RawRow kRawRows[] = {
    {RawPacking::Bytes,
     8,
     {V4L2_PIX_FMT_SRGGB8, V4L2_PIX_FMT_SGRBG8, V4L2_PIX_FMT_SGBRG8, V4L2_PIX_FMT_SBGGR8}},
    {RawPacking::Words,
     10,
     {V4L2_PIX_FMT_SRGGB10, V4L2_PIX_FMT_SGRBG10, V4L2_PIX_FMT_SGBRG10, V4L2_PIX_FMT_SBGGR10}},
    {RawPacking::Mipi10,
     10,
     {V4L2_PIX_FMT_SRGGB10P, V4L2_PIX_FMT_SGRBG10P, V4L2_PIX_FMT_SGBRG10P, V4L2_PIX_FMT_SBGGR10P}},
    {RawPacking::Words,
     12,
     {V4L2_PIX_FMT_SRGGB12, V4L2_PIX_FMT_SGRBG12, V4L2_PIX_FMT_SGBRG12, V4L2_PIX_FMT_SBGGR12}},
    {RawPacking::Mipi12,
     12,
     {V4L2_PIX_FMT_SRGGB12P, V4L2_PIX_FMT_SGRBG12P, V4L2_PIX_FMT_SGBRG12P, V4L2_PIX_FMT_SBGGR12P}},
    {RawPacking::Words,
     14,
     {V4L2_PIX_FMT_SRGGB14, V4L2_PIX_FMT_SGRBG14, V4L2_PIX_FMT_SGBRG14, V4L2_PIX_FMT_SBGGR14}},
    {RawPacking::Words,
     16,
     {V4L2_PIX_FMT_SRGGB16, V4L2_PIX_FMT_SGRBG16, V4L2_PIX_FMT_SGBRG16, V4L2_PIX_FMT_SBGGR16}},
};

}  // namespace

std::optional<PixelFormat> to_pixel_format(uint32_t fourcc) {
  for (const Row& row : kRows) {
    if (row.fourcc == fourcc)
      return row.format;
  }
  return std::nullopt;
}

uint32_t to_fourcc(PixelFormat format) {
  for (const Row& row : kRows) {
    if (row.format == format)
      return row.fourcc;
  }
  return 0;
}

std::optional<RawFormat> to_raw_format(uint32_t fourcc) {
  for (const RawRow& row : kRawRows) {
    for (size_t i = 0; i < row.fourccs.size(); i++) {
      if (row.fourccs[i] == fourcc)
        return RawFormat{row.packing, row.bits, static_cast<CfaOrder>(i)};
    }
  }
  return std::nullopt;
}

uint32_t to_fourcc(const RawFormat& format) {
  for (const RawRow& row : kRawRows) {
    if (row.packing == format.packing && row.bits == format.bits)
      return row.fourccs[static_cast<size_t>(format.cfa) % row.fourccs.size()];
  }
  return 0;
}

Colorimetry colorimetry_of(const VideoFormat& format) {
  uint32_t encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(format.colorspace);
  if (format.ycbcr_encoding != V4L2_YCBCR_ENC_DEFAULT)
    encoding = format.ycbcr_encoding;
  uint32_t quantization = V4L2_MAP_QUANTIZATION_DEFAULT(false, format.colorspace, encoding);
  if (format.quantization != V4L2_QUANTIZATION_DEFAULT)
    quantization = format.quantization;
  if (quantization == V4L2_QUANTIZATION_FULL_RANGE)
    return Colorimetry::Jpeg;
  if (format.colorspace == V4L2_COLORSPACE_SMPTE170M)
    return Colorimetry::Bt601;
  if (encoding == V4L2_YCBCR_ENC_709)
    return Colorimetry::Bt709;
  uint32_t transfer = V4L2_MAP_XFER_FUNC_DEFAULT(format.colorspace);
  if (format.transfer != V4L2_XFER_FUNC_DEFAULT)
    transfer = format.transfer;
  return transfer == V4L2_XFER_FUNC_709 ? Colorimetry::Bt709Bt601 : Colorimetry::SrgbBt601;
}

}  // namespace gstcam::v4l2
