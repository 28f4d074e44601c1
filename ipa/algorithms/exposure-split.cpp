/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/exposure-split.h"

#include <algorithm>
#include <cmath>

namespace gstcam::algorithms {

namespace {

constexpr uint64_t kLongest = 60ULL * 1000 * 1000 * 1000;  // what the control exposure-time can say

}  // namespace

Result<ExposureSplit> ExposureSplit::make(const ExposureLimits& limits) {
  const auto wrong = [](const char* what) {
    return Error(Error::Code::Invalid, std::string("exposure limits of the sensor: ") + what);
  };
  if (limits.line_duration < 1 || limits.line_duration > kLongest)
    return wrong("the line duration is not within 1 ns .. 60 s");
  if (limits.exposure_min > limits.exposure_max)
    return wrong("the shortest exposure time is longer than the longest");
  if (limits.exposure_max < 1000 || limits.exposure_max < limits.line_duration)
    return wrong("the longest exposure time is below 1 µs or one line");
  if (!(limits.gain_min >= 1) || !(limits.gain_max >= limits.gain_min) || !(limits.gain_max <= 256))
    return wrong("analogue gains are not within 1 .. 256");
  if (!(limits.digital_gain_max >= 1) || !(limits.digital_gain_max <= 256))
    return wrong("the largest digital gain is not within 1 .. 256");
  ExposureSplit split;
  split.limits_ = limits;
  split.limits_.exposure_max = std::min(limits.exposure_max, kLongest);
  split.limits_.exposure_min =
      std::min(std::max(limits.exposure_min, limits.line_duration), split.limits_.exposure_max);
  split.limits_.exposure_max_manual =
      std::clamp(limits.exposure_max_manual, split.limits_.exposure_max, kLongest);
  return split;
}

int32_t ExposureSplit::whole_lines(double exposure_time) const {
  const double line = static_cast<double>(limits_.line_duration);
  const double ns = std::clamp(exposure_time * 1000, static_cast<double>(limits_.exposure_min),
                               static_cast<double>(limits_.exposure_max_manual));
  // The 1e-6 keeps a whole number of lines what it is; rounding µs up keeps it above its line.
  const double lines = std::max(1.0, std::floor(ns / line + 1e-6));
  return static_cast<int32_t>(std::max(1.0, std::ceil(lines * line / 1000 - 1e-6)));
}

int32_t ExposureSplit::exposure_min() const {
  return whole_lines(static_cast<double>(limits_.exposure_min) / 1000);
}

int32_t ExposureSplit::exposure_max() const {
  return whole_lines(static_cast<double>(limits_.exposure_max) / 1000);
}

int32_t ExposureSplit::exposure_max_manual() const {
  return whole_lines(static_cast<double>(limits_.exposure_max_manual) / 1000);
}

double ExposureSplit::digital_max(double digital_gain_min) const {
  return std::max(digital_gain_min, limits_.digital_gain_max);
}

double ExposureSplit::total_min(double digital_gain_min) const {
  return exposure_min() * limits_.gain_min * digital_gain_min;
}

double ExposureSplit::total_max(double digital_gain_min) const {
  return exposure_max() * limits_.gain_max * digital_max(digital_gain_min);
}

Exposure ExposureSplit::split(double total, int32_t flicker_period, double digital_gain_min) const {
  Exposure e;
  const double sensor = total / digital_gain_min;
  double time = std::clamp(sensor / limits_.gain_min, static_cast<double>(exposure_min()),
                           static_cast<double>(exposure_max()));
  // Below one period flicker cannot be avoided: longer would burn the picture.
  if (flicker_period > 0 && time > flicker_period)
    time = std::floor(time / flicker_period) * flicker_period;
  e.exposure_time = whole_lines(time);
  e.analogue_gain = std::clamp(sensor / e.exposure_time, limits_.gain_min, limits_.gain_max);
  e.digital_gain = std::clamp(total / (e.exposure_time * e.analogue_gain), digital_gain_min,
                              digital_max(digital_gain_min));
  return e;
}

Exposure ExposureSplit::nearest(double exposure_time, double analogue_gain,
                                double digital_gain) const {
  Exposure e;
  e.exposure_time = whole_lines(exposure_time);
  e.analogue_gain = std::clamp(analogue_gain, limits_.gain_min, limits_.gain_max);
  e.digital_gain = std::clamp(digital_gain, 1.0, 256.0);
  return e;
}

}  // namespace gstcam::algorithms
