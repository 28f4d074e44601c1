/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/picture.h"

#include <algorithm>
#include <cmath>

namespace gstcam::webcam {
namespace {

constexpr unsigned kBlock = 8;
constexpr unsigned kCellBlocks = 2;  // a cell's side
constexpr unsigned kCell = kBlock * kCellBlocks;
constexpr unsigned kCellsInRow = 8, kCellRows = 5;
constexpr uint8_t kBlack = 16, kWhite = 235;

uint8_t limited(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 16L, 235L));
}

/** The five rows of cells, a byte each. */
uint8_t number_row(uint32_t number, unsigned row) {
  const auto byte = [number](unsigned i) { return static_cast<uint8_t>(number >> (24 - 8 * i)); };
  return row < 4 ? byte(row) : static_cast<uint8_t>(byte(0) ^ byte(1) ^ byte(2) ^ byte(3));
}

}  // namespace

Picture::Picture(unsigned width, unsigned height)
    : columns_(width / kBlock),
      rows_(height / kBlock),
      luma_(size_t{columns_} * rows_),
      cb_(luma_.size() / 2),
      cr_(luma_.size() / 2) {}

void Picture::draw(uint32_t number, const Look& look) {
  number_ = number;
  for (unsigned row = 0; row < rows_; row++) {
    for (unsigned column = 0; column < columns_; column++) {
      const double seen = 40 + 8 * ((column + row + number) % 20);
      const double lit = std::min(seen * look.light, 255.0);
      luma_[row * columns_ + column] = limited((lit - 128) * look.contrast + 128 + look.brightness);
    }
  }
  const unsigned half = columns_ / 2;
  for (unsigned row = 0; row < rows_; row++) {
    for (unsigned column = 0; column < half; column++) {
      const double blue = 64.0 * column / half - 32 - 24 * look.warmth;
      const double red = 64.0 * row / rows_ - 32 + 24 * look.warmth;
      cb_[row * half + column] = limited(128 + blue * look.saturation);
      cr_[row * half + column] = limited(128 + red * look.saturation);
    }
  }
  draw_number();
}

void Picture::draw_number() {
  for (unsigned row = 0; row < kCellRows * kCellBlocks; row++) {
    const uint8_t bits = number_row(number_, row / kCellBlocks);
    for (unsigned column = 0; column < kCellsInRow * kCellBlocks; column++) {
      const bool set = (bits >> (kCellsInRow - 1 - column / kCellBlocks) & 1) != 0;
      luma_[row * columns_ + column] = set ? kWhite : kBlack;
    }
    std::fill_n(cb_.begin() + row * (columns_ / 2), kCellsInRow, uint8_t{128});
    std::fill_n(cr_.begin() + row * (columns_ / 2), kCellsInRow, uint8_t{128});
  }
}

Bytes Picture::yuyv() const {
  const size_t stride = size_t{columns_} * kBlock * 2;
  Bytes out(stride * rows_ * kBlock);
  for (unsigned row = 0; row < rows_; row++) {
    uint8_t* const first = out.data() + row * kBlock * stride;
    uint8_t* p = first;
    for (unsigned column = 0; column < columns_; column++) {
      const uint8_t group[] = {y(column, row), cb(column / 2, row), y(column, row),
                               cr(column / 2, row)};
      for (unsigned pair = 0; pair < kBlock / 2; pair++)
        p = std::copy_n(group, 4, p);
    }
    for (unsigned line = 1; line < kBlock; line++)
      std::copy_n(first, stride, first + line * stride);
  }
  uint8_t* const last = out.data() + out.size() - stride;
  for (unsigned i = 0; i < 4; i++)
    last[size_t{i} * 2] = static_cast<uint8_t>(number_ >> (8 * i));
  return out;
}

std::optional<uint32_t> read_number(ByteSpan luma, size_t row_stride, size_t pixel_stride) {
  uint8_t rows[kCellRows] = {};
  for (unsigned row = 0; row < kCellRows; row++) {
    for (unsigned cell = 0; cell < kCellsInRow; cell++) {
      // Its middle, out of reach of what a decoder smears over its edges.
      const size_t at =
          (row * kCell + kCell / 2) * row_stride + (cell * kCell + kCell / 2) * pixel_stride;
      if (at >= luma.size())
        return std::nullopt;
      rows[row] = static_cast<uint8_t>(rows[row] << 1 | (luma[at] >= 128 ? 1 : 0));
    }
  }
  const uint32_t number =
      uint32_t{rows[0]} << 24 | uint32_t{rows[1]} << 16 | uint32_t{rows[2]} << 8 | rows[3];
  if (rows[4] != number_row(number, 4))
    return std::nullopt;
  return number;
}

uint32_t read_exact_number(ByteSpan yuyv, size_t row_stride, unsigned height) {
  const size_t last = row_stride * (height - 1);
  uint32_t number = 0;
  for (unsigned i = 0; i < 4; i++)
    number |= get(yuyv, last + size_t{i} * 2, 1) << (8 * i);
  return number;
}

}  // namespace gstcam::webcam
