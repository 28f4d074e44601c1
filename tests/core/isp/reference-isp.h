/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The software ISP once more, pixel by pixel in double precision, as docs/architecture.md describes
 * it: slow, obvious, and made of none of the code under test.
 */
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/isp/parameters.h"
#include "core/isp/software-isp.h"

namespace gstcam::test {

using Rgb = std::array<double, 3>;

struct Mosaic {
  Size size;
  uint32_t bits = 10;
  CfaOrder cfa = CfaOrder::Rggb;
  std::vector<uint16_t> samples;

  [[nodiscard]] RawFrame frame() const { return {samples.data(), size, size.width * 2, bits, cfa}; }
};

class ReferenceIsp {
 public:
  ReferenceIsp(const Mosaic& mosaic, const GstCameraIspParameters& parameters);

  /** GST_CAMERA_BAYER_* of a pixel. */
  [[nodiscard]] uint32_t channel(uint32_t x, uint32_t y) const;
  /** After black level, before lens shading. */
  [[nodiscard]] double level(uint32_t x, uint32_t y) const;
  /** Lens shading gain; 1 where it is off. */
  [[nodiscard]] double shading(uint32_t x, uint32_t y) const;
  /** Out of the tone curve, 0 .. 1. */
  [[nodiscard]] Rgb pixel(uint32_t x, uint32_t y) const {
    return picture_[size_t{y} * mosaic_.size.width + x];
  }
  /** Byte values, not rounded, of what the format has at a pixel or chroma sample. */
  [[nodiscard]] double luma(uint32_t x, uint32_t y, Colorimetry colorimetry) const;
  /** Cb, Cr of chroma column i; of row y alone, or of rows 2 j and 2 j + 1. */
  [[nodiscard]] std::array<double, 2> chroma_422(uint32_t i, uint32_t y, Colorimetry c) const;
  [[nodiscard]] std::array<double, 2> chroma_420(uint32_t i, uint32_t j, Colorimetry c) const;

 private:
  [[nodiscard]] double balanced(int32_t x, int32_t y) const;  // mirrored
  [[nodiscard]] double green(int32_t x, int32_t y) const;     // mirrored
  [[nodiscard]] Rgb demosaic(uint32_t x, uint32_t y) const;
  [[nodiscard]] double tone(double linear) const;
  [[nodiscard]] Rgb halved(uint32_t i, uint32_t y, bool cosited) const;

  const Mosaic& mosaic_;
  const GstCameraIspParameters& parameters_;
  std::vector<double> balanced_;
  std::vector<double> green_;
  std::vector<Rgb> picture_;
};

}  // namespace gstcam::test
