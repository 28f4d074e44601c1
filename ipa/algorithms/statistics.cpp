/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/statistics.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace gstcam::algorithms {

namespace {

constexpr int kBins = GST_CAMERA_ISP_HISTOGRAM_BINS;
constexpr int kRows = GST_CAMERA_ISP_ZONE_ROWS;
constexpr int kColumns = GST_CAMERA_ISP_ZONE_COLUMNS;
constexpr int kGreen = 1;
/* From this bin on a sample may be saturated: 98 % of white, as the statistics define it. */
constexpr int kSaturatedBin = kBins * 98 / 100;
/* Lens shading may lift a level above 1. */
constexpr float kLevelMax = 16.5F;
/* Nothing is known of light beyond saturation; a guess must end somewhere. */
constexpr double kBeyondMax = 16;

Error wrong(const std::string& what) {
  return Error(Error::Code::Protocol, "statistics of the ISP: " + what);
}

uint64_t sum_from(const uint32_t* bins, int first) {
  uint64_t sum = 0;
  for (int i = first; i < kBins; i++)
    sum += bins[i];
  return sum;
}

}  // namespace

Result<void> check_isp_statistics(const GstCameraIspStatistics& s) {
  if (s.version != GST_CAMERA_ISP_STATISTICS_VERSION)
    return wrong("version " + std::to_string(s.version) + ", " +
                 std::to_string(GST_CAMERA_ISP_STATISTICS_VERSION) + " is understood");
  if (s.size != sizeof s)
    return wrong("size " + std::to_string(s.size) + ", " + std::to_string(sizeof s) +
                 " is understood");
  for (int c = 0; c < 3; c++) {
    if (sum_from(s.histogram[c], 0) > s.quads)
      return wrong("histogram " + std::to_string(c) + " counts more than its " +
                   std::to_string(s.quads) + " quads");
  }
  uint64_t counted = 0;
  for (int y = 0; y < kRows; y++) {
    for (int x = 0; x < kColumns; x++) {
      const GstCameraIspZone& zone = s.zones[y][x];
      counted += static_cast<uint64_t>(zone.count) + zone.saturated;
      for (float mean : zone.mean) {
        // Written so that NaN fails too.
        if (!(mean >= 0.0F && mean <= kLevelMax))
          return wrong("zone " + std::to_string(x) + "," + std::to_string(y) + " has level " +
                       std::to_string(mean));
      }
    }
  }
  if (counted > s.quads)
    return wrong("zones count more than " + std::to_string(s.quads) + " quads");
  return {};
}

GreenLevel green_level(const GstCameraIspStatistics& s) {
  GreenLevel level;
  const uint32_t* green = s.histogram[kGreen];
  const uint64_t total = sum_from(green, 0);
  if (total == 0)
    return level;
  const uint64_t saturated = sum_from(green, kSaturatedBin);
  level.saturated = static_cast<double>(saturated) / static_cast<double>(total);

  // Zones are exact where nothing is saturated; the histogram knows of what they leave out.
  double sum = 0;
  uint64_t counted = 0;
  uint64_t left_out = 0;
  for (const auto& row : s.zones) {
    for (const GstCameraIspZone& zone : row) {
      sum += static_cast<double>(zone.mean[kGreen]) * zone.count;
      counted += zone.count;
      left_out += zone.saturated;
    }
  }
  if (counted > 0 && left_out * 1000 < counted) {
    level.mean = sum / static_cast<double>(counted);
  } else {
    double weighted = 0;
    for (int i = 0; i < kSaturatedBin; i++)
      weighted += (i + 0.5) / kBins * green[i];
    level.mean = (weighted + static_cast<double>(saturated)) / static_cast<double>(total);
  }
  // A few burnt highlights are just above white; a frame of nothing else is anywhere above it.
  const double share = level.saturated;
  if (share < 1)
    level.unsaturated = std::max(0.0, level.mean - share) / (1 - share);
  const double beyond = std::min(kBeyondMax, 1 + 3 * share * share / (1.05 - share));
  level.estimate = level.mean + share * (beyond - 1);
  return level;
}

double highlight_level(const GstCameraIspStatistics& s, double fraction) {
  double highest = 0;
  for (const auto& bins : s.histogram) {
    const double total = static_cast<double>(sum_from(bins, 0));
    if (total <= 0)
      continue;
    const double allowed = fraction * total;
    double above = 0;
    int bin = kBins - 1;
    for (; bin > 0; bin--) {
      above += bins[bin];
      if (above > allowed)
        break;
    }
    double level = (bin + 1.0) / kBins;
    if (bin >= kSaturatedBin) {
      const double saturated = static_cast<double>(sum_from(bins, kSaturatedBin));
      level = 1 + std::clamp(0.3 * std::log2(saturated / std::max(allowed, 1.0)), 0.0, 3.0);
    }
    highest = std::max(highest, level);
  }
  return highest;
}

}  // namespace gstcam::algorithms
