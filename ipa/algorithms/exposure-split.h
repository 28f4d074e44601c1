/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ExposureSplit: makes exposure time, analogue gain and digital gain of one amount of exposure.
 *
 * Exposure time first (it costs no noise), up to the frame duration; then the sensor's gain; then
 * gain of the ISP. Exposure times are whole lines, and whole multiples of the light's flicker
 * period once they are longer than one; what rounding takes, gain gives back. A value type; any
 * thread.
 */
#pragma once

#include <cstdint>

#include "base/result.h"

namespace gstcam::algorithms {

/** What the sensor can do in its mode. Durations in ns. */
struct ExposureLimits {
  uint64_t line_duration = 1;
  uint64_t exposure_min = 1;
  uint64_t exposure_max = 1;         // at the shortest frame duration
  uint64_t exposure_max_manual = 0;  // at the longest one; 0: the same
  double gain_min = 1;
  double gain_max = 1;
  double digital_gain_max = 1;
};

struct Exposure {
  int32_t exposure_time = 0;  // µs
  double analogue_gain = 1;
  double digital_gain = 1;

  /** µs at gain 1 that give the same level. */
  [[nodiscard]] double total() const { return exposure_time * analogue_gain * digital_gain; }
  bool operator==(const Exposure&) const = default;
};

class ExposureSplit {
 public:
  ExposureSplit() = default;
  /** Invalid for limits that contradict themselves; they come from outside. */
  static Result<ExposureSplit> make(const ExposureLimits& limits);

  /**
   * `total` as Exposure::total(). `flicker_period` in µs, 0 for none. `digital_gain_min` >= 1 is a
   * gain the ISP applies in any case.
   */
  [[nodiscard]] Exposure split(double total, int32_t flicker_period, double digital_gain_min) const;
  /** The nearest the sensor can do; for manual exposure. */
  [[nodiscard]] Exposure nearest(double exposure_time, double analogue_gain,
                                 double digital_gain) const;

  /** Longest and shortest exposure time in µs. */
  [[nodiscard]] int32_t exposure_min() const;
  [[nodiscard]] int32_t exposure_max() const;
  [[nodiscard]] int32_t exposure_max_manual() const;
  /** Smallest and largest total(). */
  [[nodiscard]] double total_min(double digital_gain_min) const;
  [[nodiscard]] double total_max(double digital_gain_min) const;
  [[nodiscard]] const ExposureLimits& limits() const { return limits_; }

 private:
  [[nodiscard]] int32_t whole_lines(double exposure_time) const;
  [[nodiscard]] double digital_max(double digital_gain_min) const;

  ExposureLimits limits_;
};

}  // namespace gstcam::algorithms
