/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/stream.h"

#include <algorithm>
#include <cstdio>

namespace gstcam {

namespace {

std::string text(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

std::string rate_text(int64_t duration) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.4g fps (%.3f ms)", 1e9 / static_cast<double>(duration),
                static_cast<double>(duration) / 1e6);
  return buffer;
}

bool side_fits(uint32_t value, uint32_t min, uint32_t max, uint32_t step) {
  return value >= min && value <= max && (value - min) % std::max(step, 1U) == 0;
}

std::string formats_text(const StreamCapabilities& capabilities) {
  std::string list;
  for (PixelFormat f : capabilities.formats)
    list += (list.empty() ? "" : ", ") + std::string(to_string(f));
  return list;
}

}  // namespace

Result<void> check_stream_configuration(const StreamCapabilities& capabilities,
                                        StreamConfiguration& stream) {
  const std::string name = "stream " + std::to_string(stream.id);
  if (std::ranges::find(capabilities.formats, stream.format) == capabilities.formats.end())
    return Error(Error::Code::Invalid, name + " cannot be " + to_string(stream.format),
                 "possible formats: " + formats_text(capabilities));
  if (!side_fits(stream.size.width, capabilities.min.width, capabilities.max.width,
                 capabilities.step.width) ||
      !side_fits(stream.size.height, capabilities.min.height, capabilities.max.height,
                 capabilities.step.height))
    return Error(Error::Code::Invalid, name + " cannot be " + text(stream.size),
                 "possible sizes: " + text(capabilities.min) + " to " + text(capabilities.max) +
                     " in steps of " + text(capabilities.step));
  if (stream.frame_duration == 0)
    stream.frame_duration = capabilities.frame_duration_preferred;
  if (stream.frame_duration < capabilities.frame_duration_min ||
      stream.frame_duration > capabilities.frame_duration_max) {
    const std::string asked = stream.frame_duration > 0
                                  ? rate_text(stream.frame_duration)
                                  : std::to_string(stream.frame_duration) + " ns a frame";
    return Error(Error::Code::Invalid, name + " cannot run at " + asked,
                 "possible rates: " + rate_text(capabilities.frame_duration_max) + " to " +
                     rate_text(capabilities.frame_duration_min));
  }
  return {};
}

}  // namespace gstcam
