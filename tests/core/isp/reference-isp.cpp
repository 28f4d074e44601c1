/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/isp/reference-isp.h"

#include <algorithm>
#include <cmath>

namespace gstcam::test {

namespace {

int32_t reflect(int32_t i, uint32_t n) {
  const auto count = static_cast<int32_t>(n);
  return i < 0 ? -i : i >= count ? 2 * count - 2 - i : i;
}

std::array<double, 2> luma_weights(Colorimetry c) {
  return c == Colorimetry::Bt601 ? std::array{0.299, 0.114} : std::array{0.2126, 0.0722};
}

double luma_of(const Rgb& p, Colorimetry c) {
  const auto [kr, kb] = luma_weights(c);
  return kr * p[0] + (1 - kr - kb) * p[1] + kb * p[2];
}

std::array<double, 2> chroma_of(const Rgb& p, Colorimetry c) {
  const auto [kr, kb] = luma_weights(c);
  const double y = luma_of(p, c);
  return {128 + 224 * (p[2] - y) / (2 * (1 - kb)), 128 + 224 * (p[0] - y) / (2 * (1 - kr))};
}

}  // namespace

ReferenceIsp::ReferenceIsp(const Mosaic& mosaic, const GstCameraIspParameters& parameters)
    : mosaic_(mosaic), parameters_(parameters) {
  const auto [width, height] = mosaic.size;
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const double gain = static_cast<double>(parameters.gains[channel(x, y)]);
      balanced_.push_back(std::min(level(x, y) * shading(x, y) * gain, 1.0));
    }
  }
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const uint32_t c = channel(x, y);
      const auto ix = static_cast<int32_t>(x);
      const auto iy = static_cast<int32_t>(y);
      if (c == GST_CAMERA_BAYER_GR || c == GST_CAMERA_BAYER_GB) {
        green_.push_back(balanced(ix, iy));
        continue;
      }
      const auto at = [&](int32_t dx, int32_t dy) { return balanced(ix + dx, iy + dy); };
      const double curve_h = 2 * at(0, 0) - at(-2, 0) - at(2, 0);
      const double curve_v = 2 * at(0, 0) - at(0, -2) - at(0, 2);
      const double h = (at(-1, 0) + at(1, 0)) / 2 + curve_h / 4;
      const double v = (at(0, -1) + at(0, 1)) / 2 + curve_v / 4;
      const double activity_h = std::abs(at(-1, 0) - at(1, 0)) + std::abs(curve_h);
      const double activity_v = std::abs(at(0, -1) - at(0, 1)) + std::abs(curve_v);
      const double weight_h = activity_v * activity_v + 2e-4;
      const double weight_v = activity_h * activity_h + 2e-4;
      green_.push_back((weight_h * h + weight_v * v) / (weight_h + weight_v));
    }
  }
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      const Rgb in = demosaic(x, y);
      Rgb out;
      for (size_t row = 0; row < 3; row++) {
        double sum = 0;
        for (size_t column = 0; column < 3; column++)
          sum += static_cast<double>(parameters.ccm[row * 3 + column]) * in[column];
        out[row] = tone(std::clamp(sum, 0.0, 1.0));
      }
      picture_.push_back(out);
    }
  }
}

uint32_t ReferenceIsp::channel(uint32_t x, uint32_t y) const {
  /* Position of red in the first quad. */
  const uint32_t red_x = mosaic_.cfa == CfaOrder::Grbg || mosaic_.cfa == CfaOrder::Bggr ? 1U : 0U;
  const uint32_t red_y = mosaic_.cfa == CfaOrder::Gbrg || mosaic_.cfa == CfaOrder::Bggr ? 1U : 0U;
  const bool red_column = x % 2 == red_x;
  const bool red_row = y % 2 == red_y;
  if (red_row)
    return red_column ? GST_CAMERA_BAYER_R : GST_CAMERA_BAYER_GR;
  return red_column ? GST_CAMERA_BAYER_GB : GST_CAMERA_BAYER_B;
}

double ReferenceIsp::level(uint32_t x, uint32_t y) const {
  const double black =
      std::ldexp(parameters_.black_level[channel(x, y)], static_cast<int>(mosaic_.bits) - 16);
  const double white = std::ldexp(1.0, static_cast<int>(mosaic_.bits)) - 1;
  const double sample = mosaic_.samples[size_t{y} * mosaic_.size.width + x];
  return std::min((sample - black) / (white - black), 1.0);
}

double ReferenceIsp::shading(uint32_t x, uint32_t y) const {
  if (!parameters_.lens_shading_enabled)
    return 1;
  const double u = x * (GST_CAMERA_ISP_LSC_COLUMNS - 1.0) / (mosaic_.size.width - 1);
  const double v = y * (GST_CAMERA_ISP_LSC_ROWS - 1.0) / (mosaic_.size.height - 1);
  const int i = std::min(static_cast<int>(u), GST_CAMERA_ISP_LSC_COLUMNS - 2);
  const int j = std::min(static_cast<int>(v), GST_CAMERA_ISP_LSC_ROWS - 2);
  const auto& grid = parameters_.lens_shading[channel(x, y)];
  const auto lerp = [](double a, double b, double t) { return a + (b - a) * t; };
  const auto node = [&](int row, int column) { return static_cast<double>(grid[row][column]); };
  return lerp(lerp(node(j, i), node(j, i + 1), u - i),
              lerp(node(j + 1, i), node(j + 1, i + 1), u - i), v - j);
}

double ReferenceIsp::balanced(int32_t x, int32_t y) const {
  const auto mx = static_cast<size_t>(reflect(x, mosaic_.size.width));
  const auto my = static_cast<size_t>(reflect(y, mosaic_.size.height));
  return balanced_[my * mosaic_.size.width + mx];
}

double ReferenceIsp::green(int32_t x, int32_t y) const {
  const auto mx = static_cast<size_t>(reflect(x, mosaic_.size.width));
  const auto my = static_cast<size_t>(reflect(y, mosaic_.size.height));
  return green_[my * mosaic_.size.width + mx];
}

Rgb ReferenceIsp::demosaic(uint32_t x, uint32_t y) const {
  const auto ix = static_cast<int32_t>(x);
  const auto iy = static_cast<int32_t>(y);
  const double g = green(ix, iy);
  const auto difference = [&](int32_t dx, int32_t dy) {
    return balanced(ix + dx, iy + dy) - green(ix + dx, iy + dy);
  };
  const double h = (difference(-1, 0) + difference(1, 0)) / 2;
  const double v = (difference(0, -1) + difference(0, 1)) / 2;
  const double diagonal =
      (difference(-1, -1) + difference(1, -1) + difference(-1, 1) + difference(1, 1)) / 4;
  switch (channel(x, y)) {
    case GST_CAMERA_BAYER_R:
      return {balanced(ix, iy), g, g + diagonal};
    case GST_CAMERA_BAYER_GR:
      return {g + h, g, g + v};
    case GST_CAMERA_BAYER_GB:
      return {g + v, g, g + h};
    default:
      return {g + diagonal, g, balanced(ix, iy)};
  }
}

double ReferenceIsp::tone(double linear) const {
  const double position = linear * (GST_CAMERA_ISP_TONE_POINTS - 1);
  const int cell = std::min(static_cast<int>(position), GST_CAMERA_ISP_TONE_POINTS - 2);
  const double low = parameters_.tone[cell];
  const double high = parameters_.tone[cell + 1];
  return (low + (high - low) * (position - cell)) / 65535;
}

double ReferenceIsp::luma(uint32_t x, uint32_t y, Colorimetry colorimetry) const {
  return 16 + 219 * luma_of(pixel(x, y), colorimetry);
}

Rgb ReferenceIsp::halved(uint32_t i, uint32_t y, bool cosited) const {
  const Rgb even = pixel(2 * i, y);
  const Rgb odd = 2 * i + 1 < mosaic_.size.width ? pixel(2 * i + 1, y) : even;
  const Rgb before = i == 0 ? odd : pixel(2 * i - 1, y);
  Rgb out;
  for (size_t c = 0; c < 3; c++)
    out[c] = cosited ? (before[c] + 2 * even[c] + odd[c]) / 4 : (even[c] + odd[c]) / 2;
  return out;
}

std::array<double, 2> ReferenceIsp::chroma_422(uint32_t i, uint32_t y, Colorimetry c) const {
  return chroma_of(halved(i, y, c == Colorimetry::Bt709), c);
}

std::array<double, 2> ReferenceIsp::chroma_420(uint32_t i, uint32_t j, Colorimetry c) const {
  const auto top = chroma_422(i, 2 * j, c);
  const auto bottom = 2 * j + 1 < mosaic_.size.height ? chroma_422(i, 2 * j + 1, c) : top;
  return {(top[0] + bottom[0]) / 2, (top[1] + bottom[1]) / 2};
}

}  // namespace gstcam::test
