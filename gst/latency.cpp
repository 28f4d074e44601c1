/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/latency.h"

#include <algorithm>

namespace gstcam {

namespace {
constexpr uint32_t kWindow = 16;
constexpr uint32_t kLate = 4;  // fewer are hiccups of the machine
constexpr int64_t kMaxFrames = 8;
constexpr int64_t kRound = 1000000;
}  // namespace

void Latency::reset(int64_t frame_duration) {
  frame_duration_ = frame_duration;
  min_ = frame_duration;
  worst_ = 0;
  seen_ = 0;
  late_ = 0;
}

bool Latency::note(int64_t delay) {
  if (delay > min_) {
    late_++;
    worst_ = std::max(worst_, delay);
  }
  bool changed = false;
  if (late_ >= kLate) {
    const int64_t wanted = (worst_ + kRound) / kRound * kRound;
    const int64_t limit = frame_duration_ * kMaxFrames;
    changed = std::min(wanted, limit) > min_;
    if (changed)
      min_ = std::min(wanted, limit);
  }
  if (late_ >= kLate || ++seen_ >= kWindow) {
    seen_ = 0;
    late_ = 0;
    worst_ = 0;
  }
  return changed;
}

}  // namespace gstcam
