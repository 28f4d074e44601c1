/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Latency: the time from a frame's timestamp (start of exposure) to its arrival, as it is promised
 * to the pipeline.
 *
 * It starts at one frame duration. A sink that synchronises drops what comes later than promised,
 * so when several of the last frames took longer (exposure, read-out and ISP may well sum up to
 * more) the promise is widened, for good. Not thread safe; allocates nothing.
 */
#pragma once

#include <cstdint>

namespace gstcam {

class Latency {
 public:
  /** For a stream of this frame duration (ns); forgets what was measured. */
  void reset(int64_t frame_duration);
  /** A frame took `delay` ns. True when min() has changed. */
  bool note(int64_t delay);
  [[nodiscard]] int64_t min() const { return min_; }
  [[nodiscard]] int64_t frame_duration() const { return frame_duration_; }

 private:
  int64_t frame_duration_ = 0;
  int64_t min_ = 0;
  int64_t worst_ = 0;  // of the late frames in the current window
  uint32_t seen_ = 0;
  uint32_t late_ = 0;
};

}  // namespace gstcam
