/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours as numbers and the difference a person sees between two: XYZ, CIE L*a*b*, sRGB
 * (IEC 61966-2-1) and CIEDE2000. Pure functions; XYZ has Y = 1 for a perfect white.
 */
#pragma once

#include <array>
#include <span>

namespace gstcam::simulated {

using Xyz = std::array<double, 3>;
using Lab = std::array<double, 3>;
using LinearRgb = std::array<double, 3>;  // of sRGB's primaries, 1 = white

inline constexpr Xyz kWhiteD65 = {0.95047, 1, 1.08883};

Lab lab_from_xyz(const Xyz& xyz, const Xyz& white);
LinearRgb linear_srgb_from_xyz(const Xyz& xyz);
Xyz xyz_from_linear_srgb(const LinearRgb& rgb);
/** 0..1 as a file or a screen has it, to linear light, and back. Values outside are extended. */
double srgb_decode(double encoded);
double srgb_encode(double linear);

/** CIEDE2000 with all parametric factors 1. */
double delta_e_2000(const Lab& a, const Lab& b);

/** How far a picture of the chart is from the truth. */
struct ChartError {
  double exposure = 1;  // factor between truth and measured that was taken out (from the greys)
  double mean = 0;      // mean dE2000 of the 24 patches
  double max = 0;
  /* Of the greys from white to neutral 5: largest error of R/G and B/G, as a part of the true one
   * (the chart's white is not quite neutral itself). */
  double grey_cast = 0;
};
/**
 * Measured linear sRGB of the 24 patches in the order of chart_patches(), against
 * chart_reference() under D65. Exposure is the camera's choice and is taken out, colour is not.
 */
ChartError chart_error(std::span<const LinearRgb, 24> measured);

}  // namespace gstcam::simulated
