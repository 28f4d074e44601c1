/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of made-up scenes: a list of zones with the level they have at exposure 1, taken with
 * any exposure. Saturates as a sensor does. For tests.
 */
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "ipa/isp-statistics.h"

namespace gstcam::algorithms {

using SceneZone = std::array<double, 3>;  // R, G, B, 1.0 saturates at exposure 1

constexpr size_t kZones = size_t{GST_CAMERA_ISP_ZONE_ROWS} * GST_CAMERA_ISP_ZONE_COLUMNS;
constexpr uint32_t kQuadsPerZone = 100;

inline GstCameraIspStatistics take(const std::vector<SceneZone>& scene, double exposure) {
  GstCameraIspStatistics s = {};
  s.version = GST_CAMERA_ISP_STATISTICS_VERSION;
  s.size = sizeof s;
  for (size_t i = 0; i < kZones; i++) {
    const SceneZone& light = scene[i % scene.size()];
    GstCameraIspZone& zone =
        s.zones[i / GST_CAMERA_ISP_ZONE_COLUMNS][i % GST_CAMERA_ISP_ZONE_COLUMNS];
    bool saturated = false;
    for (size_t c = 0; c < 3; c++) {
      const double level = std::min(1.0, light[c] * exposure);
      saturated |= level >= 0.98;
      zone.mean[c] = static_cast<float>(level);
      const auto bin = std::min(GST_CAMERA_ISP_HISTOGRAM_BINS - 1,
                                static_cast<int>(level * GST_CAMERA_ISP_HISTOGRAM_BINS));
      s.histogram[c][bin] += kQuadsPerZone;
    }
    (saturated ? zone.saturated : zone.count) = kQuadsPerZone;
    if (saturated)
      std::fill(std::begin(zone.mean), std::end(zone.mean), 0.0F);
    s.quads += kQuadsPerZone;
  }
  return s;
}

/** Greys from `low` to `high` in equal steps of light ratio. */
inline std::vector<SceneZone> grey_scene(double low, double high) {
  std::vector<SceneZone> scene(kZones);
  for (size_t i = 0; i < kZones; i++) {
    const double level =
        low * std::pow(high / low, static_cast<double>(i) / static_cast<double>(kZones - 1));
    scene[i] = {level, level, level};
  }
  return scene;
}

}  // namespace gstcam::algorithms
