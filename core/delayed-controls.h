/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DelayedControls: a sensor's controls act some frames after they are written, each with a delay of
 * its own. This writes them so that what was asked for one frame arrives together, and tells for
 * every frame what it was taken with.
 *
 * Knows exposure-time, analogue-gain and frame-duration (whose delay is the exposure time's unless
 * told otherwise: most sensors take over both lengths in lines together); ignores other controls.
 * Not thread safe; no allocation.
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
  DelayedControls(uint32_t exposure_delay, uint32_t gain_delay, uint32_t duration_delay);

  /** Before the first frame: every frame has these until others act. */
  void reset(const ControlList& initial);
  /** Values wanted as soon as possible. The last push before a frame starts wins. */
  void push(const ControlList& controls);
  /**
   * Frame `sequence` starts: what to write to the sensor now (may be empty). Frames in a gap are
   * taken as started with nothing written. Empty for a frame that started before.
   */
  ControlList frame_start(uint32_t sequence);
  /** What frame `sequence` was taken with; for the last 16 frames. */
  [[nodiscard]] ControlList applied(uint32_t sequence) const;

 private:
  static constexpr uint32_t kSlots = 32;
  struct Values {
    ControlList list() const;
    void merge(const ControlList& controls);
    int32_t exposure_time = 0;  // 0: not known
    double analogue_gain = 0;
    int64_t frame_duration = 0;
  };

  /** `wanted` and `actual` of a frame; frames up to next_ + delay - 1 are known. */
  Values& wanted(uint32_t frame) { return wanted_[frame % kSlots]; }
  Values& actual(uint32_t frame) { return actual_[frame % kSlots]; }
  /** The frame that is `delay` after next_ has what was wanted of it, or what the one before had.
   */
  template <typename T>
  void carry(uint32_t delay, bool starts, T Values::*value);

  uint32_t exposure_delay_;
  uint32_t gain_delay_;
  uint32_t duration_delay_;
  uint32_t max_delay_;
  uint32_t next_ = 0;  // the frame that starts next
  ControlList pending_;
  std::array<Values, kSlots> wanted_{};
  std::array<Values, kSlots> actual_{};
};

}  // namespace gstcam
