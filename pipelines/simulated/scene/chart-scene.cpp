/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/chart-scene.h"

#include <algorithm>
#include <cmath>

#include "pipelines/simulated/scene/colour-difference.h"

namespace gstcam::simulated {

namespace {

/* In pitches of the chart: six by four patches, a frame around them, some surround. */
constexpr double kFrame = 0.15;
constexpr double kGap = 0.18;
constexpr double kSurround = 0.15;
constexpr double kFrameReflectance = 0.03;
constexpr double kSurroundReflectance = 0.2;

constexpr uint32_t even(double value) {
  return static_cast<uint32_t>(value / 2) * 2;
}

struct Layout {
  double pitch;
  double left;
  double top;
};

Layout layout(Size size) {
  const double pitch = std::min(size.width / (6 + 2 * (kFrame + kSurround)),
                                size.height / (4 + 2 * (kFrame + kSurround)));
  return {pitch, (size.width - 6 * pitch) / 2, (size.height - 4 * pitch) / 2};
}

Rect rect_between(double x0, double y0, double x1, double y1) {
  const uint32_t x = even(x0);
  const uint32_t y = even(y0);
  return {x, y, even(x1) - x, even(y1) - y};
}

Spectrum grey(double reflectance) {
  Spectrum spectrum;
  spectrum.fill(reflectance);
  return spectrum;
}

Xyz tristimulus(const Spectrum& reflectance, const Spectrum& light) {
  Xyz xyz{};
  for (size_t c = 0; c < 3; c++) {
    for (size_t i = 0; i < kSamples; i++)
      xyz[c] += reflectance[i] * light[i] * kObserver1931[c][i];
  }
  return xyz;
}

std::array<ChartColour, kChartPatches> compute_reference() {
  const Spectrum d50 = *spectrum_of_name("D50");
  const Spectrum d65 = *spectrum_of_name("D65");
  const Xyz white_d50 = tristimulus(grey(1), d50);
  const Xyz white_d65 = tristimulus(grey(1), d65);
  std::array<ChartColour, kChartPatches> colours{};
  for (size_t i = 0; i < kChartPatches; i++) {
    const Spectrum reflectance = refine(kChartReflectances[i].values);
    const Xyz under_d65 = tristimulus(reflectance, d65);
    colours[i] = {kChartReflectances[i].name,
                  lab_from_xyz(tristimulus(reflectance, d50), white_d50),
                  lab_from_xyz(under_d65, white_d65), linear_srgb_from_xyz(under_d65)};
  }
  return colours;
}

}  // namespace

std::array<Rect, kChartPatches> chart_patches(Size size) {
  const Layout l = layout(size);
  std::array<Rect, kChartPatches> rects;
  for (size_t i = 0; i < kChartPatches; i++) {
    const size_t column = i % 6;
    const size_t row = i / 6;
    const double x = l.left + l.pitch * (static_cast<double>(column) + kGap / 2);
    const double y = l.top + l.pitch * (static_cast<double>(row) + kGap / 2);
    rects[i] = rect_between(x, y, x + l.pitch * (1 - kGap), y + l.pitch * (1 - kGap));
  }
  return rects;
}

const std::array<ChartColour, kChartPatches>& chart_reference() {
  static const std::array<ChartColour, kChartPatches> reference = compute_reference();
  return reference;
}

SizeLimits ChartScene::limits() const {
  return {{1920, 1080}, {64, 64}, {4096, 3072}};
}

Result<void> ChartScene::configure(Size size, CfaOrder cfa) {
  cfa_ = cfa;
  plane_.size = size;
  plane_.values.assign(static_cast<size_t>(size.width) * size.height, 0);
  rendered_.fill(0);
  return {};
}

Result<const Plane*> ChartScene::render(const Spectrum& spectrum, int64_t) {
  if (spectrum == rendered_)
    return &plane_;
  std::array<std::array<double, 3>, kChartPatches> signals;
  double peak = 0;
  for (size_t i = 0; i < kChartPatches; i++) {
    signals[i] = sensor_signal(refine(kChartReflectances[i].values), spectrum);
    peak = std::max(peak, *std::ranges::max_element(signals[i]));
  }
  plane_.scale = static_cast<float>(peak / UINT16_MAX);

  fill({0, 0, plane_.size.width, plane_.size.height},
       sensor_signal(grey(kSurroundReflectance), spectrum));
  const Layout l = layout(plane_.size);
  const double frame = kFrame * l.pitch;
  fill(rect_between(l.left - frame, l.top - frame, l.left + 6 * l.pitch + frame,
                    l.top + 4 * l.pitch + frame),
       sensor_signal(grey(kFrameReflectance), spectrum));
  const std::array<Rect, kChartPatches> rects = chart_patches(plane_.size);
  for (size_t i = 0; i < kChartPatches; i++)
    fill(rects[i], signals[i]);
  if (shading_.corner_loss > 0)
    shading_.apply(plane_);
  rendered_ = spectrum;
  return &plane_;
}

void ChartScene::fill(const Rect& rect, const std::array<double, 3>& signal) {
  std::array<uint16_t, 3> codes;
  for (size_t c = 0; c < 3; c++)
    codes[c] = static_cast<uint16_t>(std::min(std::lround(signal[c] / plane_.scale), 65535L));
  for (uint32_t y = rect.y; y < rect.y + rect.height; y++) {
    uint16_t* row = plane_.values.data() + static_cast<size_t>(y) * plane_.size.width;
    const uint16_t even_site = codes[cfa_colour(cfa_, 0, y)];
    const uint16_t odd_site = codes[cfa_colour(cfa_, 1, y)];
    for (uint32_t x = rect.x; x < rect.x + rect.width; x += 2) {
      row[x] = even_site;
      row[x + 1] = odd_site;
    }
  }
}

}  // namespace gstcam::simulated
