/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BlackLevel: the level of no light of R, Gr, Gb, B, in 16 bit scale.
 *
 * Tuning either gives the four measured levels or says that the sensor's own statement is right.
 * One thread.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/yaml.h"
#include "ipa/isp-parameters.h"

namespace gstcam::algorithms {

struct BlackLevelTuning {
  std::optional<std::array<uint16_t, 4>> levels;  // none: the sensor's

  /** `sensor`, or a list of four levels. */
  static Result<BlackLevelTuning> read(const YamlNode& node);
};

struct BlackLevelStatus {
  std::array<uint16_t, 4> levels{};
  int32_t mean = 0;
};

class BlackLevel {
 public:
  explicit BlackLevel(const BlackLevelTuning& tuning) : tuning_(tuning) {}

  /** `sensor_level` in 16 bit scale; Invalid above GST_CAMERA_ISP_BLACK_LEVEL_MAX. */
  Result<void> configure(uint32_t sensor_level);
  void prepare(GstCameraIspParameters& parameters) const;
  [[nodiscard]] const BlackLevelStatus& status() const { return status_; }

 private:
  BlackLevelTuning tuning_;
  BlackLevelStatus status_;
};

}  // namespace gstcam::algorithms
