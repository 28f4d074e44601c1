/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LensShading: gains that undo the fall of light towards the corners of the picture.
 *
 * Tuning gives for each colour the coefficients of 1 + a r² + b r⁴ + c r⁶, r = distance from the
 * centre over half the diagonal: the gain itself. configure() fills the grid for the picture's
 * shape. One thread; nothing allocates after construction.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/yaml.h"
#include "ipa/isp-parameters.h"

namespace gstcam::algorithms {

struct LensShadingTuning {
  /* R, G, B; none: no correction. */
  std::optional<std::array<std::array<double, 3>, 3>> coefficients;

  /** `none`, or a map of red, green, blue. */
  static Result<LensShadingTuning> read(const YamlNode& node);
};

struct LensShadingStatus {
  bool enabled = false;
  double gain_max = 1;
};

class LensShading {
 public:
  explicit LensShading(const LensShadingTuning& tuning) : tuning_(tuning) {}

  void configure(uint32_t width, uint32_t height);
  void prepare(GstCameraIspParameters& parameters) const;
  [[nodiscard]] const LensShadingStatus& status() const { return status_; }

 private:
  using Grid = std::array<std::array<float, GST_CAMERA_ISP_LSC_COLUMNS>, GST_CAMERA_ISP_LSC_ROWS>;

  LensShadingTuning tuning_;
  LensShadingStatus status_;
  std::array<Grid, 3> grids_{};
};

}  // namespace gstcam::algorithms
