/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Row kernels of the demosaic and of the colour matrix behind it.
 *
 * Words: in one row of a mosaic every second sample is green, the others are of the row's own
 * colour ("own": R or B); the rows above and below have the other one ("other"). Arrays are columns
 * of one parity. `left` and `right` of a site are elements of the array of the other parity; the
 * caller passes pointers so that index i means the neighbour of site i.
 */
#pragma once

#include <cstdint>

namespace gstcam::isp {

/** Largest value of a linear sample out of the colour matrix: index into a ToneTable. */
inline constexpr uint32_t kLinearMax = 16383;

/** Neighbourhood of the own-coloured sites of one row. */
struct GreenInput {
  const float* own;      // read at -1 .. n
  const float* own_up2;  // two rows above
  const float* own_down2;
  const float* left;  // green
  const float* right;
  const float* up;
  const float* down;
};

/**
 * Green at own-coloured sites, weighted by which direction is smoother, and the difference
 * own - green there.
 */
void interpolate_green(const GreenInput& in, float* green, float* difference, uint32_t n);

/** Linear RGB codes, 0 .. kLinearMax, of the columns of one parity. */
struct LinearRow {
  uint16_t* r;
  uint16_t* g;
  uint16_t* b;
};

/** Output (r, g, b) from (own, green, other): the colour matrix with its columns in that order. */
struct SiteMatrix {
  float r[3];
  float g[3];
  float b[3];
};

/** At own-coloured sites: `other` from the differences of the four diagonal neighbours. */
struct OwnSiteInput {
  const float* own;
  const float* green;
  const float* up_left;  // differences other - green in the rows above and below
  const float* up_right;
  const float* down_left;
  const float* down_right;
};
void develop_own_sites(const OwnSiteInput& in, const SiteMatrix& matrix, const LinearRow& out,
                       uint32_t n);

/** At green sites: own from left and right, other from above and below. */
struct GreenSiteInput {
  const float* green;
  const float* left;  // differences own - green
  const float* right;
  const float* up;  // differences other - green
  const float* down;
};
void develop_green_sites(const GreenSiteInput& in, const SiteMatrix& matrix, const LinearRow& out,
                         uint32_t n);

}  // namespace gstcam::isp
