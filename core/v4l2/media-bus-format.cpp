/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/media-bus-format.h"

#include <linux/media-bus-format.h>

#include <algorithm>
#include <array>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

using Kind = MediaBusFormat::Kind;

constexpr MediaBusFormat bayer(uint32_t code, uint32_t bits, CfaOrder cfa) {
  return {code, Kind::Bayer, bits, cfa};
}

constexpr MediaBusFormat other(uint32_t code, Kind kind, uint32_t bits) {
  return {code, kind, bits, CfaOrder::Rggb};
}

constexpr std::array kFormats = {
    bayer(MEDIA_BUS_FMT_SBGGR8_1X8, 8, CfaOrder::Bggr),
    bayer(MEDIA_BUS_FMT_SGBRG8_1X8, 8, CfaOrder::Gbrg),
    bayer(MEDIA_BUS_FMT_SGRBG8_1X8, 8, CfaOrder::Grbg),
    bayer(MEDIA_BUS_FMT_SRGGB8_1X8, 8, CfaOrder::Rggb),
    bayer(MEDIA_BUS_FMT_SBGGR10_1X10, 10, CfaOrder::Bggr),
    bayer(MEDIA_BUS_FMT_SGBRG10_1X10, 10, CfaOrder::Gbrg),
    bayer(MEDIA_BUS_FMT_SGRBG10_1X10, 10, CfaOrder::Grbg),
    bayer(MEDIA_BUS_FMT_SRGGB10_1X10, 10, CfaOrder::Rggb),
    bayer(MEDIA_BUS_FMT_SBGGR12_1X12, 12, CfaOrder::Bggr),
    bayer(MEDIA_BUS_FMT_SGBRG12_1X12, 12, CfaOrder::Gbrg),
    bayer(MEDIA_BUS_FMT_SGRBG12_1X12, 12, CfaOrder::Grbg),
    bayer(MEDIA_BUS_FMT_SRGGB12_1X12, 12, CfaOrder::Rggb),
    bayer(MEDIA_BUS_FMT_SBGGR14_1X14, 14, CfaOrder::Bggr),
    bayer(MEDIA_BUS_FMT_SGBRG14_1X14, 14, CfaOrder::Gbrg),
    bayer(MEDIA_BUS_FMT_SGRBG14_1X14, 14, CfaOrder::Grbg),
    bayer(MEDIA_BUS_FMT_SRGGB14_1X14, 14, CfaOrder::Rggb),
    bayer(MEDIA_BUS_FMT_SBGGR16_1X16, 16, CfaOrder::Bggr),
    bayer(MEDIA_BUS_FMT_SGBRG16_1X16, 16, CfaOrder::Gbrg),
    bayer(MEDIA_BUS_FMT_SGRBG16_1X16, 16, CfaOrder::Grbg),
    bayer(MEDIA_BUS_FMT_SRGGB16_1X16, 16, CfaOrder::Rggb),
    other(MEDIA_BUS_FMT_Y8_1X8, Kind::Mono, 8),
    other(MEDIA_BUS_FMT_Y10_1X10, Kind::Mono, 10),
    other(MEDIA_BUS_FMT_Y12_1X12, Kind::Mono, 12),
    other(MEDIA_BUS_FMT_UYVY8_2X8, Kind::Yuv, 8),
    other(MEDIA_BUS_FMT_YUYV8_2X8, Kind::Yuv, 8),
    other(MEDIA_BUS_FMT_UYVY8_1X16, Kind::Yuv, 8),
    other(MEDIA_BUS_FMT_YUYV8_1X16, Kind::Yuv, 8),
    other(MEDIA_BUS_FMT_RGB888_1X24, Kind::Rgb, 8),
    other(MEDIA_BUS_FMT_BGR888_1X24, Kind::Rgb, 8),
};

}  // namespace

std::optional<MediaBusFormat> media_bus_format(uint32_t code) {
  const auto* it = std::ranges::find(kFormats, code, &MediaBusFormat::code);
  return it == kFormats.end() ? std::nullopt : std::optional<MediaBusFormat>(*it);
}

std::optional<uint32_t> media_bus_code(CfaOrder cfa, uint32_t bits) {
  for (const MediaBusFormat& format : kFormats) {
    if (format.kind == Kind::Bayer && format.cfa == cfa && format.bits == bits)
      return format.code;
  }
  return std::nullopt;
}

std::string media_bus_text(uint32_t code) {
  const std::optional<MediaBusFormat> format = media_bus_format(code);
  if (!format)
    return hex_text(code);
  std::string text;
  switch (format->kind) {
    case Kind::Bayer:
      text = to_string(format->cfa);
      break;
    case Kind::Mono:
      text = "mono";
      break;
    case Kind::Yuv:
      text = "YUV";
      break;
    case Kind::Rgb:
      text = "RGB";
      break;
  }
  return text.append(" ").append(std::to_string(format->bits)).append(" bit");
}

}  // namespace gstcam::v4l2
