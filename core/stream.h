/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a camera's streams can be, and what one was configured to.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/pixel-format.h"

namespace gstcam {

/**
 * What one stream of a camera can deliver: every format at every size in range. The durations are
 * those of the preferred size; a larger one may need longer frames, and configure() says so then.
 */
struct StreamCapabilities {
  std::vector<PixelFormat> formats;
  Size min;
  Size max;
  Size step{2, 2};
  Size preferred;                  // the sensor's native size
  int64_t frame_duration_min = 0;  // ns
  int64_t frame_duration_max = 0;
  int64_t frame_duration_preferred = 0;
};

enum class Colorimetry : uint8_t { Srgb, Bt709, Bt601 };

struct StreamConfiguration {
  uint32_t id = 0;  // the stream: 0 .. Camera::stream_count() - 1
  PixelFormat format = PixelFormat::Nv12;
  Size size;
  int64_t frame_duration = 0;  // ns, 0: the preferred one; the sensor may round it to lines
  Colorimetry colorimetry = Colorimetry::Bt709;  // YUV formats; RGB is always sRGB
  /* Filled in by Camera::configure(): */
  FrameLayout layout;
  uint32_t buffer_count = 4;  // at least this many make the stream run without a stall
};

/**
 * Whether a stream that can be `capabilities` can be `stream`; where not, an Invalid error that
 * says what is possible instead. A frame duration of 0 becomes the preferred one.
 */
Result<void> check_stream_configuration(const StreamCapabilities& capabilities,
                                        StreamConfiguration& stream);

}  // namespace gstcam
