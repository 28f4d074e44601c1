/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NoiseTable: samples of a standard normal distribution, made once a process.
 *
 * A frame's noise is read from it in pieces of a row, each from a place that a hash of seed,
 * sequence and position chooses: as good as fresh numbers to the eye and to statistics over rows,
 * at the price of a load. Immutable; any thread.
 */
#pragma once

#include <cstdint>
#include <vector>

namespace gstcam::simulated {

class NoiseTable {
 public:
  static constexpr uint32_t kPiece = 1024;  // samples that may be read from a start

  static const NoiseTable& instance();
  /** kPiece samples. */
  [[nodiscard]] const float* piece(uint64_t seed, uint32_t sequence, uint32_t row,
                                   uint32_t piece) const;

 private:
  NoiseTable();
  static constexpr uint32_t kStarts = 65536;
  std::vector<float> samples_;
};

}  // namespace gstcam::simulated
