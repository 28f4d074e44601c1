/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorRegister: a value that acts some frames after it was written. Not thread safe; allocates
 * nothing.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gstcam::simulated {

class SensorRegister {
 public:
  void reset(uint32_t delay, uint32_t value) {
    delay_ = delay;
    base_ = value;
    count_ = 0;
  }
  /** At the start of frame `sequence`; a second write in a frame replaces the first. */
  void write(uint32_t sequence, uint32_t value) {
    if (count_ > 0 && at(count_ - 1).sequence == sequence) {
      at(count_ - 1).value = value;
      return;
    }
    if (count_ >= kHistory)
      base_ = at(count_ - kHistory).value;  // about to be overwritten
    at(count_) = {sequence, value};
    count_++;
  }
  [[nodiscard]] uint32_t effective(uint32_t sequence) const {
    const size_t kept = count_ < kHistory ? count_ : kHistory;
    for (size_t i = 0; i < kept; i++) {
      const Write& w = writes_[(count_ - 1 - i) % kHistory];
      if (uint64_t{w.sequence} + delay_ <= sequence)
        return w.value;
    }
    return base_;
  }

 private:
  static constexpr size_t kHistory = 32;
  struct Write {
    uint32_t sequence = 0;
    uint32_t value = 0;
  };
  Write& at(size_t i) { return writes_[i % kHistory]; }

  uint32_t delay_ = 0;
  uint32_t base_ = 0;
  size_t count_ = 0;
  std::array<Write, kHistory> writes_{};
};

}  // namespace gstcam::simulated
