/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorProperties: what no driver tells of a sensor: what its gain codes mean, its black level,
 * how many frames its controls take.
 *
 * A table; every row names where its numbers come from. A sensor that is not in it works with
 * assumptions (CameraSensor says which).
 */
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gstcam::v4l2 {

/**
 * The gain (a factor) of a driver's V4L2_CID_ANALOGUE_GAIN code, in the terms of the MIPI CCS
 * specification: (m0 code + c0) / (m1 code + c1); or in steps of decibels.
 */
struct SensorGain {
  double m0 = 0;
  double c0 = 0;
  double m1 = 0;
  double c1 = 0;
  double step_db = 0;  // greater than 0: 10^(code step_db / 20), and the four above mean nothing

  static constexpr SensorGain linear(double m0, double c0, double m1, double c1) {
    return {m0, c0, m1, c1, 0};
  }
  static constexpr SensorGain decibel(double step) { return {0, 0, 0, 0, step}; }

  /** Infinite or negative codes give garbage: ask for those the driver allows. */
  [[nodiscard]] double gain(double code) const;
  /** The inverse, not rounded. */
  [[nodiscard]] double code(double gain) const;
};

/** Frames from writing a control at the start of one to the first that has it. */
struct SensorDelays {
  uint32_t exposure = 2;
  uint32_t gain = 1;
  uint32_t frame_duration = 2;
  bool operator==(const SensorDelays&) const = default;
};

struct SensorBlackLevel {
  uint32_t level = 0;
  uint32_t bits = 0;  // the depth it is counted in
  /** In samples of another depth. */
  [[nodiscard]] uint32_t at(uint32_t other_bits) const {
    return other_bits >= bits ? level << (other_bits - bits) : level >> (bits - other_bits);
  }
};

struct SensorProperties {
  std::string_view model;
  SensorGain gain;
  std::optional<SensorBlackLevel> black_level;  // none where no source tells
  std::optional<SensorDelays> delays;
  uint32_t pixel_pitch = 0;  // nm, 0 where no source tells
  std::string_view source;
};

/** By model ("imx219"); one of a model with a variant ("imx708_wide") too. nullptr: not known. */
const SensorProperties* find_sensor_properties(std::string_view model);
std::span<const SensorProperties> all_sensor_properties();

}  // namespace gstcam::v4l2
