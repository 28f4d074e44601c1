/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The picture: every block and format against ReferenceIsp, and properties that hold by themselves.
 */
#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/core/isp/mosaics.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

/* A byte is the rounded value: half a code, plus what 14 bits of linear codes make of it. */
void assert_byte(uint8_t byte, double expected, double slope) {
  const double tolerance = 0.5 + 0.02 * slope;
  if (std::abs(byte - expected) > tolerance)
    g_error("%u is not within %g of %g", byte, tolerance, expected);
}

void compare(const Mosaic& mosaic, const GstCameraIspParameters& parameters, PixelFormat format,
             Colorimetry colorimetry, double slope) {
  const ReferenceIsp reference(mosaic, parameters);
  const Picture picture = develop(mosaic, parameters, format, colorimetry);
  const uint32_t half = (mosaic.size.width + 1) / 2;
  for (uint32_t y = 0; y < mosaic.size.height; y++) {
    for (uint32_t x = 0; x < mosaic.size.width; x++) {
      switch (format) {
        case PixelFormat::Nv12:
        case PixelFormat::Yuv420:
          assert_byte(picture.at(0, x, y), reference.luma(x, y, colorimetry), slope);
          break;
        case PixelFormat::Yuyv:
          assert_byte(picture.at(0, x * 2, y), reference.luma(x, y, colorimetry), slope);
          break;
        default:
          for (size_t c = 0; c < 3; c++)
            assert_byte(picture.rgb(x, y)[c], 255 * reference.pixel(x, y)[c], slope);
      }
    }
    for (uint32_t i = 0; i < half && format == PixelFormat::Yuyv; i++) {
      const auto chroma = reference.chroma_422(i, y, colorimetry);
      assert_byte(picture.at(0, i * 4 + 1, y), chroma[0], slope + 1);
      assert_byte(picture.at(0, i * 4 + 3, y), chroma[1], slope + 1);
    }
  }
  const bool is_420 = format == PixelFormat::Nv12 || format == PixelFormat::Yuv420;
  for (uint32_t j = 0; j < (mosaic.size.height + 1) / 2 && is_420; j++) {
    for (uint32_t i = 0; i < half; i++) {
      const auto chroma = reference.chroma_420(i, j, colorimetry);
      const bool nv12 = format == PixelFormat::Nv12;
      assert_byte(nv12 ? picture.at(1, i * 2, j) : picture.at(1, i, j), chroma[0], slope + 2);
      assert_byte(nv12 ? picture.at(1, i * 2 + 1, j) : picture.at(2, i, j), chroma[1], slope + 2);
    }
  }
}

void test_neutral() {
  for (CfaOrder cfa : kAllCfas) {
    for (uint32_t bits : {8U, 10U, 12U, 14U, 16U}) {
      compare(random_mosaic({34, 18}, bits, cfa, bits), neutral_isp_parameters(),
              PixelFormat::Bgr888, Colorimetry::Srgb, 1);
    }
  }
}

void test_formats() {
  for (PixelFormat format : software_isp_formats()) {
    for (Colorimetry colorimetry : {Colorimetry::Bt709, Colorimetry::Bt601}) {
      for (CfaOrder cfa : kAllCfas)
        compare(random_mosaic({38, 22}, 10, cfa), busy_parameters(), format, colorimetry, 4);
    }
  }
}

void test_odd_sizes() {
  const Size sizes[] = {{4, 4}, {5, 5}, {4, 7}, {7, 4}, {6, 5}, {5, 6}, {33, 17}, {67, 9}};
  for (Size size : sizes) {
    for (PixelFormat format : software_isp_formats()) {
      for (CfaOrder cfa : kAllCfas) {
        compare(random_mosaic(size, 12, cfa), busy_parameters(), format, Colorimetry::Bt709, 4);
        compare(random_mosaic(size, 12, cfa), busy_parameters(), format, Colorimetry::Bt601, 4);
      }
    }
  }
}

void test_largest_sides() {
  for (Size size : {Size{16384, 4}, Size{4, 16384}}) {
    compare(random_mosaic(size, 10, CfaOrder::Gbrg), busy_parameters(), PixelFormat::Nv12,
            Colorimetry::Bt709, 4);
  }
}

/* One block away from neutral at a time. */
void test_blocks_alone() {
  const GstCameraIspParameters busy = busy_parameters();
  GstCameraIspParameters p[5];
  std::fill(std::begin(p), std::end(p), neutral_isp_parameters());
  std::copy_n(busy.black_level, 4, p[0].black_level);
  p[1].lens_shading_enabled = 1;
  std::memcpy(p[1].lens_shading, busy.lens_shading, sizeof busy.lens_shading);
  std::copy_n(busy.gains, 4, p[2].gains);
  std::copy_n(busy.ccm, 9, p[3].ccm);
  std::copy_n(busy.tone, GST_CAMERA_ISP_TONE_POINTS, p[4].tone);
  for (const auto& parameters : p) {
    for (CfaOrder cfa : kAllCfas) {
      compare(random_mosaic({40, 24}, 10, cfa), parameters, PixelFormat::Xbgr8888,
              Colorimetry::Srgb, 4);
    }
  }
}

void test_flat_stays_flat() {
  for (CfaOrder cfa : kAllCfas) {
    const Picture picture = develop(flat_mosaic({21, 14}, 8, cfa, 100), neutral_isp_parameters());
    for (uint32_t y = 0; y < 14; y++) {
      for (uint32_t x = 0; x < 21; x++) {
        for (uint8_t c : picture.rgb(x, y))
          g_assert_cmpuint(c, ==, 100);
      }
    }
    const Picture yuv = develop(flat_mosaic({21, 14}, 8, cfa, 255), neutral_isp_parameters(),
                                PixelFormat::Yuyv, Colorimetry::Bt601);
    for (uint32_t y = 0; y < 14; y++) {
      for (uint32_t i = 0; i < 11; i++) {
        g_assert_cmpuint(yuv.at(0, i * 4, y), ==, 235);
        g_assert_cmpuint(yuv.at(0, i * 4 + 1, y), ==, 128);
        g_assert_cmpuint(yuv.at(0, i * 4 + 3, y), ==, 128);
      }
    }
  }
}

void test_saturated_is_white() {
  GstCameraIspParameters p = busy_parameters();
  p.lens_shading_enabled = 0;
  const float ccm[9] = {1.5F, -0.25F, -0.25F, -0.25F, 1.5F, -0.25F, -0.25F, -0.25F, 1.5F};
  std::copy_n(ccm, 9, p.ccm);
  const Picture picture = develop(flat_mosaic({8, 8}, 12, CfaOrder::Grbg, 4095), p);
  for (uint8_t c : picture.rgb(3, 4))
    g_assert_cmpuint(c, ==, 255);
}

/* A neutral edge along columns or rows has no colour and no zipper. */
void test_neutral_edge() {
  for (bool vertical : {true, false}) {
    Mosaic mosaic = flat_mosaic({32, 32}, 12, CfaOrder::Rggb, 400);
    for (uint32_t y = 0; y < 32; y++) {
      for (uint32_t x = 0; x < 32; x++) {
        if ((vertical ? x : y) >= 15)
          mosaic.samples[size_t{y} * 32 + x] = 3000;
      }
    }
    const Picture picture = develop(mosaic, neutral_isp_parameters());
    for (uint32_t y = 0; y < 32; y++) {
      for (uint32_t x = 0; x < 32; x++) {
        const int expected = (vertical ? x : y) >= 15 ? 187 : 25;  // 255 / 4095 of the samples
        for (uint8_t c : picture.rgb(x, y))
          g_assert_cmpint(std::abs(c - expected), <=, 1);
      }
    }
  }
}

/* The same scene read from one pixel further right or down has another order, and the same colours.
 */
void test_shifted_orders() {
  const Mosaic whole = random_mosaic({48, 40}, 12, CfaOrder::Rggb);
  GstCameraIspParameters p = busy_parameters();
  p.lens_shading_enabled = 0;  // it is bound to the picture's corners
  const Picture expected = develop(whole, p);
  for (uint32_t shift = 1; shift < 4; shift++) {
    const uint32_t dx = shift % 2;
    const uint32_t dy = shift / 2;
    Mosaic part{{40, 32}, 12, kAllCfas[shift], {}};
    for (uint32_t y = 0; y < part.size.height; y++) {
      for (uint32_t x = 0; x < part.size.width; x++)
        part.samples.push_back(whole.samples[size_t{y + dy} * whole.size.width + x + dx]);
    }
    const Picture picture = develop(part, p);
    constexpr uint32_t kBorder = 4;  // mirroring reaches this far
    for (uint32_t y = kBorder; y < part.size.height - kBorder; y++) {
      for (uint32_t x = kBorder; x < part.size.width - kBorder; x++)
        g_assert_true(picture.rgb(x, y) == expected.rgb(x + dx, y + dy));
    }
  }
}

/* Strides of input and output wider than the picture: the same bytes, and none between them. */
void test_stays_inside() {
  constexpr uint8_t kGuard = 0xa5;
  const Size size{23, 13};
  const Mosaic mosaic = random_mosaic(size, 10, CfaOrder::Bggr);
  constexpr uint32_t kStride = 31;
  std::vector<uint16_t> wide(size_t{kStride} * size.height, 0xffff);
  for (uint32_t y = 0; y < size.height; y++) {
    for (uint32_t x = 0; x < size.width; x++)
      wide[size_t{y} * kStride + x] = mosaic.samples[size_t{y} * size.width + x];
  }
  const RawFrame frame{wide.data(), size, kStride * 2, 10, CfaOrder::Bggr};
  for (PixelFormat format : software_isp_formats()) {
    const Picture expected = develop(mosaic, busy_parameters(), format);
    FrameLayout layout;
    layout.count = plane_count(format);
    std::vector<bool> used;
    for (uint32_t i = 0; i < layout.count; i++) {
      const PlaneExtent extent = plane_extent(format, i, size);
      layout.planes[i] = {layout.size + 64, extent.row_bytes + 19,
                          size_t{extent.row_bytes + 19} * extent.rows};
      layout.size = layout.planes[i].offset + layout.planes[i].size;
      used.resize(layout.size);
      for (uint32_t y = 0; y < extent.rows; y++) {
        for (uint32_t x = 0; x < extent.row_bytes; x++)
          used[layout.planes[i].offset + size_t{y} * layout.planes[i].stride + x] = true;
      }
    }
    layout.size += 64;
    used.resize(layout.size);
    Picture picture{format, size, layout, std::vector<uint8_t>(layout.size, kGuard)};
    SoftwareIsp isp;
    g_assert_true(
        isp.configure({size, 10, CfaOrder::Bggr, format, Colorimetry::Bt709, layout}).ok());
    g_assert_true(isp.process(frame, busy_parameters(), picture.bytes.data(), nullptr).ok());
    for (size_t i = 0; i < layout.size; i++)
      g_assert_true(used[i] || picture.bytes[i] == kGuard);
    for (uint32_t i = 0; i < layout.count; i++) {
      const PlaneExtent extent = plane_extent(format, i, size);
      for (uint32_t y = 0; y < extent.rows; y++) {
        for (uint32_t x = 0; x < extent.row_bytes; x++)
          g_assert_cmpuint(picture.at(i, x, y), ==, expected.at(i, x, y));
      }
    }
  }
}

/* Samples over the depth (a hostile or broken sensor) count as white. */
void test_samples_over_depth() {
  const Picture picture =
      develop(flat_mosaic({8, 8}, 10, CfaOrder::Rggb, 0xffff), neutral_isp_parameters());
  for (uint8_t c : picture.rgb(4, 4))
    g_assert_cmpuint(c, ==, 255);
}

/*
 * The same on every machine, compiler and instruction set: checksums of one frame, which only a
 * deliberate change of an algorithm may change.
 */
void test_pinned() {
  const Mosaic mosaic = random_mosaic({131, 77}, 12, CfaOrder::Gbrg, 9);
  GstCameraIspStatistics statistics{};
  uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&hash](const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    for (size_t i = 0; i < size; i++)  // the analyzer loses track of initialised structures here
      hash = (hash ^ bytes[i]) * 0x100000001b3U;  // NOLINT(clang-analyzer-core.*)
  };
  for (PixelFormat format : software_isp_formats()) {
    const Picture picture =
        develop(mosaic, busy_parameters(), format, Colorimetry::Bt709, &statistics);
    for (uint32_t i = 0; i < picture.layout.count; i++) {
      const PlaneExtent extent = plane_extent(format, i, mosaic.size);
      for (uint32_t y = 0; y < extent.rows; y++)
        add(&picture.bytes[picture.layout.planes[i].offset +
                           size_t{y} * picture.layout.planes[i].stride],
            extent.row_bytes);
    }
  }
  add(&statistics, sizeof statistics);
  g_assert_cmphex(hash, ==, 0x61b8ef69619403d0U);
}

/* One object, used again and for something else: nothing of an earlier frame is left. */
void test_reuse() {
  SoftwareIsp isp;
  for (int round = 0; round < 3; round++) {
    for (Size size : {Size{64, 32}, Size{19, 11}}) {
      for (PixelFormat format : software_isp_formats()) {
        const Mosaic mosaic = random_mosaic(size, 10, CfaOrder::Grbg, 3);
        auto layout = frame_layout(format, size);
        g_assert_true(layout.ok());
        g_assert_true(
            isp.configure({size, 10, CfaOrder::Grbg, format, Colorimetry::Bt601, *layout}).ok());
        std::vector<uint8_t> out(layout->size);
        const Mosaic other = random_mosaic(size, 10, CfaOrder::Grbg, 4);
        g_assert_true(
            isp.process(other.frame(), neutral_isp_parameters(), out.data(), nullptr).ok());
        g_assert_true(isp.process(mosaic.frame(), busy_parameters(), out.data(), nullptr).ok());
        g_assert_true(out == develop(mosaic, busy_parameters(), format, Colorimetry::Bt601).bytes);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/isp/neutral", test_neutral);
  g_test_add_func("/isp/formats", test_formats);
  g_test_add_func("/isp/odd-sizes", test_odd_sizes);
  g_test_add_func("/isp/largest-sides", test_largest_sides);
  g_test_add_func("/isp/blocks-alone", test_blocks_alone);
  g_test_add_func("/isp/flat-stays-flat", test_flat_stays_flat);
  g_test_add_func("/isp/saturated-is-white", test_saturated_is_white);
  g_test_add_func("/isp/neutral-edge", test_neutral_edge);
  g_test_add_func("/isp/shifted-orders", test_shifted_orders);
  g_test_add_func("/isp/stays-inside", test_stays_inside);
  g_test_add_func("/isp/samples-over-depth", test_samples_over_depth);
  g_test_add_func("/isp/pinned", test_pinned);
  g_test_add_func("/isp/reuse", test_reuse);
  return g_test_run();
}
