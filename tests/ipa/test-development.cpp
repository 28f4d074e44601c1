/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The algorithms that only prepare parameters: black level, lens shading, colour matrix, tone; and
 * the white locus. */
#include <glib.h>

#include <cmath>

#include "ipa/algorithms/black-level.h"
#include "ipa/algorithms/ccm.h"
#include "ipa/algorithms/lens-shading.h"
#include "ipa/algorithms/tone.h"
#include "ipa/algorithms/white-locus.h"

using namespace gstcam;
using namespace gstcam::algorithms;

namespace {

YamlNode yaml(const char* text) {
  Result<YamlNode> root = parse_yaml(text, "t.yaml");
  g_assert_true(root.ok());
  return *std::move(root);
}

template <typename T>
T read(const char* text) {
  Result<T> tuning = T::read(yaml(text));
  if (!tuning)
    g_error("%s", tuning.error().message.c_str());
  return *std::move(tuning);
}

void test_black_level() {
  GstCameraIspParameters p = {};
  BlackLevel sensor(read<BlackLevelTuning>("sensor"));
  g_assert_true(sensor.configure(4096).ok());
  sensor.prepare(p);
  for (uint16_t level : p.black_level)
    g_assert_cmpuint(level, ==, 4096);
  g_assert_false(sensor.configure(40000).ok());

  BlackLevel own(read<BlackLevelTuning>("[100, 200, 300, 400]"));
  g_assert_true(own.configure(4096).ok());
  own.prepare(p);
  g_assert_cmpuint(p.black_level[GST_CAMERA_BAYER_GB], ==, 300);
  g_assert_cmpint(own.status().mean, ==, 250);
}

void test_lens_shading() {
  GstCameraIspParameters p = {};
  LensShading none(read<LensShadingTuning>("none"));
  none.configure(1920, 1080);
  none.prepare(p);
  g_assert_cmpuint(p.lens_shading_enabled, ==, 0);

  LensShading lens(
      read<LensShadingTuning>("{red: [0.5, 0.2, 0], green: [0.4, 0, 0.1], blue: [16, 16, 0]}"));
  lens.configure(1600, 1200);
  lens.prepare(p);
  g_assert_cmpuint(p.lens_shading_enabled, ==, 1);
  constexpr int kRight = GST_CAMERA_ISP_LSC_COLUMNS - 1;
  constexpr int kBottom = GST_CAMERA_ISP_LSC_ROWS - 1;
  for (const auto& grid : p.lens_shading)
    g_assert_cmpfloat(grid[kBottom / 2][kRight / 2], ==, 1);
  // r = 1 in the corners, 0.8 at the middle of the right edge of a 4:3 picture.
  const auto& red = p.lens_shading[GST_CAMERA_BAYER_R];
  for (int y : {0, kBottom}) {
    for (int x : {0, kRight})
      g_assert_cmpfloat_with_epsilon(red[y][x], 1.7, 1e-5);
  }
  g_assert_cmpfloat_with_epsilon(red[kBottom / 2][kRight], 1 + 0.5 * 0.64 + 0.2 * 0.64 * 0.64,
                                 1e-5);
  g_assert_cmpfloat_with_epsilon(p.lens_shading[GST_CAMERA_BAYER_GR][0][0], 1.5, 1e-5);
  g_assert_cmpfloat_with_epsilon(p.lens_shading[GST_CAMERA_BAYER_GB][0][0], 1.5, 1e-5);
  // What the ISP takes at most.
  g_assert_cmpfloat(p.lens_shading[GST_CAMERA_BAYER_B][0][0], ==, 16);
}

constexpr const char* kMatrices = R"(
- {temperature: 2500, matrix: [2, -0.5, -0.5, 0, 1, 0, 0, 0, 1]}
- {temperature: 5000, matrix: [1, 0, 0, 0, 1, 0, 0, -1, 2]}
)";

void test_ccm() {
  Ccm ccm(read<CcmTuning>(kMatrices));
  GstCameraIspParameters p = {};
  ccm.prepare(5000, 1, p);
  g_assert_cmpfloat(p.ccm[0], ==, 1);
  ccm.prepare(9000, 1, p);  // beyond the last: the last
  g_assert_cmpfloat(p.ccm[8], ==, 2);
  ccm.prepare(1500, 1, p);
  g_assert_cmpfloat(p.ccm[0], ==, 2);
  // Half way in mired between 2500 K and 5000 K.
  ccm.prepare(1e6 / 300, 1, p);
  g_assert_cmpfloat_with_epsilon(p.ccm[0], 1.5, 1e-6);
  g_assert_cmpfloat_with_epsilon(p.ccm[7], -0.5, 1e-6);

  for (double saturation : {0.0, 0.5, 1.0, 4.0}) {
    ccm.prepare(3000, saturation, p);
    for (size_t row = 0; row < 9; row += 3)
      g_assert_cmpfloat_with_epsilon(p.ccm[row] + p.ccm[row + 1] + p.ccm[row + 2], 1, 1e-5);
    if (saturation == 0) {
      for (int i = 0; i < 3; i++)
        g_assert_cmpfloat(p.ccm[i], ==, p.ccm[3 + i]);
    }
    for (float element : p.ccm)
      g_assert_cmpfloat(std::abs(element), <=, 16);
  }
}

double code(const GstCameraIspParameters& p, int point) {
  return p.tone[point] / 65535.0;
}

void test_tone() {
  GstCameraIspParameters p = {};
  Tone tone(read<ToneTuning>("{transfer: srgb}"));
  tone.prepare(1, 0, p);
  g_assert_cmpuint(p.tone[0], ==, 0);
  g_assert_cmpuint(p.tone[GST_CAMERA_ISP_TONE_POINTS - 1], ==, 65535);
  // IEC 61966-2-1: linear 0.5 is 0.7354.
  g_assert_cmpfloat_with_epsilon(code(p, 128), 0.7354, 1e-4);
  Tone video(read<ToneTuning>("{transfer: bt709}"));
  video.prepare(1, 0, p);
  g_assert_cmpfloat_with_epsilon(code(p, 128), 1.099 * std::pow(0.5, 0.45) - 0.099, 1e-4);
  Tone linear(read<ToneTuning>("{transfer: linear}"));
  linear.prepare(1, 0, p);
  g_assert_cmpfloat_with_epsilon(code(p, 64), 0.25, 1e-4);

  for (double contrast : {0.0, 0.5, 1.0, 4.0}) {
    for (double brightness : {-1.0, -0.2, 0.0, 0.3, 1.0}) {
      tone.prepare(contrast, brightness, p);
      for (int i = 1; i < GST_CAMERA_ISP_TONE_POINTS; i++)
        g_assert_cmpuint(p.tone[i], >=, p.tone[i - 1]);
    }
  }
  GstCameraIspParameters q = {};
  tone.prepare(1, 0, p);
  tone.prepare(2, 0, q);
  // Middle grey stays, what is around it goes apart.
  g_assert_cmpfloat_with_epsilon(code(q, 46), code(p, 46), 0.01);
  g_assert_cmpfloat(code(q, 10), <, code(p, 10));
  g_assert_cmpfloat(code(q, 100), >, code(p, 100));
  tone.prepare(1, 0.1, q);
  g_assert_cmpfloat_with_epsilon(code(q, 46), code(p, 46) + 0.1, 1e-4);
}

void test_locus() {
  const WhiteLocus locus = *WhiteLocus::read(yaml("[[2500, 1.2, 0.4], [5000, 0.7, 0.7]]"));
  g_assert_cmpfloat_with_epsilon(locus.at(400).u, std::log(1.2), 1e-9);
  g_assert_cmpfloat_with_epsilon(locus.at(300).v, (std::log(0.4) + std::log(0.7)) / 2, 1e-9);
  g_assert_cmpfloat_with_epsilon(locus.at(1000).u, std::log(1.2), 1e-9);
  for (double mired : {200.0, 250.0, 333.0, 400.0}) {
    g_assert_cmpfloat_with_epsilon(locus.nearest(locus.at(mired)), mired, 1e-6);
    const LogChroma across = locus.across(mired);
    const LogChroma on = locus.at(mired);
    g_assert_cmpfloat_with_epsilon(std::hypot(across.u, across.v), 1, 1e-9);
    // What is beside the locus has the temperature of the point it is beside.
    g_assert_cmpfloat_with_epsilon(locus.nearest({on.u + 0.05 * across.u, on.v + 0.05 * across.v}),
                                   mired, 1e-6);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/development/black-level", test_black_level);
  g_test_add_func("/ipa/development/lens-shading", test_lens_shading);
  g_test_add_func("/ipa/development/ccm", test_ccm);
  g_test_add_func("/ipa/development/tone", test_tone);
  g_test_add_func("/ipa/development/locus", test_locus);
  return g_test_run();
}
