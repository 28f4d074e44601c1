/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/black-level.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace gstcam::algorithms {

Result<BlackLevelTuning> BlackLevelTuning::read(const YamlNode& node) {
  constexpr const char* kForm = "'sensor', or the levels of R, Gr, Gb, B in 16 bit scale";
  BlackLevelTuning tuning;
  if (node.kind() == YamlNode::Kind::Scalar) {
    Result<std::string> word = node.as_string();
    if (!word)
      return std::move(word).error();
    if (*word != "sensor")
      return node.error("'" + *word + "' is no black level", kForm);
    return tuning;
  }
  Result<std::vector<double>> numbers = node.as_doubles(4);
  if (!numbers)
    return std::move(numbers).error();
  std::array<uint16_t, 4> levels{};
  for (size_t i = 0; i < levels.size(); i++) {
    const double level = (*numbers)[i];
    if (level < 0 || level > GST_CAMERA_ISP_BLACK_LEVEL_MAX)
      return node.error(
          "a black level is outside 0.." + std::to_string(GST_CAMERA_ISP_BLACK_LEVEL_MAX), kForm);
    levels[i] = static_cast<uint16_t>(std::lround(level));
  }
  tuning.levels = levels;
  return tuning;
}

Result<void> BlackLevel::configure(uint32_t sensor_level) {
  if (sensor_level > GST_CAMERA_ISP_BLACK_LEVEL_MAX)
    return Error(Error::Code::Invalid,
                 "the sensor states a black level of " + std::to_string(sensor_level) +
                     ", at most " + std::to_string(GST_CAMERA_ISP_BLACK_LEVEL_MAX) + " is possible",
                 "black levels are in 16 bit scale");
  const auto level = static_cast<uint16_t>(sensor_level);
  status_.levels = tuning_.levels.value_or(std::array<uint16_t, 4>{level, level, level, level});
  status_.mean = std::accumulate(status_.levels.begin(), status_.levels.end(), 2) / 4;
  return {};
}

void BlackLevel::prepare(GstCameraIspParameters& parameters) const {
  std::ranges::copy(status_.levels, parameters.black_level);
}

}  // namespace gstcam::algorithms
