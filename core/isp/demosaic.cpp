/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/demosaic.h"

#include <algorithm>

namespace gstcam::isp {

Demosaic::Demosaic(Size size, CfaOrder cfa)
    : size_(size),
      half_((size.width + 1) / 2),
      cfa_(cfa),
      green_(kRows, half_),
      difference_(kRows, half_) {}

void Demosaic::begin(const float (&ccm)[9]) {
  interpolated_ = 0;
  matrix_[1] = {{ccm[0], ccm[1], ccm[2]}, {ccm[3], ccm[4], ccm[5]}, {ccm[6], ccm[7], ccm[8]}};
  matrix_[0] = {{ccm[2], ccm[1], ccm[0]}, {ccm[5], ccm[4], ccm[3]}, {ccm[8], ccm[7], ccm[6]}};
}

uint32_t Demosaic::mirrored(uint32_t y, int32_t offset) const {
  return static_cast<uint32_t>(
      mirror(static_cast<int32_t>(y) + offset, static_cast<int32_t>(size_.height)));
}

void Demosaic::interpolate(MosaicWindow& window, uint32_t y) {
  window.load(y + 2);
  const uint32_t own = row_colours(cfa_, y).own_parity();
  const float* green = window.row(y, 1 - own);
  /* Own columns are 2 i + own, green ones 2 j + 1 - own. */
  const GreenInput in{
      .own = window.row(y, own),
      .own_up2 = window.row(mirrored(y, -2), own),
      .own_down2 = window.row(mirrored(y, 2), own),
      .left = own == 0 ? green - 1 : green,
      .right = own == 0 ? green : green + 1,
      .up = window.row(mirrored(y, -1), own),
      .down = window.row(mirrored(y, 1), own),
  };
  float* difference = difference_.row(y % kRows);
  interpolate_green(in, green_.row(y % kRows), difference, half_);
  /* Mirrored columns -2 or -1, and 2 half or 2 half + 1. */
  const auto width = static_cast<int32_t>(size_.width);
  const auto half = static_cast<int32_t>(half_);
  const auto parity = static_cast<int32_t>(own);
  difference[-1] = difference[mirror(parity - 2, width) / 2];
  difference[half] = difference[mirror(2 * half + parity, width) / 2];
}

void Demosaic::row(MosaicWindow& window, uint32_t y, const LinearRowPair& out) {
  const uint32_t needed = std::min(y + 2, size_.height);
  for (; interpolated_ < needed; interpolated_++)
    interpolate(window, interpolated_);

  const RowColours colours = row_colours(cfa_, y);
  const uint32_t own = colours.own_parity();
  const SiteMatrix& matrix = matrix_[colours.is_red() ? 1 : 0];
  const float* differences = difference_.row(y % kRows);
  const float* up = difference_.row(mirrored(y, -1) % kRows);
  const float* down = difference_.row(mirrored(y, 1) % kRows);
  /* From a site of this row's own columns to the left and right neighbour in the other columns. */
  const int32_t left = own == 0 ? -1 : 0;
  const OwnSiteInput own_sites{
      .own = window.row(y, own),
      .green = green_.row(y % kRows),
      .up_left = up + left,
      .up_right = up + left + 1,
      .down_left = down + left,
      .down_right = down + left + 1,
  };
  const GreenSiteInput green_sites{
      .green = window.row(y, 1 - own),
      .left = own == 0 ? differences : differences - 1,
      .right = own == 0 ? differences + 1 : differences,
      .up = up,
      .down = down,
  };
  develop_own_sites(own_sites, matrix, own == 0 ? out.even : out.odd, half_);
  develop_green_sites(green_sites, matrix, own == 0 ? out.odd : out.even, half_);
}

}  // namespace gstcam::isp
