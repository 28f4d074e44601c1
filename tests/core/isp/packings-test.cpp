/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Samples as kernels deliver them: whatever the packing, the ISP makes the same bytes of it as of
 * the words that were packed, and reads not a byte beyond the rows.
 */
#include <cstring>

#include "tests/core/isp/mosaics.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

/* The last row has no padding behind it: address sanitizers see who reads on. */
std::vector<uint8_t> pack(const Mosaic& mosaic, RawPacking packing, uint32_t stride) {
  const auto [width, height] = mosaic.size;
  std::vector<uint8_t> bytes(size_t{stride} * (height - 1) + raw_row_bytes(packing, width), 0xa5);
  for (uint32_t y = 0; y < height; y++) {
    uint8_t* row = bytes.data() + size_t{y} * stride;
    std::memset(row, 0, raw_row_bytes(packing, width));
    for (uint32_t x = 0; x < width; x++) {
      const uint32_t sample = mosaic.samples[size_t{y} * width + x];
      switch (packing) {
        case RawPacking::Words:
          row[x * 2] = sample & 255U;
          row[x * 2 + 1] = sample >> 8U;
          break;
        case RawPacking::Bytes:
          row[x] = static_cast<uint8_t>(sample);
          break;
        case RawPacking::Mipi10:
          row[x / 4 * 5 + x % 4] = sample >> 2U;
          row[x / 4 * 5 + 4] |= (sample & 3U) << (x % 4 * 2);
          break;
        case RawPacking::Mipi12:
          row[x / 2 * 3 + x % 2] = sample >> 4U;
          row[x / 2 * 3 + 2] |= (sample & 15U) << (x % 2 * 4);
          break;
      }
    }
  }
  return bytes;
}

RawFrame frame_of(const Mosaic& mosaic, const std::vector<uint8_t>& bytes, RawPacking packing,
                  uint32_t stride) {
  return {bytes.data(), mosaic.size, stride, mosaic.bits, mosaic.cfa, packing};
}

struct Case {
  RawPacking packing;
  uint32_t bits;
};
constexpr Case kCases[] = {
    {RawPacking::Bytes, 8},   {RawPacking::Words, 8},  {RawPacking::Words, 10},
    {RawPacking::Mipi10, 10}, {RawPacking::Words, 12}, {RawPacking::Mipi12, 12},
    {RawPacking::Words, 14},  {RawPacking::Words, 16},
};

void test_same_picture() {
  const GstCameraIspParameters p = busy_parameters();
  for (const Case& c : kCases) {
    for (const CfaOrder cfa : kAllCfas) {
      for (const Size size : {Size{64, 48}, Size{65, 7}, Size{66, 9}, Size{67, 6}, Size{4, 4}}) {
        const Mosaic mosaic = random_mosaic(size, c.bits, cfa);
        GstCameraIspStatistics expected;
        const Picture picture =
            develop(mosaic, p, PixelFormat::Nv12, Colorimetry::Bt709, &expected);
        SoftwareIsp isp;
        const Result<void> configured = isp.configure(
            {size, c.bits, cfa, PixelFormat::Nv12, Colorimetry::Bt709, picture.layout});
        g_assert_true(configured.ok());
        for (const uint32_t padding : {0U, 6U}) {
          const uint32_t stride = raw_row_bytes(c.packing, size.width) + padding;
          const std::vector<uint8_t> bytes = pack(mosaic, c.packing, stride);
          std::vector<uint8_t> out(picture.bytes.size());
          GstCameraIspStatistics statistics;
          const Result<void> done =
              isp.process(frame_of(mosaic, bytes, c.packing, stride), p, out.data(), &statistics);
          g_assert_true(done.ok());
          g_assert_true(out == picture.bytes);
          g_assert_cmpmem(&statistics, sizeof statistics, &expected, sizeof expected);
        }
      }
    }
  }
}

/* Bytes as pixfmt-srggb10p.rst and pixfmt-srggb12p.rst show them, worked out by hand. */
void test_by_hand() {
  const uint8_t mipi10[] = {0xff, 0x00, 0x80, 0x40, 0b11'10'01'00};
  const uint16_t words10[] = {0x3fc, 0x001, 0x202, 0x103};
  const uint8_t mipi12[] = {0xff, 0x00, 0x5a, 0x12, 0x34, 0xf0};
  const uint16_t words12[] = {0xffa, 0x005, 0x120, 0x34f};
  const auto develop_rows = [](const void* row, size_t row_bytes, RawPacking packing,
                               uint32_t bits) {
    std::vector<uint8_t> bytes;
    for (int y = 0; y < 4; y++)
      bytes.insert(bytes.end(), static_cast<const uint8_t*>(row),
                   static_cast<const uint8_t*>(row) + row_bytes);
    const FrameLayout layout = *frame_layout(PixelFormat::Bgr888, {4, 4});
    SoftwareIsp isp;
    g_assert_true(
        isp.configure(
               {{4, 4}, bits, CfaOrder::Rggb, PixelFormat::Bgr888, Colorimetry::Srgb, layout})
            .ok());
    std::vector<uint8_t> out(layout.size);
    const RawFrame frame{bytes.data(), {4, 4},         static_cast<uint32_t>(row_bytes),
                         bits,         CfaOrder::Rggb, packing};
    g_assert_true(isp.process(frame, neutral_isp_parameters(), out.data(), nullptr).ok());
    return out;
  };
  g_assert_true(develop_rows(mipi10, sizeof mipi10, RawPacking::Mipi10, 10) ==
                develop_rows(words10, sizeof words10, RawPacking::Words, 10));
  g_assert_true(develop_rows(mipi12, sizeof mipi12, RawPacking::Mipi12, 12) ==
                develop_rows(words12, sizeof words12, RawPacking::Words, 12));
}

void test_refusals() {
  const Mosaic mosaic = flat_mosaic({66, 48}, 10, CfaOrder::Rggb, 100);
  const FrameLayout layout = *frame_layout(PixelFormat::Nv12, mosaic.size);
  SoftwareIsp isp;
  g_assert_true(isp.configure({mosaic.size, 10, CfaOrder::Rggb, PixelFormat::Nv12,
                               Colorimetry::Bt709, layout})
                    .ok());
  std::vector<uint8_t> out(layout.size, 7);
  const std::vector<uint8_t> untouched = out;
  const std::vector<uint8_t> bytes(size_t{48} * 140);
  const auto refuse = [&](const RawFrame& frame, const char* what) {
    const Result<void> r = isp.process(frame, neutral_isp_parameters(), out.data(), nullptr);
    g_assert_false(r.ok());
    g_assert_true(r.error().code == Error::Code::Invalid);
    if (r.error().message.find(what) == std::string::npos)
      g_error("'%s' does not tell of '%s'", r.error().message.c_str(), what);
  };
  refuse(frame_of(mosaic, bytes, RawPacking::Mipi12, 140), "no samples of 10 bits");
  refuse(frame_of(mosaic, bytes, RawPacking::Bytes, 140), "no samples of 10 bits");
  refuse(frame_of(mosaic, bytes, static_cast<RawPacking>(77), 140), "packing 77");
  refuse(frame_of(mosaic, bytes, RawPacking::Mipi10, 84), "at least 85");
  RawFrame odd = frame_of(mosaic, bytes, RawPacking::Words, 132);
  odd.data = bytes.data() + 1;
  refuse(odd, "odd address");
  g_assert_true(out == untouched);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/isp-packings/same-picture", test_same_picture);
  g_test_add_func("/isp-packings/by-hand", test_by_hand);
  g_test_add_func("/isp-packings/refusals", test_refusals);
  return g_test_run();
}
