/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/tone-table.h"

#include <algorithm>

#include "core/isp/kernels/pack.h"

namespace gstcam::isp {

namespace {

constexpr uint32_t kCells = GST_CAMERA_ISP_TONE_POINTS - 1;

/* The curve at linear code / kLinearMax, times kLinearMax: exact in integers. */
uint64_t curve_at(const uint16_t* curve, uint32_t code) {
  const uint32_t position = code * kCells;
  const uint32_t cell = std::min(position / kLinearMax, kCells - 1);
  const uint32_t t = position - cell * kLinearMax;
  return uint64_t{curve[cell]} * (kLinearMax - t) + uint64_t{curve[cell + 1]} * t;
}

}  // namespace

ToneTable::ToneTable(Kind kind) {
  if (kind == Kind::Bytes)
    bytes_.resize(kLinearMax + 1);
  else
    fine_.resize(kLinearMax + 1);
}

void ToneTable::update(const uint16_t (&curve)[GST_CAMERA_ISP_TONE_POINTS]) {
  if (built_ && std::equal(curve_.begin(), curve_.end(), curve))
    return;
  std::copy(std::begin(curve), std::end(curve), curve_.begin());
  built_ = true;
  constexpr uint64_t kWhite = uint64_t{65535} * kLinearMax;
  for (uint32_t i = 0; i < bytes_.size(); i++)
    bytes_[i] = static_cast<uint8_t>((curve_at(curve, i) * 255 + kWhite / 2) / kWhite);
  for (uint32_t i = 0; i < fine_.size(); i++)
    fine_[i] = static_cast<uint16_t>((curve_at(curve, i) * kToneMax + kWhite / 2) / kWhite);
}

}  // namespace gstcam::isp
