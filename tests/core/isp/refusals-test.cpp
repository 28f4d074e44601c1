/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What SoftwareIsp refuses: configurations, frames, parameters; and that it is none the worse for
 * it.
 */
#include <algorithm>
#include <functional>
#include <limits>

#include "tests/core/isp/mosaics.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

SoftwareIspConfiguration good(PixelFormat format = PixelFormat::Nv12, Size size = {64, 48}) {
  auto layout = frame_layout(format, size);
  g_assert_true(layout.ok());
  return {size, 10, CfaOrder::Rggb, format, Colorimetry::Bt709, *layout};
}

void assert_error(const Result<void>& r, Error::Code code, const char* what) {
  g_assert_false(r.ok());
  g_assert_cmpstr(to_string(r.error().code), ==, to_string(code));
  if (r.error().message.find(what) == std::string::npos)
    g_error("\"%s\" does not say \"%s\"", r.error().message.c_str(), what);
}

void test_configurations() {
  using C = SoftwareIspConfiguration;
  struct Case {
    std::function<void(C&)> spoil;
    Error::Code code;
    const char* what;
  };
  constexpr auto kInvalid = Error::Code::Invalid;
  constexpr uint32_t kMax = std::numeric_limits<uint32_t>::max();
  const Case cases[] = {
      {[](C& c) { c.size = {}; }, kInvalid, "0x0"},
      {[](C& c) {
         c.size = {3, 48};
       },
       kInvalid, "3x48"},
      {[](C& c) {
         c.size = {64, 3};
       },
       kInvalid, "64x3"},
      {[](C& c) {
         c.size = {16385, 48};
       },
       kInvalid, "16385x48"},
      {[](C& c) {
         c.size = {kMax, kMax};
       },
       kInvalid, "4294967295x4294967295"},
      {[](C& c) { c.bits = 7; }, kInvalid, "7 bits"},
      {[](C& c) { c.bits = 17; }, kInvalid, "17 bits"},
      {[](C& c) { c.cfa = static_cast<CfaOrder>(4); }, kInvalid, "CFA"},
      {[](C& c) { c.format = static_cast<PixelFormat>(0); }, kInvalid, "pixel format"},
      {[](C& c) { c.colorimetry = Colorimetry::Srgb; }, Error::Code::Unsupported, "BT.709"},
      {[](C& c) { c.layout.count = 1; }, kInvalid, "1 planes"},
      {[](C& c) { c.layout.planes[0].stride = 63; }, kInvalid, "stride 63"},
      {[](C& c) { c.layout.planes[0].stride = kMax; }, kInvalid, "plane 0"},
      {[](C& c) { c.layout.planes[1].size = 1; }, kInvalid, "plane 1"},
      {[](C& c) { c.layout.planes[1].offset = std::numeric_limits<size_t>::max(); }, kInvalid,
       "plane 1 outside"},
      {[](C& c) { c.layout.planes[1].offset -= 1; }, kInvalid, "same bytes"},
      {[](C& c) { c.layout.size -= 1; }, kInvalid, "plane 1 outside"},
      {[](C& c) { c.size.height = 50; }, kInvalid, "no room"},
  };
  for (const Case& bad : cases) {
    SoftwareIspConfiguration c = good();
    bad.spoil(c);
    SoftwareIsp isp;
    assert_error(isp.configure(c), bad.code, bad.what);
    g_assert_true(isp.configure(good()).ok());
  }
  SoftwareIspConfiguration rgb = good(PixelFormat::Bgr888);
  rgb.colorimetry = Colorimetry::Srgb;
  SoftwareIsp isp;
  g_assert_true(isp.configure(rgb).ok());
}

void test_frames() {
  const Mosaic mosaic = random_mosaic({64, 48}, 10, CfaOrder::Rggb);
  const SoftwareIspConfiguration c = good();
  std::vector<uint8_t> out(c.layout.size, 0x5a);
  const std::vector<uint8_t> untouched = out;
  GstCameraIspStatistics statistics{};
  statistics.version = 99;
  const GstCameraIspParameters p = busy_parameters();
  SoftwareIsp isp;
  assert_error(isp.process(mosaic.frame(), p, out.data(), &statistics), Error::Code::WrongState,
               "before a configuration");
  g_assert_true(isp.configure(c).ok());

  constexpr auto kInvalid = Error::Code::Invalid;
  const auto refuse = [&](auto spoil, const char* what) {
    RawFrame frame = mosaic.frame();
    spoil(frame);
    assert_error(isp.process(frame, p, out.data(), &statistics), kInvalid, what);
  };
  refuse([](RawFrame& f) { f.data = nullptr; }, "no data");
  refuse([](RawFrame& f) { f.size.width = 62; }, "62x48");
  refuse([](RawFrame& f) { f.size.height = 49; }, "64x49");
  refuse([](RawFrame& f) { f.bits = 12; }, "12 bits");
  refuse([](RawFrame& f) { f.cfa = CfaOrder::Bggr; }, "BGGR");
  refuse([](RawFrame& f) { f.stride_bytes = 127; }, "127");
  refuse([](RawFrame& f) { f.stride_bytes = 129; }, "129");
  refuse([](RawFrame& f) { f.stride_bytes = 126; }, "126");
  refuse([](RawFrame& f) { f.stride_bytes = 0; }, "at least 128");
  assert_error(isp.process(mosaic.frame(), p, nullptr, &statistics), kInvalid, "no memory");

  GstCameraIspParameters broken = p;
  broken.ccm[4] = std::numeric_limits<float>::quiet_NaN();
  assert_error(isp.process(mosaic.frame(), broken, out.data(), &statistics), Error::Code::Protocol,
               "ccm[4]");
  g_assert_true(out == untouched);
  g_assert_cmpuint(statistics.version, ==, 99);

  /* A refused configuration leaves the one before. */
  SoftwareIspConfiguration bad = c;
  bad.bits = 99;
  g_assert_false(isp.configure(bad).ok());
  g_assert_true(isp.process(mosaic.frame(), p, out.data(), &statistics).ok());
  g_assert_true(out == develop(mosaic, p, PixelFormat::Nv12).bytes);
}

/* The ends of every range at once: nothing overflows (UBSan looks on). */
void test_extremes() {
  for (uint32_t bits : {8U, 16U}) {
    for (float sign : {-1.0F, 1.0F}) {
      GstCameraIspParameters p = neutral_isp_parameters();
      std::fill_n(p.black_level, 4, uint16_t{GST_CAMERA_ISP_BLACK_LEVEL_MAX});
      std::fill_n(p.gains, 4, 256.0F);
      std::fill_n(p.ccm, 9, sign * 16.0F);
      p.lens_shading_enabled = 1;
      for (auto& channel : p.lens_shading) {
        for (auto& row : channel)
          std::fill(std::begin(row), std::end(row), 16.0F);
      }
      for (PixelFormat format : software_isp_formats()) {
        GstCameraIspStatistics statistics;
        develop(random_mosaic({32, 24}, bits, CfaOrder::Grbg), p, format, Colorimetry::Bt601,
                &statistics);
        g_assert_cmpuint(statistics.quads, ==, 192);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/isp-refusals/configurations", test_configurations);
  g_test_add_func("/isp-refusals/frames", test_frames);
  g_test_add_func("/isp-refusals/extremes", test_extremes);
  return g_test_run();
}
