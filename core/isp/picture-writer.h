/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PictureWriter: rows of linear RGB through the tone curve into one output format. One thread.
 */
#pragma once

#include <cstdint>

#include "core/isp/kernels/pack.h"
#include "core/isp/row-buffer.h"
#include "core/isp/tone-table.h"
#include "core/pixel-format.h"
#include "core/stream.h"

namespace gstcam::isp {

class PictureWriter {
 public:
  /** Allocates; may throw std::bad_alloc. The layout is one the format and size fit in. */
  PictureWriter(PixelFormat format, Size size, Colorimetry colorimetry, const FrameLayout& layout);

  void begin(const uint16_t (&tone)[GST_CAMERA_ISP_TONE_POINTS], uint8_t* out);

  /** Where to put linear row `y` before write(y): two rows are kept for 4:2:0. */
  [[nodiscard]] LinearRowPair input(uint32_t y);
  /** Writes row `y`, in order from 0; overwrites the input. */
  void write(uint32_t y);

 private:
  enum Plane { kY, kU, kV };
  [[nodiscard]] uint8_t* line(uint32_t plane, uint32_t y) const;
  void write_rgb(uint32_t y);
  void write_yuv(uint32_t y);
  void write_luma(uint32_t y, uint8_t* even, uint8_t* odd);
  void halve(uint32_t y);
  void write_chroma_rows(uint32_t y);

  PixelFormat format_;
  Size size_;
  uint32_t half_;
  bool cosited_;
  FrameLayout layout_;
  YuvMatrix matrix_;
  ToneTable tone_;
  RowBuffer<uint16_t> linear_;  // two rows of r, g, b even, r, g, b odd
  RowBuffer<uint16_t> chroma_;  // two rows of r, g, b at half width
  RowBuffer<uint8_t> bytes_;    // y even, y odd, u, v
  uint8_t* out_ = nullptr;
};

}  // namespace gstcam::isp
