/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/video-format.h"

#include <algorithm>
#include <numeric>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kHour = 3600 * kSecond;

Error wrong(const std::string& what) {
  return Error(Error::Code::Protocol, what);
}

}  // namespace

std::string VideoFormat::to_string() const {
  if (size == Size{})
    return fourcc_text(fourcc);
  return std::to_string(size.width) + "x" + std::to_string(size.height) + " " + fourcc_text(fourcc);
}

bool is_multiplanar(uint32_t buffer_type) {
  return buffer_type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE ||
         buffer_type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
}

bool is_metadata(uint32_t buffer_type) {
  return buffer_type == V4L2_BUF_TYPE_META_CAPTURE || buffer_type == V4L2_BUF_TYPE_META_OUTPUT;
}

bool is_output(uint32_t buffer_type) {
  return buffer_type == V4L2_BUF_TYPE_VIDEO_OUTPUT ||
         buffer_type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE ||
         buffer_type == V4L2_BUF_TYPE_META_OUTPUT;
}

v4l2_format to_v4l2(const VideoFormat& format, uint32_t buffer_type) {
  v4l2_format raw{};
  raw.type = buffer_type;
  if (is_metadata(buffer_type)) {
    raw.fmt.meta.dataformat = format.fourcc;
    raw.fmt.meta.buffersize = format.planes[0].size;
    return raw;
  }
  if (!is_multiplanar(buffer_type)) {
    v4l2_pix_format& pix = raw.fmt.pix;
    pix.width = format.size.width;
    pix.height = format.size.height;
    pix.pixelformat = format.fourcc;
    pix.field = format.field;
    pix.bytesperline = format.planes[0].stride;
    pix.sizeimage = format.planes[0].size;
    pix.colorspace = format.colorspace;
    pix.priv = V4L2_PIX_FMT_PRIV_MAGIC;  // the members below are there
    pix.ycbcr_enc = format.ycbcr_encoding;
    pix.quantization = format.quantization;
    pix.xfer_func = format.transfer;
    return raw;
  }
  v4l2_pix_format_mplane& pix = raw.fmt.pix_mp;
  pix.width = format.size.width;
  pix.height = format.size.height;
  pix.pixelformat = format.fourcc;
  pix.field = format.field;
  pix.colorspace = format.colorspace;
  pix.ycbcr_enc = static_cast<uint8_t>(format.ycbcr_encoding);
  pix.quantization = static_cast<uint8_t>(format.quantization);
  pix.xfer_func = static_cast<uint8_t>(format.transfer);
  pix.num_planes = static_cast<uint8_t>(std::min(format.plane_count, kMaxPlanes));
  for (uint32_t i = 0; i < pix.num_planes; i++) {
    pix.plane_fmt[i].bytesperline = format.planes[i].stride;
    pix.plane_fmt[i].sizeimage = format.planes[i].size;
  }
  return raw;
}

Result<VideoFormat> from_v4l2(const v4l2_format& raw, uint32_t buffer_type) {
  if (raw.type != buffer_type)
    return wrong("a format of another type");
  VideoFormat format;
  if (is_metadata(buffer_type)) {
    format.fourcc = raw.fmt.meta.dataformat;
    format.planes[0].size = raw.fmt.meta.buffersize;
  } else if (!is_multiplanar(buffer_type)) {
    const v4l2_pix_format& pix = raw.fmt.pix;
    format.fourcc = pix.pixelformat;
    format.size = {pix.width, pix.height};
    format.field = pix.field;
    format.colorspace = pix.colorspace;
    if (pix.priv == V4L2_PIX_FMT_PRIV_MAGIC) {
      format.ycbcr_encoding = pix.ycbcr_enc;
      format.quantization = pix.quantization;
      format.transfer = pix.xfer_func;
    }
    format.planes[0] = {pix.bytesperline, pix.sizeimage};
  } else {
    const v4l2_pix_format_mplane& pix = raw.fmt.pix_mp;
    format.fourcc = pix.pixelformat;
    format.size = {pix.width, pix.height};
    format.field = pix.field;
    format.colorspace = pix.colorspace;
    format.ycbcr_encoding = pix.ycbcr_enc;
    format.quantization = pix.quantization;
    format.transfer = pix.xfer_func;
    format.plane_count = pix.num_planes;
    if (format.plane_count == 0 || format.plane_count > kMaxPlanes)
      return wrong("frames of " + std::to_string(format.plane_count) + " planes");
    for (uint32_t i = 0; i < format.plane_count; i++)
      format.planes[i] = {pix.plane_fmt[i].bytesperline, pix.plane_fmt[i].sizeimage};
  }
  if (!is_metadata(buffer_type) &&
      (format.size.width == 0 || format.size.height == 0 || format.size.width > kMaxFrameSide ||
       format.size.height > kMaxFrameSide)) {
    return wrong("frames of " + std::to_string(format.size.width) + "x" +
                 std::to_string(format.size.height) + " " + fourcc_text(format.fourcc));
  }
  for (uint32_t i = 0; i < format.plane_count; i++) {
    const uint32_t size = format.planes[i].size;
    if (size == 0 || size > kMaxPlaneSize) {
      return wrong("frames of " + format.to_string() + " whose plane " + std::to_string(i) +
                   " has " + std::to_string(size) + " bytes");
    }
  }
  return format;
}

int64_t Fraction::nanoseconds() const {
  if (denominator == 0)
    return 0;
  // 2^32 * 10^9 < 2^62
  return (int64_t{numerator} * kSecond + denominator / 2) / denominator;
}

Fraction fraction_of(int64_t nanoseconds) {
  const int64_t ns = std::clamp<int64_t>(nanoseconds, 1, kHour);
  // Durations people ask for are frame rates cut to whole nanoseconds: find the rate again, whole
  // or of the 1001 family; where it is neither, tell the duration itself.
  for (int64_t numerator : {int64_t{1}, int64_t{1001}}) {
    const int64_t unit = numerator == 1 ? 1 : 1000;
    const int64_t rate = (numerator * kSecond / unit + ns / 2) / ns;
    const int64_t denominator = rate * unit;
    if (denominator < 1 || denominator > UINT32_MAX)
      continue;
    const Fraction fraction{static_cast<uint32_t>(numerator), static_cast<uint32_t>(denominator)};
    if (std::abs(fraction.nanoseconds() - ns) <= 1)
      return fraction;
  }
  // In units of 100 ns (those of UVC) the hour is 3.6e10, which is too much for 32 bits: µs then.
  const int64_t unit = ns <= int64_t{UINT32_MAX} * 100 ? 100 : 1000;
  const int64_t numerator = std::max<int64_t>(1, (ns + unit / 2) / unit);
  const int64_t denominator = kSecond / unit;
  const int64_t common = std::gcd(numerator, denominator);
  return {static_cast<uint32_t>(numerator / common), static_cast<uint32_t>(denominator / common)};
}

}  // namespace gstcam::v4l2
