/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LateIpa: what an IPA that is late still has to say. Nobody waits for it any more, but whoever
 * says all of it, and nothing else, is only slow; one that says something wrong, or nothing for too
 * long, is lost.
 *
 * It stands where the FrameScheduler stood: as the receiver of that IPA's events. Lives in the
 * camera's context; its owner may call it, and forget() it, from inside of its callbacks.
 */
#pragma once

#include <cstdint>
#include <string>

#include "core/wakeup.h"
#include "pipelines/soft-isp/ipa-interface.h"

namespace gstcam::soft {

/** Answers of one frame's statistics, then of the next one's parameters; either may be owed alone.
 */
struct IpaDebts {
  bool metadata = false;
  uint32_t of_frame = 0;
  bool controls_came = false;
  bool params = false;
  uint32_t params_frame = 0;
  uint32_t params_buffer = 0;
  int64_t heard_at = 0;    // monotonic µs: its last word, or the call that it owes the answer to
  int64_t silence_us = 0;  // more without a word is a loss
  [[nodiscard]] bool any() const { return metadata || params; }
};

class LateIpa final : public IpaEvents {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /** It has said all that it owed. */
    virtual void late_settled(LateIpa& late) = 0;
    virtual void late_lost(LateIpa& late, const Error& error) = 0;
  };

  LateIpa(GMainContext* context, Owner& owner);

  void owe(const IpaDebts& debts);
  [[nodiscard]] bool owes() const { return debts_.any(); }
  /** Nothing is expected, and nothing told, until the next owe(). */
  void forget();

  /* IpaEvents */
  void params_computed(uint32_t frame, uint32_t params_buffer) override;
  void set_sensor_controls(uint32_t frame, const ControlList& controls) override;
  void metadata_ready(uint32_t frame, const ControlList& metadata) override;
  void state_saved(const std::vector<uint8_t>& state) override;

 private:
  void heard();
  void silent();
  void violation(const char* event, uint32_t frame);

  Owner& owner_;
  Wakeup deadline_;
  IpaDebts debts_;
};

}  // namespace gstcam::soft
