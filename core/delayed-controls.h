/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DelayedControls: a sensor's controls act some frames after they are written, each with a delay of
 * its own. This writes them so that what was asked for one frame arrives together, and tells for
 * every frame what it was taken with. Not thread safe; no allocation after construction.
 */
#pragma once

#include <array>
#include <cstdint>

#include "base/controls.h"

namespace gstcam {

class DelayedControls {
 public:
  /** Delays in frames, 0..7: a value written at the start of frame n acts on frame n + delay. */
  DelayedControls(uint32_t exposure_delay, uint32_t gain_delay);

  /** Before the first frame: every frame has these until others act. */
  void reset(const ControlList& initial);
  /** Values wanted as soon as possible. The last push before a frame starts wins. */
  void push(const ControlList& controls);
  /** Frame `sequence` starts (gaps allowed): what to write to the sensor now (may be empty). */
  ControlList frame_start(uint32_t sequence);
  /** What frame `sequence` was taken with; for the last 16 frames. */
  [[nodiscard]] ControlList applied(uint32_t sequence) const;

 private:
  static constexpr uint32_t kHistory = 32;
  struct Slot {
    ControlList wanted;
  };
  uint32_t exposure_delay_;
  uint32_t gain_delay_;
  uint32_t max_delay_;
  uint32_t next_ = 0;  // the frame that starts next
  ControlList pending_;
  std::array<Slot, kHistory> slots_;
};

}  // namespace gstcam
