/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RawFormat: how the samples of a mosaic lie in memory. Packings are those of V4L2's Bayer formats
 * (Documentation/userspace-api/media/v4l/pixfmt-bayer.rst). Values and pure functions.
 */
#pragma once

#include <cstdint>

#include "core/pixel-format.h"

namespace gstcam {

enum class RawPacking : uint8_t {
  Words,   // 16 bit words, the sample in the low bits
  Bytes,   // 8 bit samples
  Mipi10,  // 4 samples in 5 bytes: the high 8 bits of each, then the low 2 of all, first lowest
  Mipi12,  // 2 samples in 3 bytes: the high 8 bits of each, then the low 4 of both, first lowest
};

struct RawFormat {
  RawPacking packing = RawPacking::Words;
  uint32_t bits = 10;  // of a sample
  CfaOrder cfa = CfaOrder::Rggb;
  bool operator==(const RawFormat&) const = default;
};

/** Bytes that a row of samples takes; those of a last group that is not full too. */
constexpr uint32_t raw_row_bytes(RawPacking packing, uint32_t width) {
  switch (packing) {
    case RawPacking::Bytes:
      return width;
    case RawPacking::Mipi10:
      return (width + 3) / 4 * 5;
    case RawPacking::Mipi12:
      return (width + 1) / 2 * 3;
    case RawPacking::Words:
      break;
  }
  return width * 2;
}

/** Whether samples of so many bits can be in it. */
constexpr bool raw_packing_has(RawPacking packing, uint32_t bits) {
  switch (packing) {
    case RawPacking::Words:
      return bits >= 8 && bits <= 16;
    case RawPacking::Bytes:
      return bits == 8;
    case RawPacking::Mipi10:
      return bits == 10;
    case RawPacking::Mipi12:
      return bits == 12;
  }
  return false;
}

}  // namespace gstcam
