/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * StatisticsCollector: counts GstCameraIspStatistics from rows of quads on their way. Sums are
 * integers, so the result does not depend on the order or on the machine. One thread.
 */
#pragma once

#include <array>
#include <cstdint>

#include "core/isp/kernels/measure.h"
#include "core/isp/row-buffer.h"
#include "core/pixel-format.h"
#include "ipa/isp-statistics.h"

namespace gstcam::isp {

class StatisticsCollector {
 public:
  /** Level from which a sample counts as saturated. */
  static constexpr float kSaturated = 0.98F;
  /** At most this many quads of a frame are looked at: every step()-th column and row of quads. */
  static constexpr uint32_t kMaxQuads = 160000;

  /** `size` in pixels, at least 2 each way. Allocates; may throw std::bad_alloc. */
  explicit StatisticsCollector(Size size);

  [[nodiscard]] uint32_t step() const { return step_; }

  void begin();
  /** Whether quad row `y` is one to give to add(). */
  [[nodiscard]] bool wants(uint32_t y) const { return y % step_ == 0 && y < quads_.height; }
  /** Row `y` of quads; shading may be nullptr. */
  void add(uint32_t y, const QuadRows& levels, const QuadRows* shading);
  void finish(uint32_t frame, GstCameraIspStatistics& out) const;

 private:
  struct Sum {
    int64_t rgb[3];
    uint32_t count;
    uint32_t saturated;
  };

  Size quads_;
  uint32_t step_ = 1;
  RowBuffer<int32_t> samples_;
  std::array<std::array<uint32_t, GST_CAMERA_ISP_HISTOGRAM_BINS>, 3> histogram_{};
  std::array<std::array<Sum, GST_CAMERA_ISP_ZONE_COLUMNS>, GST_CAMERA_ISP_ZONE_ROWS> zones_{};
};

}  // namespace gstcam::isp
