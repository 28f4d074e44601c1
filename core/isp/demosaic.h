/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Demosaic: rows of a MosaicWindow to rows of linear RGB after the colour matrix.
 *
 * Green first, along the smoother direction; then red and blue by the mean difference to green of
 * their neighbours. Colours of a neutral edge along rows or columns come out neutral. One thread.
 */
#pragma once

#include <cstdint>

#include "core/isp/kernels/demosaic.h"
#include "core/isp/kernels/pack.h"
#include "core/isp/mosaic-window.h"
#include "core/isp/row-buffer.h"
#include "core/pixel-format.h"

namespace gstcam::isp {

class Demosaic {
 public:
  /** Allocates; may throw std::bad_alloc. */
  Demosaic(Size size, CfaOrder cfa);

  void begin(const float (&ccm)[9]);
  /** Row `y` of the picture, in order from 0. Loads of `window` what it needs. */
  void row(MosaicWindow& window, uint32_t y, const LinearRowPair& out);

 private:
  static constexpr uint32_t kRows = 4;

  void interpolate(MosaicWindow& window, uint32_t y);
  [[nodiscard]] uint32_t mirrored(uint32_t y, int32_t offset) const;

  Size size_;
  uint32_t half_;
  CfaOrder cfa_;
  RowBuffer<float> green_;  // at own-coloured sites of row y: slot y % kRows
  RowBuffer<float> difference_;
  SiteMatrix matrix_[2]{};  // for rows whose own colour is blue, red
  uint32_t interpolated_ = 0;
};

}  // namespace gstcam::isp
