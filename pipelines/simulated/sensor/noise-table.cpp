/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/sensor/noise-table.h"

#include <cmath>
#include <numbers>

namespace gstcam::simulated {

namespace {

/* The finaliser of SplitMix64 (G. Steele et al., 2014): every input bit changes half the output. */
constexpr uint64_t scramble(uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/* 0 < u < 1 */
double uniform(uint64_t index) {
  return (static_cast<double>(scramble(index) >> 11U) + 0.5) * 0x1p-53;
}

}  // namespace

const NoiseTable& NoiseTable::instance() {
  static const NoiseTable table;
  return table;
}

NoiseTable::NoiseTable() : samples_(kStarts + kPiece) {
  // Box and Muller's pairs, then moved and scaled to mean 0 and variance 1 exactly.
  double sum = 0;
  double squares = 0;
  for (size_t i = 0; i < samples_.size(); i += 2) {
    const double radius = std::sqrt(-2 * std::log(uniform(i)));
    const double angle = 2 * std::numbers::pi * uniform(i + 1);
    const double a = radius * std::cos(angle);
    const double b = radius * std::sin(angle);
    samples_[i] = static_cast<float>(a);
    samples_[i + 1] = static_cast<float>(b);
    sum += a + b;
    squares += a * a + b * b;
  }
  const double n = static_cast<double>(samples_.size());
  const double mean = sum / n;
  const double scale = 1 / std::sqrt(squares / n - mean * mean);
  for (float& sample : samples_)
    sample = static_cast<float>((sample - mean) * scale);
}

const float* NoiseTable::piece(uint64_t seed, uint32_t sequence, uint32_t row,
                               uint32_t piece) const {
  const uint64_t frame = scramble(seed ^ scramble(sequence));
  const uint64_t place = scramble(frame ^ (uint64_t{row} << 32U | piece));
  return samples_.data() + place % kStarts;
}

}  // namespace gstcam::simulated
