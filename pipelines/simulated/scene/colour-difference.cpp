/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/colour-difference.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipelines/simulated/scene/chart-scene.h"

namespace gstcam::simulated {

namespace {

constexpr double kXyzToRgb[3][3] = {{3.2404542, -1.5371385, -0.4985314},
                                    {-0.9692660, 1.8760108, 0.0415560},
                                    {0.0556434, -0.2040259, 1.0572252}};
constexpr double kRgbToXyz[3][3] = {{0.4124564, 0.3575761, 0.1804375},
                                    {0.2126729, 0.7151522, 0.0721750},
                                    {0.0193339, 0.1191920, 0.9503041}};

std::array<double, 3> multiply(const double (&m)[3][3], const std::array<double, 3>& v) {
  return {m[0][0] * v[0] + m[0][1] * v[1] + m[0][2] * v[2],
          m[1][0] * v[0] + m[1][1] * v[1] + m[1][2] * v[2],
          m[2][0] * v[0] + m[2][1] * v[1] + m[2][2] * v[2]};
}

double lab_curve(double t) {
  constexpr double kEdge = 6.0 / 29;
  return t > kEdge * kEdge * kEdge ? std::cbrt(t) : t / (3 * kEdge * kEdge) + 4.0 / 29;
}

constexpr double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

/* 0..360, 0 for a grey. */
double hue(double a, double b) {
  if (a == 0 && b == 0)
    return 0;
  const double degrees = std::atan2(b, a) * 180 / std::numbers::pi;
  return degrees < 0 ? degrees + 360 : degrees;
}

}  // namespace

Lab lab_from_xyz(const Xyz& xyz, const Xyz& white) {
  const double x = lab_curve(xyz[0] / white[0]);
  const double y = lab_curve(xyz[1] / white[1]);
  const double z = lab_curve(xyz[2] / white[2]);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

LinearRgb linear_srgb_from_xyz(const Xyz& xyz) {
  return multiply(kXyzToRgb, xyz);
}

Xyz xyz_from_linear_srgb(const LinearRgb& rgb) {
  return multiply(kRgbToXyz, rgb);
}

double srgb_decode(double encoded) {
  return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}

double srgb_encode(double linear) {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

/*
 * After G. Sharma, W. Wu, E. Dalal, "The CIEDE2000 color-difference formula: implementation notes,
 * supplementary test data, and mathematical observations", Color Res. Appl. 30 (2005).
 */
double delta_e_2000(const Lab& first, const Lab& second) {
  const double chroma_mean =
      (std::hypot(first[1], first[2]) + std::hypot(second[1], second[2])) / 2;
  const double pow25 = std::pow(25.0, 7);
  const double chroma7 = std::pow(chroma_mean, 7);
  const double g = (1 - std::sqrt(chroma7 / (chroma7 + pow25))) / 2;
  const double a1 = first[1] * (1 + g);
  const double a2 = second[1] * (1 + g);
  const double c1 = std::hypot(a1, first[2]);
  const double c2 = std::hypot(a2, second[2]);
  const double h1 = hue(a1, first[2]);
  const double h2 = hue(a2, second[2]);

  const bool grey = c1 * c2 == 0;
  double dh = grey ? 0 : h2 - h1;
  if (dh > 180)
    dh -= 360;
  else if (dh < -180)
    dh += 360;
  double h = h1 + h2;  // of one grey the hue is 0: the sum is the other's
  if (!grey) {
    if (std::abs(h1 - h2) > 180)
      h += h < 360 ? 360 : -360;
    h /= 2;
  }
  const double delta_l = second[0] - first[0];
  const double delta_c = c2 - c1;
  const double delta_h = 2 * std::sqrt(c1 * c2) * std::sin(radians(dh / 2));

  const double l50 = std::pow((first[0] + second[0]) / 2 - 50, 2);
  const double c = (c1 + c2) / 2;
  const double t = 1 - 0.17 * std::cos(radians(h - 30)) + 0.24 * std::cos(radians(2 * h)) +
                   0.32 * std::cos(radians(3 * h + 6)) - 0.20 * std::cos(radians(4 * h - 63));
  const double c7 = std::pow(c, 7);
  const double rotation = -std::sin(radians(60 * std::exp(-std::pow((h - 275) / 25, 2)))) * 2 *
                          std::sqrt(c7 / (c7 + pow25));
  const double dl = delta_l / (1 + 0.015 * l50 / std::sqrt(20 + l50));
  const double dc = delta_c / (1 + 0.045 * c);
  const double dhue = delta_h / (1 + 0.015 * c * t);
  return std::sqrt(std::max(0.0, dl * dl + dc * dc + dhue * dhue + rotation * dc * dhue));
}

ChartError chart_error(std::span<const LinearRgb, 24> measured) {
  const std::array<ChartColour, kChartPatches>& truth = chart_reference();
  constexpr size_t kFirstGrey = 18;
  ChartError error;
  // Least squares over the greys' luminance.
  double cross = 0;
  double square = 0;
  for (size_t i = kFirstGrey; i < kChartPatches; i++) {
    const double y = xyz_from_linear_srgb(measured[i])[1];
    cross += y * xyz_from_linear_srgb(truth[i].linear_srgb)[1];
    square += y * y;
  }
  error.exposure = square > 0 ? cross / square : 1;
  for (size_t i = 0; i < kChartPatches; i++) {
    Xyz xyz = xyz_from_linear_srgb(measured[i]);
    for (double& value : xyz)
      value *= error.exposure;
    const double difference = delta_e_2000(truth[i].lab_d65, lab_from_xyz(xyz, kWhiteD65));
    error.mean += difference / static_cast<double>(kChartPatches);
    error.max = std::max(error.max, difference);
  }
  for (size_t i = kFirstGrey; i < kFirstGrey + 4; i++) {
    const LinearRgb& rgb = measured[i];
    const LinearRgb& true_rgb = truth[i].linear_srgb;
    if (rgb[1] <= 0)
      continue;
    for (size_t c : {0U, 2U}) {
      const double ratio = rgb[c] / rgb[1] / (true_rgb[c] / true_rgb[1]);
      error.grey_cast = std::max(error.grey_cast, std::abs(ratio - 1));
    }
  }
  return error;
}

}  // namespace gstcam::simulated
