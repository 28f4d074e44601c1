/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/delayed-controls.h"

#include <algorithm>

namespace gstcam {

namespace {
constexpr uint32_t kMaxDelay = 7;
}

ControlList DelayedControls::Values::list() const {
  ControlList list;
  if (exposure_time > 0)
    list.set(ControlId::ExposureTime, exposure_time);
  if (analogue_gain > 0)
    list.set(ControlId::AnalogueGain, analogue_gain);
  if (frame_duration > 0)
    list.set(ControlId::FrameDuration, frame_duration);
  return list;
}

void DelayedControls::Values::merge(const ControlList& controls) {
  exposure_time = controls.get_or(ControlId::ExposureTime, exposure_time);
  analogue_gain = controls.get_or(ControlId::AnalogueGain, analogue_gain);
  frame_duration = controls.get_or(ControlId::FrameDuration, frame_duration);
}

DelayedControls::DelayedControls(uint32_t exposure_delay, uint32_t gain_delay)
    : DelayedControls(exposure_delay, gain_delay, exposure_delay) {}

DelayedControls::DelayedControls(uint32_t exposure_delay, uint32_t gain_delay,
                                 uint32_t duration_delay)
    : exposure_delay_(std::min(exposure_delay, kMaxDelay)),
      gain_delay_(std::min(gain_delay, kMaxDelay)),
      duration_delay_(std::min(duration_delay, kMaxDelay)),
      max_delay_(std::max({exposure_delay_, gain_delay_, duration_delay_})) {}

template <typename T>
void DelayedControls::carry(uint32_t delay, bool starts, T Values::*value) {
  const Values& from = starts ? wanted(next_ + delay) : actual(next_ + delay - 1);
  actual(next_ + delay).*value = from.*value;
}

void DelayedControls::reset(const ControlList& initial) {
  Values values;
  values.merge(initial);
  wanted_.fill(values);
  actual_.fill(values);
  pending_.clear();
  next_ = 0;
}

void DelayedControls::push(const ControlList& controls) {
  pending_.merge(controls);
}

ControlList DelayedControls::frame_start(uint32_t sequence) {
  const uint32_t gap = sequence - next_;
  if (gap > UINT32_MAX / 2)
    return {};
  if (gap > kSlots) {
    // Nothing was written for so long that every frame there is a trace of is like the last one.
    Values last = actual(next_ + exposure_delay_ - 1);
    last.analogue_gain = actual(next_ + gain_delay_ - 1).analogue_gain;
    last.frame_duration = actual(next_ + duration_delay_ - 1).frame_duration;
    actual_.fill(last);
    wanted_.fill(Values(wanted(next_ + max_delay_ - 1)));
    next_ = sequence;
  }
  for (;; next_++) {
    const bool starts = next_ == sequence;
    wanted(next_ + max_delay_) = wanted(next_ + max_delay_ - 1);
    if (starts)
      wanted(next_ + max_delay_).merge(pending_);
    carry(exposure_delay_, starts, &Values::exposure_time);
    carry(gain_delay_, starts, &Values::analogue_gain);
    carry(duration_delay_, starts, &Values::frame_duration);
    if (starts)
      break;
  }
  pending_.clear();
  next_++;

  const Values& exposure = actual(sequence + exposure_delay_);
  const Values& exposure_before = actual(sequence + exposure_delay_ - 1);
  const Values& gain = actual(sequence + gain_delay_);
  const Values& gain_before = actual(sequence + gain_delay_ - 1);
  const Values& duration = actual(sequence + duration_delay_);
  const Values& duration_before = actual(sequence + duration_delay_ - 1);
  Values write;
  if (exposure.exposure_time != exposure_before.exposure_time)
    write.exposure_time = exposure.exposure_time;
  if (duration.frame_duration != duration_before.frame_duration)
    write.frame_duration = duration.frame_duration;
  if (gain.analogue_gain != gain_before.analogue_gain)
    write.analogue_gain = gain.analogue_gain;
  return write.list();
}

ControlList DelayedControls::applied(uint32_t sequence) const {
  return actual_[sequence % kSlots].list();
}

}  // namespace gstcam
