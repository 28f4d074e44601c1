/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/lens-shading.h"

#include <algorithm>
#include <cstring>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::algorithms {

namespace {

constexpr double kGainMin = 0.25;  // of GstCameraIspParameters
constexpr double kGainMax = 16;

}  // namespace

Result<LensShadingTuning> LensShadingTuning::read(const YamlNode& node) {
  LensShadingTuning tuning;
  if (node.kind() == YamlNode::Kind::Scalar) {
    Result<std::string> word = node.as_string();
    if (!word)
      return std::move(word).error();
    if (*word != "none")
      return node.error("'" + *word + "' is no lens shading",
                        "'none', or a map of red, green and blue: [a, b, c] each");
    return tuning;
  }
  TuningReader reader(node);
  std::array<std::array<double, 3>, 3> coefficients{};
  constexpr std::array<const char*, 3> kColours{"red", "green", "blue"};
  for (size_t c = 0; c < kColours.size(); c++)
    std::ranges::copy(reader.numbers(kColours[c], 3, -16, 16), coefficients[c].begin());
  if (Result<void> done = reader.finish(); !done)
    return done.error();
  tuning.coefficients = coefficients;
  return tuning;
}

void LensShading::configure(uint32_t width, uint32_t height) {
  status_ = {};
  if (!tuning_.coefficients)
    return;
  status_.enabled = true;
  const double w = width;
  const double h = height;
  const double diagonal_squared = std::max(1.0, w * w + h * h);
  for (size_t c = 0; c < grids_.size(); c++) {
    const std::array<double, 3>& k = (*tuning_.coefficients)[c];
    for (size_t y = 0; y < grids_[c].size(); y++) {
      for (size_t x = 0; x < grids_[c][y].size(); x++) {
        const double dx = w * (2.0 * static_cast<double>(x) / (GST_CAMERA_ISP_LSC_COLUMNS - 1) - 1);
        const double dy = h * (2.0 * static_cast<double>(y) / (GST_CAMERA_ISP_LSC_ROWS - 1) - 1);
        const double r2 = (dx * dx + dy * dy) / diagonal_squared;
        const double gain =
            std::clamp(1 + r2 * (k[0] + r2 * (k[1] + r2 * k[2])), kGainMin, kGainMax);
        grids_[c][y][x] = static_cast<float>(gain);
        status_.gain_max = std::max(status_.gain_max, gain);
      }
    }
  }
}

void LensShading::prepare(GstCameraIspParameters& parameters) const {
  parameters.lens_shading_enabled = status_.enabled ? 1 : 0;
  if (!status_.enabled)
    return;
  constexpr std::array<size_t, 4> kColourOf{0, 1, 1, 2};  // R, Gr, Gb, B
  for (size_t c = 0; c < kColourOf.size(); c++) {
    static_assert(sizeof parameters.lens_shading[0] == sizeof(Grid));
    std::memcpy(parameters.lens_shading[c], grids_[kColourOf[c]].data(), sizeof(Grid));
  }
}

}  // namespace gstcam::algorithms
