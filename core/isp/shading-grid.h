/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ShadingGrid: lens shading gains of the rows of a picture, bilinear between the nodes of the grid
 * in GstCameraIspParameters. One thread.
 */
#pragma once

#include <array>
#include <cstdint>

#include "core/pixel-format.h"
#include "ipa/isp-parameters.h"

namespace gstcam::isp {

class ShadingGrid {
 public:
  using Nodes = float[GST_CAMERA_ISP_LSC_ROWS][GST_CAMERA_ISP_LSC_COLUMNS];

  /** Both sides at least 2. */
  explicit ShadingGrid(Size size);

  /** out[i]: gain of pixel (2 i + parity, y), for every such pixel of the picture. */
  void row(const Nodes& nodes, uint32_t y, uint32_t parity, float* out) const;

 private:
  struct Segment {
    uint32_t begin;  // first index
    uint32_t count;
    float first;  // position of that index between the two nodes, 0 .. 1
  };
  static constexpr uint32_t kSegments = GST_CAMERA_ISP_LSC_COLUMNS - 1;

  Size size_;
  float step_ = 0;  // of the position, from index to index
  std::array<std::array<Segment, kSegments>, 2> segments_{};
};

}  // namespace gstcam::isp
