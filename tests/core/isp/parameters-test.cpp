/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/parameters.h"

#include <glib.h>

#include <limits>
#include <string>

namespace {

using namespace gstcam;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

void assert_refused(const GstCameraIspParameters& parameters, const std::string& what) {
  const auto r = check_isp_parameters(parameters);
  g_assert_false(r.ok());
  g_assert_cmpint(static_cast<int>(r.error().code), ==, static_cast<int>(Error::Code::Protocol));
  if (r.error().message.find(what) == std::string::npos)
    g_error("\"%s\" does not name %s", r.error().message.c_str(), what.c_str());
  g_assert_false(r.error().hint.empty());
}

void test_neutral() {
  const GstCameraIspParameters p = neutral_isp_parameters();
  g_assert_true(check_isp_parameters(p).ok());
  g_assert_cmpuint(p.tone[0], ==, 0);
  g_assert_cmpuint(p.tone[128], ==, 32768);
  g_assert_cmpuint(p.tone[256], ==, 65535);
}

void test_header() {
  GstCameraIspParameters p = neutral_isp_parameters();
  p.version++;
  assert_refused(p, "version 2");
  p = neutral_isp_parameters();
  p.size--;
  assert_refused(p, "size");
  p = neutral_isp_parameters();
  p.lens_shading_enabled = 2;
  assert_refused(p, "lens_shading_enabled");
  assert_refused(GstCameraIspParameters{}, "version 0");
}

void test_ranges() {
  for (float bad : {-0.01F, 256.1F, kNan, kInfinity, -kInfinity}) {
    for (int i = 0; i < 4; i++) {
      GstCameraIspParameters p = neutral_isp_parameters();
      p.gains[i] = bad;
      assert_refused(p, "gains[" + std::to_string(i) + "]");
    }
  }
  for (float bad : {-16.1F, 16.1F, kNan, kInfinity}) {
    for (int i = 0; i < 9; i++) {
      GstCameraIspParameters p = neutral_isp_parameters();
      p.ccm[i] = bad;
      assert_refused(p, "ccm[" + std::to_string(i) + "]");
    }
  }
  for (int i = 0; i < 4; i++) {
    GstCameraIspParameters p = neutral_isp_parameters();
    p.black_level[i] = GST_CAMERA_ISP_BLACK_LEVEL_MAX;
    g_assert_true(check_isp_parameters(p).ok());
    p.black_level[i]++;
    assert_refused(p, "black_level[" + std::to_string(i) + "]");
  }
  GstCameraIspParameters p = neutral_isp_parameters();
  p.gains[0] = 0;
  p.gains[1] = 256;
  p.ccm[0] = -16;
  p.ccm[1] = 16;
  g_assert_true(check_isp_parameters(p).ok());
}

void test_lens_shading() {
  for (float bad : {0.24F, 16.1F, 0.0F, -1.0F, kNan, kInfinity}) {
    GstCameraIspParameters p = neutral_isp_parameters();
    p.lens_shading[3][12][16] = bad;
    g_assert_true(check_isp_parameters(p).ok());  // not read
    p.lens_shading_enabled = 1;
    assert_refused(p, "lens_shading[883]");
  }
}

void test_tone() {
  GstCameraIspParameters p = neutral_isp_parameters();
  p.tone[200] = p.tone[199];
  g_assert_true(check_isp_parameters(p).ok());
  p.tone[200]--;
  assert_refused(p, "point 200");
  p = neutral_isp_parameters();
  p.tone[256] = 0;
  assert_refused(p, "point 256");
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/isp-parameters/neutral", test_neutral);
  g_test_add_func("/isp-parameters/header", test_header);
  g_test_add_func("/isp-parameters/ranges", test_ranges);
  g_test_add_func("/isp-parameters/lens-shading", test_lens_shading);
  g_test_add_func("/isp-parameters/tone", test_tone);
  return g_test_run();
}
