/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mosaics, parameters and runs that the tests of the software ISP share.
 */
#pragma once

#include <glib.h>

#include <algorithm>
#include <random>

#include "tests/core/isp/reference-isp.h"

namespace gstcam::test {

inline constexpr CfaOrder kAllCfas[] = {CfaOrder::Rggb, CfaOrder::Grbg, CfaOrder::Gbrg,
                                        CfaOrder::Bggr};

/** Every code of the depth may come, and neighbours have nothing to do with each other. */
inline Mosaic random_mosaic(Size size, uint32_t bits, CfaOrder cfa, uint32_t seed = 1) {
  std::mt19937 random(seed);
  Mosaic mosaic{size, bits, cfa, std::vector<uint16_t>(size_t{size.width} * size.height)};
  for (auto& sample : mosaic.samples)
    sample = static_cast<uint16_t>(random() >> (32 - bits));
  return mosaic;
}

inline Mosaic flat_mosaic(Size size, uint32_t bits, CfaOrder cfa, uint16_t sample) {
  return {size, bits, cfa, std::vector<uint16_t>(size_t{size.width} * size.height, sample)};
}

/** Something in every block. The largest slope of the tone curve is 4. */
inline GstCameraIspParameters busy_parameters() {
  GstCameraIspParameters p = neutral_isp_parameters();
  p.frame = 77;
  const uint16_t black[4] = {4096, 4160, 4032, 4100};
  const float gains[4] = {1.7F, 1.0F, 1.02F, 1.45F};
  const float ccm[9] = {1.6F, -0.4F, -0.2F, -0.3F, 1.6F, -0.3F, 0.05F, -0.5F, 1.45F};
  std::copy_n(black, 4, p.black_level);
  std::copy_n(gains, 4, p.gains);
  std::copy_n(ccm, 9, p.ccm);
  p.lens_shading_enabled = 1;
  std::mt19937 random(5);
  for (auto& channel : p.lens_shading) {
    for (auto& row : channel) {
      for (float& node : row)
        node = 0.8F + static_cast<float>(random() % 1000) / 1000.0F;
    }
  }
  for (int i = 0; i < GST_CAMERA_ISP_TONE_POINTS; i++)
    p.tone[i] = static_cast<uint16_t>(i < 32 ? i * 1024 : 32768 + (i - 32) * 32767 / 224);
  return p;
}

struct Picture {
  PixelFormat format;
  Size size;
  FrameLayout layout;
  std::vector<uint8_t> bytes;

  [[nodiscard]] uint8_t at(uint32_t plane, uint32_t x, uint32_t y) const {
    const PlaneLayout& p = layout.planes[plane];
    return bytes[p.offset + size_t{y} * p.stride + x];
  }
  /** Of an RGB format. */
  [[nodiscard]] std::array<uint8_t, 3> rgb(uint32_t x, uint32_t y) const {
    const uint32_t step = format == PixelFormat::Bgr888 ? 3 : 4;
    const std::array<uint8_t, 3> p{at(0, x * step, y), at(0, x * step + 1, y),
                                   at(0, x * step + 2, y)};
    return format == PixelFormat::Xrgb8888 ? std::array<uint8_t, 3>{p[2], p[1], p[0]} : p;
  }
};

inline Picture develop(const Mosaic& mosaic, const GstCameraIspParameters& parameters,
                       PixelFormat format = PixelFormat::Bgr888,
                       Colorimetry colorimetry = Colorimetry::Bt709,
                       GstCameraIspStatistics* statistics = nullptr) {
  auto layout = frame_layout(format, mosaic.size);
  g_assert_true(layout.ok());
  Picture picture{format, mosaic.size, *layout, std::vector<uint8_t>(layout->size)};
  SoftwareIsp isp;
  auto r = isp.configure({mosaic.size, mosaic.bits, mosaic.cfa, format, colorimetry, *layout});
  g_assert_true(r.ok());
  r = isp.process(mosaic.frame(), parameters, picture.bytes.data(), statistics);
  g_assert_true(r.ok());
  return picture;
}

}  // namespace gstcam::test
