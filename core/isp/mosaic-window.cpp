/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/mosaic-window.h"

#include <algorithm>

#include "core/isp/kernels/mosaic.h"

namespace gstcam::isp {

RowColours row_colours(CfaOrder cfa, uint32_t y) {
  constexpr uint8_t kR = GST_CAMERA_BAYER_R;
  constexpr uint8_t kGr = GST_CAMERA_BAYER_GR;
  constexpr uint8_t kGb = GST_CAMERA_BAYER_GB;
  constexpr uint8_t kB = GST_CAMERA_BAYER_B;
  static constexpr RowColours kTable[4][2] = {
      {{{kR, kGr}}, {{kGb, kB}}},
      {{{kGr, kR}}, {{kB, kGb}}},
      {{{kGb, kB}}, {{kR, kGr}}},
      {{{kB, kGb}}, {{kGr, kR}}},
  };
  return kTable[static_cast<uint32_t>(cfa) % 4][y % 2];
}

MosaicWindow::MosaicWindow(Size size, uint32_t bits, CfaOrder cfa)
    : size_(size),
      half_((size.width + 1) / 2),
      bits_(bits),
      cfa_(cfa),
      grid_(size),
      rows_(size_t{kRows} * 2, half_),
      unpacked_(1, size.width),
      shading_(4, half_) {}

void MosaicWindow::begin(const Source& source, const GstCameraIspParameters& parameters,
                         StatisticsCollector* statistics) {
  source_ = source;
  parameters_ = &parameters;
  statistics_ = statistics;
  loaded_ = 0;
  const auto white = static_cast<float>((1U << bits_) - 1);
  for (uint32_t c = 0; c < 4; c++) {
    black_[c] =
        static_cast<float>(parameters.black_level[c]) / static_cast<float>(1U << (16 - bits_));
    scale_[c] = 1.0F / (white - black_[c]);
  }
}

void MosaicWindow::load(uint32_t y) {
  const uint32_t end = std::min(y + 1, size_.height);
  while (loaded_ < end) {
    const uint32_t pair_end = std::min(loaded_ + 2, size_.height);
    for (uint32_t row = loaded_; row < pair_end; row++)
      split(row);
    if (statistics_ && statistics_->wants(loaded_ / 2))
      measure(loaded_);
    for (uint32_t row = loaded_; row < pair_end; row++) {
      balance(row);
      fill_borders(row);
    }
    loaded_ = pair_end;
  }
}

/* A row of words: those of the frame, or unpacked ones. */
const uint16_t* MosaicWindow::samples(uint32_t y) {
  const uint8_t* row = source_.data + size_t{y} * source_.stride;
  uint16_t* words = unpacked_.row(0);
  switch (source_.packing) {
    case RawPacking::Bytes:
      unpack_bytes(row, words, size_.width);
      return words;
    // A last group that is not full is unpacked whole: into the margin of the row.
    case RawPacking::Mipi10:
      unpack_mipi10(row, words, (size_.width + 3) / 4);
      return words;
    case RawPacking::Mipi12:
      unpack_mipi12(row, words, (size_.width + 1) / 2);
      return words;
    case RawPacking::Words:
      break;
  }
  return reinterpret_cast<const uint16_t*>(row);
}

void MosaicWindow::split(uint32_t y) {
  const RowColours colours = row_colours(cfa_, y);
  const uint8_t even_channel = colours.channel[0];
  const uint8_t odd_channel = colours.channel[1];
  float* even = rows_.row(slot(y, 0));
  float* odd = rows_.row(slot(y, 1));
  const uint16_t* row = samples(y);
  const uint32_t pairs = size_.width / 2;
  split_levels(row, even, odd, pairs, black_[even_channel], scale_[even_channel],
               black_[odd_channel], scale_[odd_channel]);
  if (size_.width % 2) {
    const float level =
        (static_cast<float>(row[size_.width - 1]) - black_[even_channel]) * scale_[even_channel];
    even[pairs] = std::min(level, 1.0F);
  }
  if (parameters_->lens_shading_enabled) {
    for (uint32_t parity = 0; parity < 2; parity++) {
      grid_.row(parameters_->lens_shading[colours.channel[parity]], y, parity,
                shading_.row(size_t{y % 2} * 2 + parity));
    }
  }
}

void MosaicWindow::measure(uint32_t y) {
  QuadRows levels{};
  QuadRows shading{};
  for (uint32_t row = 0; row < 2; row++) {
    const RowColours colours = row_colours(cfa_, y + row);
    for (uint32_t parity = 0; parity < 2; parity++) {
      levels.channel[colours.channel[parity]] = rows_.row(slot(y + row, parity));
      shading.channel[colours.channel[parity]] = shading_.row(size_t{row} * 2 + parity);
    }
  }
  statistics_->add(y / 2, levels, parameters_->lens_shading_enabled ? &shading : nullptr);
}

void MosaicWindow::balance(uint32_t y) {
  const RowColours colours = row_colours(cfa_, y);
  for (uint32_t parity = 0; parity < 2; parity++) {
    float* levels = rows_.row(slot(y, parity));
    const float gain = parameters_->gains[colours.channel[parity]];
    const uint32_t count = (size_.width + 1 - parity) / 2;
    if (parameters_->lens_shading_enabled)
      apply_shading_and_gain(levels, shading_.row(size_t{y % 2} * 2 + parity), gain, count);
    else
      apply_gain(levels, gain, count);
  }
}

void MosaicWindow::fill_borders(uint32_t y) {
  float* columns[2] = {rows_.row(slot(y, 0)), rows_.row(slot(y, 1))};
  const auto width = static_cast<int32_t>(size_.width);
  const auto fill = [&](int32_t x) {
    const int32_t from = mirror(x, width);
    /* x is at least -2: the shift keeps the parity of negative ones too. */
    columns[(x + 2) % 2][(x + 2) / 2 - 1] = columns[from % 2][from / 2];
  };
  fill(-2);
  fill(-1);
  for (int32_t x = width; x < 2 * static_cast<int32_t>(half_) + 2; x++)
    fill(x);
}

}  // namespace gstcam::isp
