/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/shading-grid.h"

#include <algorithm>

#include "core/isp/kernels/mosaic.h"

namespace gstcam::isp {

ShadingGrid::ShadingGrid(Size size)
    : size_(size), step_(2.0F * kSegments / static_cast<float>(size.width - 1)) {
  const uint32_t span = size.width - 1;  // pixels between the outermost nodes
  for (uint32_t parity = 0; parity < 2; parity++) {
    const uint32_t count = (size.width + 1 - parity) / 2;
    uint32_t begin = 0;
    for (uint32_t s = 0; s < kSegments; s++) {
      /* Index i, at column x = 2 i + parity, lies in the segment if s <= x * kSegments / span < s +
       * 1; the very last column belongs to the last one. */
      uint32_t end = begin;
      while (end < count &&
             ((2 * end + parity) * kSegments < (s + 1) * span || s == kSegments - 1)) {
        end++;
      }
      const float x = static_cast<float>(2 * begin + parity);
      segments_[parity][s] = {
          begin, end - begin,
          x * static_cast<float>(kSegments) / static_cast<float>(span) - static_cast<float>(s)};
      begin = end;
    }
  }
}

void ShadingGrid::row(const Nodes& nodes, uint32_t y, uint32_t parity, float* out) const {
  constexpr uint32_t kLastCell = GST_CAMERA_ISP_LSC_ROWS - 2;
  const uint32_t span = size_.height - 1;
  const uint32_t scaled = y * (GST_CAMERA_ISP_LSC_ROWS - 1);
  const uint32_t cell = std::min(scaled / span, kLastCell);
  const float t = static_cast<float>(scaled - cell * span) / static_cast<float>(span);
  float column[GST_CAMERA_ISP_LSC_COLUMNS];
  blend(nodes[cell], nodes[cell + 1], t, column, GST_CAMERA_ISP_LSC_COLUMNS);
  for (uint32_t s = 0; s < kSegments; s++) {
    const Segment& segment = segments_[parity][s];
    const float slope = column[s + 1] - column[s];
    ramp(column[s] + slope * segment.first, slope * step_, out + segment.begin, segment.count);
  }
}

}  // namespace gstcam::isp
