/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ChartScene: a 24 patch colour chart computed from spectra, so that true colours are known.
 *
 * The layout is that of a ColorChecker Classic: six columns, four rows, white at the lower left,
 * black frame, filling most of the picture before a neutral grey surround. Every pixel is the sum
 * over wavelengths of reflectance, light and sensor sensitivity.
 */
#pragma once

#include <array>

#include "pipelines/simulated/scene/scene.h"

namespace gstcam::simulated {

inline constexpr size_t kChartPatches = 24;

struct Rect {
  uint32_t x = 0;
  uint32_t y = 0;
  uint32_t width = 0;
  uint32_t height = 0;
};

/**
 * Where the patches are in a picture of that size, row by row from the upper left; all numbers
 * even. Measure in the inner half: demosaicing blurs the edges.
 */
std::array<Rect, kChartPatches> chart_patches(Size size);

/** A patch's true colours, computed from its reflectance with the 1931 observer. */
struct ChartColour {
  const char* name;
  std::array<double, 3> lab_d50;      // under D50
  std::array<double, 3> lab_d65;      // under D65
  std::array<double, 3> linear_srgb;  // under D65, 1 = perfect white, may leave 0..1
};
const std::array<ChartColour, kChartPatches>& chart_reference();

class ChartScene : public Scene {
 public:
  explicit ChartScene(LensShading shading) : shading_(shading) {}

  [[nodiscard]] SizeLimits limits() const override;
  Result<void> configure(Size size, CfaOrder cfa) override;
  Result<const Plane*> render(const Spectrum& spectrum, int64_t time_ns) override;

 private:
  void fill(const Rect& rect, const std::array<double, 3>& signal);

  LensShading shading_;
  CfaOrder cfa_ = CfaOrder::Rggb;
  Plane plane_;
  Spectrum rendered_{};  // the light the plane was rendered in
};

}  // namespace gstcam::simulated
