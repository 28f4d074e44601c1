/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MosaicWindow: the rows of a raw frame that the demosaic needs now, as balanced levels.
 *
 * Loads pairs of rows: samples unpacked, black level, lens shading, statistics, gains, mirrored
 * borders. A row is two arrays, even and odd columns, each of half() samples plus margins; where
 * the picture has an odd width the last odd column is a mirrored one. One thread.
 */
#pragma once

#include <cstdint>

#include "core/isp/row-buffer.h"
#include "core/isp/shading-grid.h"
#include "core/isp/statistics-collector.h"
#include "core/pixel-format.h"
#include "core/raw-format.h"
#include "ipa/isp-parameters.h"

namespace gstcam::isp {

/** Colours of one row: GST_CAMERA_BAYER_* of its even and odd columns. */
struct RowColours {
  uint8_t channel[2];
  [[nodiscard]] bool is_red() const {
    return channel[0] == GST_CAMERA_BAYER_R || channel[1] == GST_CAMERA_BAYER_R;
  }
  /** Parity of the columns that are not green. */
  [[nodiscard]] uint32_t own_parity() const {
    return channel[0] == GST_CAMERA_BAYER_R || channel[0] == GST_CAMERA_BAYER_B ? 0 : 1;
  }
};
RowColours row_colours(CfaOrder cfa, uint32_t y);

class MosaicWindow {
 public:
  /** Rows that stay loaded: row() of the last 8. */
  static constexpr uint32_t kRows = 8;

  struct Source {
    const uint8_t* data;
    uint32_t stride;
    RawPacking packing;
  };

  /** Allocates; may throw std::bad_alloc. Both sides at least 4. */
  MosaicWindow(Size size, uint32_t bits, CfaOrder cfa);

  /** Starts a frame. `parameters` and `statistics` (may be nullptr) stay valid while it lasts. */
  void begin(const Source& source, const GstCameraIspParameters& parameters,
             StatisticsCollector* statistics);
  /** Makes every row up to and including `y` (or the last) loaded. */
  void load(uint32_t y);

  /** Columns of `parity` of a loaded row. */
  [[nodiscard]] const float* row(uint32_t y, uint32_t parity) const {
    return rows_.row(slot(y, parity));
  }
  [[nodiscard]] uint32_t half() const { return half_; }

 private:
  static size_t slot(uint32_t y, uint32_t parity) { return size_t{y % kRows} * 2 + parity; }
  const uint16_t* samples(uint32_t y);
  void split(uint32_t y);
  void measure(uint32_t y);
  void balance(uint32_t y);
  void fill_borders(uint32_t y);

  Size size_;
  uint32_t half_;
  uint32_t bits_;
  CfaOrder cfa_;
  ShadingGrid grid_;
  RowBuffer<float> rows_;
  RowBuffer<uint16_t> unpacked_;  // one row
  RowBuffer<float> shading_;      // of two rows: even, odd, even, odd
  Source source_{};
  const GstCameraIspParameters* parameters_ = nullptr;
  StatisticsCollector* statistics_ = nullptr;
  float black_[4] = {};
  float scale_[4] = {};
  uint32_t loaded_ = 0;  // rows
};

}  // namespace gstcam::isp
