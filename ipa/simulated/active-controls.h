/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ActiveControls: what the application wants, frame by frame.
 *
 * Requests may come some frames ahead; a value counts from its request's frame on until another
 * replaces it. Values are checked against the control table and moved into the camera's ranges.
 * Nothing allocates after construction; one thread.
 */
#pragma once

#include <array>
#include <cstdint>

#include "base/controls.h"
#include "ipa/algorithms/ae.h"
#include "ipa/algorithms/awb.h"

namespace gstcam::simulated {

class ActiveControls {
 public:
  static constexpr size_t kAhead = 64;

  void set_ranges(const ControlRanges& ranges) { ranges_ = ranges; }
  /** Forgets everything; `controls` count from the first frame on. */
  Result<void> start(const ControlList& controls);
  /** Busy when more than kAhead requests wait. */
  Result<void> queue(uint32_t frame, const ControlList& controls);
  /** What is wanted for `frame`; frames must not fall. */
  const ControlList& advance(uint32_t frame);
  [[nodiscard]] const ControlList& current() const { return current_; }

  [[nodiscard]] algorithms::AeRequest ae() const;
  [[nodiscard]] algorithms::AwbRequest awb() const;
  [[nodiscard]] double contrast() const;
  [[nodiscard]] double brightness() const;
  [[nodiscard]] double saturation() const;

 private:
  struct Waiting {
    uint32_t frame = 0;
    ControlList controls;
  };
  [[nodiscard]] Result<void> check(const ControlList& controls) const;
  [[nodiscard]] double number(ControlId id) const;

  ControlRanges ranges_;
  ControlList current_;
  std::array<Waiting, kAhead> waiting_{};
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace gstcam::simulated
