/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/statistics-collector.h"

#include <algorithm>
#include <cstring>

namespace gstcam::isp {

namespace {

constexpr uint32_t round_up(uint32_t value, uint32_t to) {
  return (value + to - 1) / to * to;
}

uint32_t bin(int32_t sample) {
  constexpr int32_t kPerBin = kMeasureOne / GST_CAMERA_ISP_HISTOGRAM_BINS;
  return static_cast<uint32_t>(std::clamp(sample / kPerBin, 0, GST_CAMERA_ISP_HISTOGRAM_BINS - 1));
}

float mean(int64_t sum, uint32_t count) {
  if (count == 0 || sum <= 0)  // noise around black may end up below it
    return 0;
  return static_cast<float>(static_cast<double>(sum) / (static_cast<double>(count) * kMeasureOne));
}

}  // namespace

StatisticsCollector::StatisticsCollector(Size size)
    : quads_{size.width / 2, size.height / 2}, samples_(4, quads_.width) {
  const auto looked_at = [this] {
    return uint64_t{(quads_.width + step_ - 1) / step_} * ((quads_.height + step_ - 1) / step_);
  };
  while (looked_at() > kMaxQuads)
    step_++;
}

void StatisticsCollector::begin() {
  histogram_ = {};
  zones_ = {};
}

void StatisticsCollector::add(uint32_t y, const QuadRows& levels, const QuadRows* shading) {
  const QuadSamples s{samples_.row(0), samples_.row(1), samples_.row(2), samples_.row(3)};
  measure_quads(levels, shading, kSaturated, s, quads_.width);
  auto& zone_row = zones_[y * GST_CAMERA_ISP_ZONE_ROWS / quads_.height];
  for (uint32_t column = 0; column < GST_CAMERA_ISP_ZONE_COLUMNS; column++) {
    /* The quads x with x * columns / width == column. */
    constexpr uint32_t kColumns = GST_CAMERA_ISP_ZONE_COLUMNS;
    const uint32_t begin = (column * quads_.width + kColumns - 1) / kColumns;
    const uint32_t end = ((column + 1) * quads_.width + kColumns - 1) / kColumns;
    Sum sum{};
    for (uint32_t x = round_up(begin, step_); x < end; x += step_) {
      histogram_[0][bin(s.r[x])]++;
      histogram_[1][bin(s.g[x])]++;
      histogram_[2][bin(s.b[x])]++;
      const int32_t good = 1 - s.saturated[x];
      sum.rgb[0] += int64_t{s.r[x]} * good;
      sum.rgb[1] += int64_t{s.g[x]} * good;
      sum.rgb[2] += int64_t{s.b[x]} * good;
      sum.count += static_cast<uint32_t>(good);
      sum.saturated += static_cast<uint32_t>(s.saturated[x]);
    }
    Sum& zone = zone_row[column];
    for (size_t c = 0; c < 3; c++)
      zone.rgb[c] += sum.rgb[c];
    zone.count += sum.count;
    zone.saturated += sum.saturated;
  }
}

void StatisticsCollector::finish(uint32_t frame, GstCameraIspStatistics& out) const {
  out.version = GST_CAMERA_ISP_STATISTICS_VERSION;
  out.size = sizeof out;
  out.frame = frame;
  out.quads = 0;
  for (size_t c = 0; c < 3; c++)
    std::copy(histogram_[c].begin(), histogram_[c].end(), out.histogram[c]);
  for (size_t row = 0; row < zones_.size(); row++) {
    for (size_t column = 0; column < zones_[row].size(); column++) {
      const Sum& sum = zones_[row][column];
      GstCameraIspZone& zone = out.zones[row][column];
      for (size_t c = 0; c < 3; c++)
        zone.mean[c] = mean(sum.rgb[c], sum.count);
      zone.count = sum.count;
      zone.saturated = sum.saturated;
      out.quads += sum.count + sum.saturated;
    }
  }
}

}  // namespace gstcam::isp
