/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/simulated/active-controls.h"

#include <optional>
#include <string>

namespace gstcam::simulated {

Result<void> ActiveControls::check(const ControlList& controls) const {
  Result<void> result;
  controls.for_each([&](ControlId id, const ControlValue& value) {
    if (!result)
      return;
    if (!control_info(id).writable || !ranges_.has(id))
      result = Error(Error::Code::Unsupported, "control '" + std::string(control_info(id).name) +
                                                   "' cannot be set on this camera");
    else
      result = check_control(id, value);
  });
  return result;
}

Result<void> ActiveControls::start(const ControlList& controls) {
  if (Result<void> r = check(controls); !r)
    return r;
  count_ = 0;
  current_.clear();
  ranges_.for_each([this](ControlId id, const ControlRange& range) {
    // What manual modes use has no default that would mean anything: absent, they stay as they are.
    const bool manual = id == ControlId::ExposureTime || id == ControlId::AnalogueGain ||
                        id == ControlId::ColourGains || id == ControlId::ColourTemperature;
    if (!manual)
      current_.set(id, range.def);
  });
  current_.merge(ranges_.clamp(controls));
  return {};
}

Result<void> ActiveControls::queue(uint32_t frame, const ControlList& controls) {
  if (Result<void> r = check(controls); !r)
    return r;
  if (controls.empty())
    return {};
  if (count_ == kAhead)
    return Error(Error::Code::Busy,
                 "more than " + std::to_string(kAhead) + " requests with controls wait");
  Waiting& slot = waiting_[(first_ + count_) % kAhead];
  slot.frame = frame;
  slot.controls = ranges_.clamp(controls);
  count_++;
  return {};
}

const ControlList& ActiveControls::advance(uint32_t frame) {
  while (count_ > 0 && waiting_[first_].frame <= frame) {
    current_.merge(waiting_[first_].controls);
    first_ = (first_ + 1) % kAhead;
    count_--;
  }
  return current_;
}

double ActiveControls::number(ControlId id) const {
  return current_.get_or(id, control_info(id).def);
}

algorithms::AeRequest ActiveControls::ae() const {
  algorithms::AeRequest request;
  request.mode = static_cast<AeMode>(current_.get_or(ControlId::AeMode, int32_t{kAeModeAuto}));
  request.flicker_period = current_.get_or(ControlId::AeFlickerPeriod, int32_t{0});
  request.compensation = number(ControlId::ExposureCompensation);
  if (current_.has(ControlId::ExposureTime))
    request.exposure_time = current_.get_or(ControlId::ExposureTime, int32_t{1});
  if (current_.has(ControlId::AnalogueGain))
    request.analogue_gain = current_.get_or(ControlId::AnalogueGain, 1.0);
  return request;
}

algorithms::AwbRequest ActiveControls::awb() const {
  algorithms::AwbRequest request;
  request.mode = static_cast<AwbMode>(current_.get_or(ControlId::AwbMode, int32_t{kAwbModeAuto}));
  if (current_.has(ControlId::ColourGains)) {
    const DoubleArray gains = current_.get_or(ControlId::ColourGains, DoubleArray{1.0, 1.0});
    request.gains = {gains.values[0], gains.values[1]};
  }
  if (current_.has(ControlId::ColourTemperature))
    request.temperature = current_.get_or(ControlId::ColourTemperature, int32_t{5500});
  return request;
}

double ActiveControls::contrast() const {
  return number(ControlId::Contrast);
}
double ActiveControls::brightness() const {
  return number(ControlId::Brightness);
}
double ActiveControls::saturation() const {
  return number(ControlId::Saturation);
}

}  // namespace gstcam::simulated
