/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics against a naive count, exactly.
 */
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/isp/statistics-collector.h"
#include "tests/core/isp/mosaics.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

struct Zone {
  int64_t sum[3];
  uint32_t count;
  uint32_t saturated;
};

struct Count {
  uint32_t quads = 0;
  uint32_t histogram[3][GST_CAMERA_ISP_HISTOGRAM_BINS] = {};
  Zone zones[GST_CAMERA_ISP_ZONE_ROWS][GST_CAMERA_ISP_ZONE_COLUMNS] = {};
};

/* From levels in double precision; 16 fraction bits, as the ISP has them. */
Count naive_count(const Mosaic& mosaic, const GstCameraIspParameters& parameters, uint32_t step) {
  const ReferenceIsp reference(mosaic, parameters);
  Count count;
  const uint32_t columns = mosaic.size.width / 2;
  const uint32_t rows = mosaic.size.height / 2;
  for (uint32_t y = 0; y < rows; y += step) {
    for (uint32_t x = 0; x < columns; x += step) {
      double sum[4] = {};
      bool saturated = false;
      for (uint32_t i = 0; i < 4; i++) {
        const uint32_t px = 2 * x + i % 2;
        const uint32_t py = 2 * y + i / 2;
        const double level = reference.level(px, py);
        saturated = saturated || level >= 0.98;
        sum[reference.channel(px, py)] = level * reference.shading(px, py);
      }
      const double rgb[3] = {sum[0], (sum[1] + sum[2]) / 2, sum[3]};
      Zone& zone = count.zones[y * GST_CAMERA_ISP_ZONE_ROWS / rows]
                              [x * GST_CAMERA_ISP_ZONE_COLUMNS / columns];
      for (size_t c = 0; c < 3; c++) {
        const double level = std::clamp(rgb[c], -1.0, 1.0);
        const int bin = static_cast<int>(std::floor(level * GST_CAMERA_ISP_HISTOGRAM_BINS));
        count.histogram[c][std::clamp(bin, 0, GST_CAMERA_ISP_HISTOGRAM_BINS - 1)]++;
        if (!saturated)
          zone.sum[c] += std::llround(level * 65536);
      }
      (saturated ? zone.saturated : zone.count)++;
      count.quads++;
    }
  }
  return count;
}

void assert_same(const GstCameraIspStatistics& statistics, const Count& expected) {
  g_assert_cmpuint(statistics.version, ==, GST_CAMERA_ISP_STATISTICS_VERSION);
  g_assert_cmpuint(statistics.size, ==, sizeof statistics);
  g_assert_cmpuint(statistics.quads, ==, expected.quads);
  g_assert_cmpmem(statistics.histogram, sizeof statistics.histogram, expected.histogram,
                  sizeof expected.histogram);
  for (size_t row = 0; row < GST_CAMERA_ISP_ZONE_ROWS; row++) {
    for (size_t column = 0; column < GST_CAMERA_ISP_ZONE_COLUMNS; column++) {
      const GstCameraIspZone& zone = statistics.zones[row][column];
      const Zone& want = expected.zones[row][column];
      g_assert_cmpuint(zone.count, ==, want.count);
      g_assert_cmpuint(zone.saturated, ==, want.saturated);
      for (size_t c = 0; c < 3; c++) {
        const double mean =
            want.count ? std::max(static_cast<double>(want.sum[c]) / want.count / 65536, 0.0) : 0;
        g_assert_cmpfloat_with_epsilon(static_cast<double>(zone.mean[c]), mean, 1e-7);
      }
    }
  }
}

GstCameraIspStatistics measure(const Mosaic& mosaic, const GstCameraIspParameters& parameters,
                               PixelFormat format = PixelFormat::Nv12) {
  GstCameraIspStatistics statistics;
  std::memset(&statistics, 0xee, sizeof statistics);
  develop(mosaic, parameters, format, Colorimetry::Bt709, &statistics);
  return statistics;
}

/* Levels of k / 128 of white with exact_parameters(): exact in binary, so that counts are too. */
Mosaic exact_mosaic(Size size, CfaOrder cfa, uint32_t seed) {
  Mosaic mosaic = random_mosaic(size, 8, cfa, seed);
  for (auto& sample : mosaic.samples)
    sample = static_cast<uint16_t>(110 + sample * 145 / 255);
  return mosaic;
}

/* 8 bit code 127 is black, so white is 128 above it. */
GstCameraIspParameters exact_parameters() {
  GstCameraIspParameters p = neutral_isp_parameters();
  std::fill_n(p.black_level, 4, uint16_t{127 << 8});
  p.frame = 12345;
  return p;
}

void test_exact() {
  for (CfaOrder cfa : kAllCfas) {
    for (Size size : {Size{256, 192}, Size{131, 97}, Size{8, 6}, Size{5, 5}, Size{4, 4}}) {
      const Mosaic mosaic = exact_mosaic(size, cfa, 2);
      const auto statistics = measure(mosaic, exact_parameters());
      g_assert_cmpuint(statistics.frame, ==, 12345);
      assert_same(statistics, naive_count(mosaic, exact_parameters(), 1));
    }
  }
}

/* Large frames are sampled, evenly. */
void test_sampled() {
  const Size size{1600, 1000};
  const uint32_t step = isp::StatisticsCollector(size).step();
  g_assert_cmpuint(step, ==, 2);
  const Mosaic mosaic = exact_mosaic(size, CfaOrder::Grbg, 3);
  assert_same(measure(mosaic, exact_parameters()), naive_count(mosaic, exact_parameters(), step));
  for (Size large : {Size{16384, 16384}, Size{16384, 4}, Size{4, 16384}, Size{1920, 1080}}) {
    const uint32_t n = isp::StatisticsCollector(large).step();
    const uint32_t quads = ((large.width / 2 + n - 1) / n) * ((large.height / 2 + n - 1) / n);
    g_assert_cmpuint(quads, <=, isp::StatisticsCollector::kMaxQuads);
    g_assert_cmpuint(quads, >=, std::min(large.width / 2 * (large.height / 2), 60000U));
  }
}

void test_before_gains() {
  const Mosaic mosaic = exact_mosaic({64, 48}, CfaOrder::Bggr, 4);
  GstCameraIspParameters p = exact_parameters();
  const GstCameraIspParameters busy = busy_parameters();
  std::copy_n(busy.gains, 4, p.gains);
  std::copy_n(busy.ccm, 9, p.ccm);
  std::copy_n(busy.tone, GST_CAMERA_ISP_TONE_POINTS, p.tone);
  for (PixelFormat format : software_isp_formats())
    assert_same(measure(mosaic, p, format), naive_count(mosaic, exact_parameters(), 1));
}

/* A constant shading of 2: levels double and end at 1; saturated is what was so before it. */
void test_after_shading() {
  const Mosaic mosaic = exact_mosaic({64, 48}, CfaOrder::Gbrg, 5);
  GstCameraIspParameters p = exact_parameters();
  p.lens_shading_enabled = 1;
  for (auto& channel : p.lens_shading) {
    for (auto& row : channel)
      std::fill(std::begin(row), std::end(row), 2.0F);
  }
  assert_same(measure(mosaic, p), naive_count(mosaic, p, 1));
}

/* Zones and bins of light known beforehand. */
void test_known_light() {
  Mosaic mosaic = flat_mosaic({256, 192}, 10, CfaOrder::Rggb, 0);
  for (uint32_t y = 0; y < 192; y++) {
    for (uint32_t x = 0; x < 256; x++) {
      const uint16_t colours[4] = {100, 200, 202, 300};
      mosaic.samples[size_t{y} * 256 + x] = x < 128 ? colours[y % 2 * 2 + x % 2] : uint16_t{1023};
    }
  }
  const auto statistics = measure(mosaic, neutral_isp_parameters());
  g_assert_cmpuint(statistics.quads, ==, 12288);
  const double expected[3] = {100 / 1023.0, 201 / 1023.0, 300 / 1023.0};
  for (size_t row = 0; row < GST_CAMERA_ISP_ZONE_ROWS; row++) {
    for (size_t column = 0; column < GST_CAMERA_ISP_ZONE_COLUMNS; column++) {
      const GstCameraIspZone& zone = statistics.zones[row][column];
      const bool dark = column < GST_CAMERA_ISP_ZONE_COLUMNS / 2;
      const uint32_t all = 128 * 96 / GST_CAMERA_ISP_ZONE_ROWS / GST_CAMERA_ISP_ZONE_COLUMNS;
      g_assert_cmpuint(zone.count, ==, dark ? all : 0);
      g_assert_cmpuint(zone.saturated, ==, dark ? 0 : all);
      for (size_t c = 0; c < 3; c++) {
        g_assert_cmpfloat_with_epsilon(static_cast<double>(zone.mean[c]), dark ? expected[c] : 0,
                                       1e-5);
      }
    }
  }
  constexpr uint32_t kHalf = 64 * 96;
  g_assert_cmpuint(statistics.histogram[0][25], ==, kHalf);
  g_assert_cmpuint(statistics.histogram[1][50], ==, kHalf);
  g_assert_cmpuint(statistics.histogram[2][75], ==, kHalf);
  g_assert_cmpuint(statistics.histogram[1][255], ==, kHalf);
}

/* Noise around black averages to black, not to half of the noise. */
void test_noise_below_black() {
  Mosaic mosaic = flat_mosaic({256, 192}, 10, CfaOrder::Rggb, 0);
  for (size_t i = 0; i < mosaic.samples.size(); i++)
    mosaic.samples[i] = i % 4 < 2 ? 70 : 58;
  GstCameraIspParameters p = neutral_isp_parameters();
  std::fill_n(p.black_level, 4, uint16_t{64 << 6});
  const auto statistics = measure(mosaic, p);
  for (const auto& row : statistics.zones) {
    for (const auto& zone : row) {
      g_assert_cmpuint(zone.count, ==, 16);
      for (float mean : zone.mean)
        g_assert_cmpfloat_with_epsilon(static_cast<double>(mean), 0, 1e-5);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/isp-statistics/exact", test_exact);
  g_test_add_func("/isp-statistics/sampled", test_sampled);
  g_test_add_func("/isp-statistics/before-gains", test_before_gains);
  g_test_add_func("/isp-statistics/after-shading", test_after_shading);
  g_test_add_func("/isp-statistics/known-light", test_known_light);
  g_test_add_func("/isp-statistics/noise-below-black", test_noise_below_black);
  return g_test_run();
}
