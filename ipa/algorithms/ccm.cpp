/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/ccm.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::algorithms {

namespace {

constexpr double kElementMax = 16;  // of GstCameraIspParameters
constexpr double kRowSumError = 0.002;

Matrix3 interpolate(const std::vector<CcmTuning::Entry>& entries, double mired) {
  if (mired <= entries.front().mired)
    return entries.front().matrix;
  for (size_t i = 1; i < entries.size(); i++) {
    const CcmTuning::Entry& a = entries[i - 1];
    const CcmTuning::Entry& b = entries[i];
    if (mired > b.mired)
      continue;
    const double t = (mired - a.mired) / (b.mired - a.mired);
    Matrix3 matrix;
    for (size_t k = 0; k < matrix.size(); k++)
      matrix[k] = std::lerp(a.matrix[k], b.matrix[k], t);
    return matrix;
  }
  return entries.back().matrix;
}

}  // namespace

Result<CcmTuning> CcmTuning::read(const YamlNode& node) {
  if (node.kind() != YamlNode::Kind::Sequence || node.items().empty())
    return node.error("'ccm' must be a list of matrices",
                      "each is {temperature: K, matrix: [9 numbers, row by row]}");
  CcmTuning tuning;
  for (const YamlNode& item : node.items()) {
    TuningReader reader(item);
    const double mired = 1e6 / reader.number("temperature", 1000, 20000);
    const std::vector<double> numbers = reader.numbers("matrix", 9, -kElementMax, kElementMax);
    if (Result<void> done = reader.finish(); !done)
      return done.error();
    if (!tuning.entries.empty() && mired >= tuning.entries.back().mired)
      return item.error("temperatures of the colour matrices must rise");
    Entry entry{mired, {}};
    std::ranges::copy(numbers, entry.matrix.begin());
    for (size_t row = 0; row < 3; row++) {
      const double sum =
          entry.matrix[3 * row] + entry.matrix[3 * row + 1] + entry.matrix[3 * row + 2];
      if (std::abs(sum - 1) > kRowSumError) {
        char text[96];
        std::snprintf(text, sizeof text, "row %zu of the colour matrix sums to %g, not to 1",
                      row + 1, sum);
        return item.error(text, "white balance makes greys grey; the matrix must keep them so");
      }
    }
    tuning.entries.push_back(entry);
  }
  std::ranges::reverse(tuning.entries);
  return tuning;
}

Ccm::Ccm(CcmTuning tuning) : tuning_(std::move(tuning)) {}

void Ccm::prepare(double temperature, double saturation, GstCameraIspParameters& parameters) {
  constexpr std::array<double, 3> kLuminance{0.2126, 0.7152, 0.0722};
  const Matrix3 m = interpolate(tuning_.entries, 1e6 / std::max(temperature, 1.0));
  for (size_t column = 0; column < 3; column++) {
    double grey = 0;
    for (size_t row = 0; row < 3; row++)
      grey += kLuminance[row] * m[3 * row + column];
    for (size_t row = 0; row < 3; row++) {
      const double value = std::lerp(grey, m[3 * row + column], saturation);
      status_.matrix[3 * row + column] = std::clamp(value, -kElementMax, kElementMax);
    }
  }
  for (size_t i = 0; i < status_.matrix.size(); i++)
    parameters.ccm[i] = static_cast<float>(status_.matrix[i]);
}

}  // namespace gstcam::algorithms
