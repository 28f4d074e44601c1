/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tuning: what the numbers of the vimc driver's controls mean, and how its pictures are to be.
 *
 * From a YAML file, read strictly as all tuning is (docs/algorithms.md, "Tuning files"):
 *
 *     version: 1
 *     sensor: vimc
 *     controls:                # the driver's value at our 0 and at our 1, linear; and its range
 *       brightness: {zero: 128, one: 255, codes: [0, 255]}
 *       contrast: ...          # saturation: ...
 *     hue: 0                   # the driver's value
 *     flip: {horizontal: false, vertical: false}
 *     mean-window: 3           # of the debayer: 1 to 25, odd
 *
 * A value type.
 */
#pragma once

#include <cstdint>
#include <string>

#include "base/controls.h"
#include "base/yaml.h"

namespace gstcam::vimc {

/** A control of ours as a number of the driver's. */
struct CodeScale {
  int32_t zero = 0;
  int32_t one = 1;
  int32_t min = 0;
  int32_t max = 0;

  [[nodiscard]] int32_t code_of(double value) const;
  [[nodiscard]] double value_of(int32_t code) const;
  /** What of the control table's range the driver reaches. */
  [[nodiscard]] ControlRange range(ControlId id) const;
};

struct Tuning {
  static constexpr int kVersion = 1;

  std::string sensor;
  CodeScale brightness;
  CodeScale contrast;
  CodeScale saturation;
  int32_t hue = 0;
  bool horizontal_flip = false;
  bool vertical_flip = false;
  uint32_t mean_window = 3;

  /** `sensor_model` must be the one the file is for, unless the file is for any ('*'). */
  static Result<Tuning> read(const YamlNode& root, const std::string& sensor_model);
  /** The same from a descriptor, from its beginning; the fd stays the caller's. */
  static Result<Tuning> load(int fd, const std::string& name, const std::string& sensor_model);
};

}  // namespace gstcam::vimc
