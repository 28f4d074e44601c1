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

/** How the numbers of a YUV frame are colours. RGB is always sRGB. */
enum class Colorimetry : uint8_t {
  Srgb,        // RGB
  Bt709,       // BT.709 in all
  Bt601,       // SMPTE 170M in all
  SrgbBt601,   // primaries of BT.709, transfer of sRGB, matrix of BT.601, 16..235: V4L2's sRGB
  Bt709Bt601,  // the same with the transfer of BT.709: what UVC cameras are that tell nothing else
  Jpeg,        // SrgbBt601 in 0..255
};

/**
 * Every one of these formats, at every size in range, at every duration. The durations are those
 * of the largest size that reaches them all; a larger one may need longer frames, and configure()
 * says so then.
 */
struct StreamMode {
  std::vector<PixelFormat> formats;
  Size min;  // one size: min is max
  Size max;
  Size step{2, 2};
  /** ns, shortest first, where only these are possible; empty: all from min to max. */
  std::vector<int64_t> frame_durations;
  int64_t frame_duration_min = 0;
  int64_t frame_duration_max = 0;
  /** Of YUV formats, best first. */
  std::vector<Colorimetry> colorimetry{Colorimetry::Bt709, Colorimetry::Bt601};

  [[nodiscard]] bool has_format(PixelFormat format) const;
  [[nodiscard]] bool has_size(Size size) const;
  /**
   * The duration to run at where `duration` is asked for: the nearest possible one, if it is as
   * good as the same (a rate's rounding to a fraction); else 0.
   */
  [[nodiscard]] int64_t duration_for(int64_t duration) const;
};

/** What one stream of a camera can deliver. */
struct StreamCapabilities {
  std::vector<StreamMode> modes;  // best first
  Size preferred;                 // the sensor's native size
  int64_t frame_duration_preferred = 0;
  /** Frames are dmabufs, as far as can be told before a frame is made: configure() knows. */
  bool dmabufs = false;
};

struct StreamConfiguration {
  uint32_t id = 0;  // the stream: 0 .. Camera::stream_count() - 1
  PixelFormat format = PixelFormat::Nv12;
  Size size;
  int64_t frame_duration = 0;  // ns, 0: the preferred one; the sensor may round it to lines
  Colorimetry colorimetry = Colorimetry::Bt709;  // YUV formats
  /* Filled in by Camera::configure(): */
  FrameLayout layout;         // of a coded picture: how large one may get
  uint32_t buffer_count = 4;  // at least this many make the stream run without a stall
  uint32_t buffer_limit = 0;  // as many can be allocated at a time; 0: as memory allows
  bool dmabufs = false;       // every frame is one
  bool copied = false;        // each is a copy of what a driver made, which it does not share
};

/**
 * Whether a stream that can be `capabilities` can be `stream`; where not, an Invalid error that
 * says what is possible instead. The frame duration becomes one of a mode: the preferred one or
 * the nearest to it where it is 0, else the nearest to what is asked for.
 */
Result<void> check_stream_configuration(const StreamCapabilities& capabilities,
                                        StreamConfiguration& stream);

/** "NV12, I420: 64x64 to 1920x1080 in steps of 2x2, 1 to 60 fps; JPEG: ..." for people. */
std::string describe(const StreamCapabilities& capabilities);

}  // namespace gstcam
