/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Picture: what the camera sees, as flat blocks of 8x8 pixels, so that both codings show exactly
 * the same and cost next to nothing; with the frame's number in it.
 *
 * The number is 32 black or white cells of 16x16 pixels at the top left: 4 rows of 8, the highest
 * bit first, and a fifth row that is the exclusive or of the four bytes. It survives any JPEG, and
 * no control touches it. In YUYV it is also in the last row of the picture: the luma of the first
 * four pixels, the lowest byte first.
 */
#pragma once

#include <cstdint>
#include <optional>

#include "tests/vm/webcam/bytes.h"

namespace gstcam::webcam {

/** How the controls change what is seen; as the camera starts up. */
struct Look {
  int brightness = 0;     // added to luma
  double contrast = 1;    // around mid grey
  double light = 1;       // exposure and gain, of what is seen but not of the number
  double saturation = 1;  // of chroma
  double warmth = 0;      // -1 blue ... 1 orange
};

class Picture {
 public:
  /** Sizes as in FrameSize. */
  Picture(unsigned width, unsigned height);

  /** Draws frame `number`: a grid of colours that moves by a block each frame, and the number. */
  void draw(uint32_t number, const Look& look);

  [[nodiscard]] Bytes yuyv() const;

  // In blocks. Luma has `columns` x `rows` of 8x8 pixels; chroma half as many of 16x8.
  [[nodiscard]] unsigned columns() const { return columns_; }
  [[nodiscard]] unsigned rows() const { return rows_; }
  [[nodiscard]] uint8_t y(unsigned column, unsigned row) const {
    return luma_[row * columns_ + column];
  }
  [[nodiscard]] uint8_t cb(unsigned column, unsigned row) const {
    return cb_[row * (columns_ / 2) + column];
  }
  [[nodiscard]] uint8_t cr(unsigned column, unsigned row) const {
    return cr_[row * (columns_ / 2) + column];
  }

 private:
  void draw_number();

  unsigned columns_, rows_;
  uint32_t number_ = 0;
  Bytes luma_, cb_, cr_;
};

/**
 * The frame's number out of luma; `pixel_stride` is 2 in YUYV, 1 in planar formats. nullopt where
 * the check row does not fit, so for a picture that is not ours or damaged there.
 */
std::optional<uint32_t> read_number(ByteSpan luma, size_t row_stride, size_t pixel_stride);
/** The exact number in the last row of YUYV. */
uint32_t read_exact_number(ByteSpan yuyv, size_t row_stride, unsigned height);

}  // namespace gstcam::webcam
