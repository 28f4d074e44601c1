/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/simulated/control-ranges.h"

#include <algorithm>
#include <cmath>

namespace gstcam::simulated {

namespace {

void add_enum(ControlRanges& ranges, ControlId id) {
  const ControlInfo& info = control_info(id);
  ranges.set(id,
             {info.values.front().value, info.values.back().value, static_cast<int32_t>(info.def)});
}

void add_int(ControlRanges& ranges, ControlId id, double min, double max) {
  const ControlInfo& info = control_info(id);
  const double low = std::max(min, info.min);
  const double high = std::max(low, std::min(max, info.max));
  ranges.set(id, {static_cast<int32_t>(low), static_cast<int32_t>(high),
                  static_cast<int32_t>(std::clamp(info.def, low, high))});
}

void add_double(ControlRanges& ranges, ControlId id, double min, double max) {
  const ControlInfo& info = control_info(id);
  const double low = std::max(min, info.min);
  const double high = std::max(low, std::min(max, info.max));
  ranges.set(id, {low, high, std::clamp(info.def, low, high)});
}

void add_double(ControlRanges& ranges, ControlId id) {
  add_double(ranges, id, control_info(id).min, control_info(id).max);
}

}  // namespace

ControlRanges control_ranges(const algorithms::ExposureSplit& exposure,
                             const algorithms::WhiteLocus& locus) {
  ControlRanges ranges;
  add_enum(ranges, ControlId::AeMode);
  add_int(ranges, ControlId::AeFlickerPeriod, 0, HUGE_VAL);
  add_double(ranges, ControlId::ExposureCompensation);
  add_int(ranges, ControlId::ExposureTime, exposure.exposure_min(), exposure.exposure_max_manual());
  add_double(ranges, ControlId::AnalogueGain, exposure.limits().gain_min,
             exposure.limits().gain_max);
  add_enum(ranges, ControlId::AwbMode);
  const ControlInfo& gains = control_info(ControlId::ColourGains);
  ranges.set(ControlId::ColourGains,
             {DoubleArray{gains.min, gains.min}, DoubleArray{gains.max, gains.max},
              DoubleArray{gains.def, gains.def}});
  add_int(ranges, ControlId::ColourTemperature, std::ceil(1e6 / locus.mired_max()),
          std::floor(1e6 / locus.mired_min()));
  for (const ControlId id : {ControlId::Brightness, ControlId::Contrast, ControlId::Saturation})
    add_double(ranges, id);
  return ranges;
}

}  // namespace gstcam::simulated
