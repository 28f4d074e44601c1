/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the codes of the media bus mean (MEDIA_BUS_FMT_*): the raw ones, and a few of YUV and RGB
 * that sensors with an ISP of their own send. Facts from include/uapi/linux/media-bus-format.h.
 */
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/pixel-format.h"

namespace gstcam::v4l2 {

struct MediaBusFormat {
  enum class Kind : uint8_t { Bayer, Mono, Yuv, Rgb };
  uint32_t code = 0;
  Kind kind = Kind::Bayer;
  uint32_t bits = 0;              // of a sample
  CfaOrder cfa = CfaOrder::Rggb;  // of Bayer
};

/** None for a code that is not in the table. */
std::optional<MediaBusFormat> media_bus_format(uint32_t code);
/** The code of a mosaic; none where the bus has none of that depth. */
std::optional<uint32_t> media_bus_code(CfaOrder cfa, uint32_t bits);
/** "RGGB 10 bit", "mono 8 bit", "0x00001234": for people. */
std::string media_bus_text(uint32_t code);

}  // namespace gstcam::v4l2
