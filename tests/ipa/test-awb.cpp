/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Awb on made-up scenes under light of known colour. */
#include "ipa/algorithms/awb.h"

#include <glib.h>

#include <memory>
#include <random>

#include "tests/ipa/synthetic-statistics.h"

using namespace gstcam;
using namespace gstcam::algorithms;

namespace {

constexpr const char* kTuning = R"(
locus: [[2300, 1.34, 0.34], [2856, 1.06, 0.45], [4000, 0.78, 0.62], [5000, 0.67, 0.73],
        [6500, 0.58, 0.85], [9000, 0.52, 0.98]]
prior: {illuminants: [[2856, 1, 15], [4000, 1, 15], [6500, 1, 15]], floor: 1}
likelihood: {width: 0.1, outliers: 0.1, observations: 20}
off-locus: 0.03
start-temperature: 4500
speed: 0.3
)";

AwbTuning tuning() {
  Result<YamlNode> root = parse_yaml(kTuning, "awb.yaml");
  g_assert_true(root.ok());
  Result<AwbTuning> read = AwbTuning::read(*root);
  if (!read)
    g_error("%s", read.error().message.c_str());
  return *std::move(read);
}

std::unique_ptr<Awb> make_awb(const AwbRequest& request = {}) {
  auto awb = std::make_unique<Awb>(tuning());
  awb->start(request);
  return awb;
}

/* Reflectances of many colours and some greys, lit by the locus' white of this temperature. */
std::vector<SceneZone> coloured_scene(double temperature, double wall_share = 0,
                                      SceneZone wall = {0.5, 0.2, 0.1}) {
  const WhiteLocus locus = tuning().locus;
  const LogChroma white = locus.at(1e6 / temperature);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> level(0.05, 0.6);
  std::vector<SceneZone> scene(kZones);
  for (size_t i = 0; i < kZones; i++) {
    SceneZone& zone = scene[i];
    if (static_cast<double>(i) < wall_share * kZones) {
      zone = wall;
    } else if (i % 4 == 0) {
      const double grey = level(random);
      zone = {grey, grey, grey};
    } else {
      zone = {level(random), level(random), level(random)};
    }
    zone[0] *= std::exp(white.u);
    zone[2] *= std::exp(white.v);
  }
  return scene;
}

void expect_white(const AwbStatus& status, double temperature, double tolerance) {
  const LogChroma white = tuning().locus.at(1e6 / temperature);
  const double red = status.gains[0] * std::exp(white.u);
  const double blue = status.gains[1] * std::exp(white.v);
  g_test_message("%g K: %g K, grey R/G %.3f B/G %.3f, confidence %.2f", temperature,
                 status.temperature, red, blue, status.confidence);
  g_assert_cmpfloat(std::abs(red - 1), <, tolerance);
  g_assert_cmpfloat(std::abs(blue - 1), <, tolerance);
}

void run(Awb& awb, const std::vector<SceneZone>& scene, int frames,
         const AwbRequest& request = {}) {
  const GstCameraIspStatistics s = take(scene, 1);
  for (int i = 0; i < frames; i++)
    awb.process(s, request);
}

void test_finds_light() {
  for (double temperature : {2500.0, 2856.0, 3400.0, 4000.0, 5000.0, 6500.0, 8000.0}) {
    auto awb = make_awb();
    run(*awb, coloured_scene(temperature), 15);
    expect_white(awb->status(), temperature, 0.05);
    g_assert_cmpint(awb->status().state, ==, kAlgorithmConverged);
    g_assert_cmpfloat(awb->status().confidence, >, 0.02);
  }
}

/* Where grey world fails: half of the picture is one saturated colour. */
void test_big_wall() {
  for (const SceneZone& wall :
       {SceneZone{0.5, 0.2, 0.1}, SceneZone{0.1, 0.2, 0.5}, SceneZone{0.15, 0.5, 0.1}}) {
    auto awb = make_awb();
    run(*awb, coloured_scene(4000, 0.6, wall), 15);
    expect_white(awb->status(), 4000, 0.03);
  }
}

void test_off_locus() {
  // Fluorescent light is greener than any on the locus.
  std::vector<SceneZone> scene = coloured_scene(4000);
  const LogChroma across = tuning().locus.across(1e6 / 4000);
  for (SceneZone& zone : scene) {
    zone[0] *= std::exp(0.05 * across.u);
    zone[2] *= std::exp(0.05 * across.v);
  }
  auto awb = make_awb();
  run(*awb, scene, 15);
  const LogChroma white = tuning().locus.at(1e6 / 4000);
  const double off = (-std::log(awb->status().gains[0]) - white.u) * across.u +
                     (-std::log(awb->status().gains[1]) - white.v) * across.v;
  g_test_message("off the locus by %g", off);
  g_assert_cmpfloat(off, >, 0.01);
  g_assert_cmpfloat(off, <=, 0.031);
}

/* A change of light is followed smoothly; the way is never left. */
void test_step() {
  auto awb = make_awb();
  run(*awb, coloured_scene(2856), 10);
  double last = awb->status().temperature;
  for (int i = 0; i < 20; i++) {
    run(*awb, coloured_scene(6500), 1);
    const double now = awb->status().temperature;
    g_assert_cmpfloat(now, >=, last - 1);
    g_assert_cmpfloat(1e6 / last - 1e6 / now, <, 0.4 * (1e6 / 2856 - 1e6 / 6500));
    if (i == 0)
      g_assert_cmpint(awb->status().state, ==, kAlgorithmSearching);
    last = now;
  }
  expect_white(awb->status(), 6500, 0.03);
  g_assert_cmpint(awb->status().state, ==, kAlgorithmConverged);
}

/* Noise on a scene with two lights of equal right does not make white jump between them. */
void test_no_flipping() {
  std::vector<SceneZone> scene = coloured_scene(2856);
  const std::vector<SceneZone> other = coloured_scene(6500);
  for (size_t i = 0; i < kZones / 2; i++)
    scene[i] = other[i];
  auto awb = make_awb();
  run(*awb, scene, 10);
  const double settled = awb->status().temperature;
  std::mt19937 random(3);
  std::normal_distribution<double> noise(1, 0.02);
  for (int i = 0; i < 40; i++) {
    std::vector<SceneZone> noisy = scene;
    for (SceneZone& zone : noisy) {
      for (double& level : zone)
        level *= noise(random);
    }
    run(*awb, noisy, 1);
    g_assert_cmpfloat(std::abs(1e6 / awb->status().temperature - 1e6 / settled), <, 15);
  }
}

void test_darkness() {
  auto awb = make_awb();
  run(*awb, coloured_scene(2856), 10);
  const AwbStatus before = awb->status();
  run(*awb, std::vector<SceneZone>(kZones, SceneZone{0, 0, 0}), 10);
  g_assert_true(awb->status().gains == before.gains);
  // Everything burnt: as little to see.
  run(*awb, std::vector<SceneZone>(kZones, SceneZone{9, 9, 9}), 10);
  g_assert_true(awb->status().gains == before.gains);
  // Before anything was seen: the light of tuning.
  auto blind = make_awb();
  run(*blind, std::vector<SceneZone>(kZones, SceneZone{0, 0, 0}), 3);
  g_assert_cmpfloat_with_epsilon(blind->status().temperature, 4500, 1);
}

void test_modes() {
  AwbRequest manual;
  manual.mode = kAwbModeTemperature;
  manual.temperature = 2856;
  auto awb = make_awb(manual);
  expect_white(awb->status(), 2856, 0.001);
  run(*awb, coloured_scene(6500), 5, manual);
  expect_white(awb->status(), 2856, 0.001);
  g_assert_cmpint(awb->status().state, ==, kAlgorithmInactive);
  // Beyond the locus: its end.
  manual.temperature = 20000;
  run(*awb, coloured_scene(6500), 1, manual);
  expect_white(awb->status(), 9000, 0.001);

  manual.mode = kAwbModeGains;
  manual.gains = {1.72, 1.18};
  run(*awb, coloured_scene(2856), 1, manual);
  g_assert_cmpfloat(awb->status().gains[0], ==, 1.72);
  g_assert_cmpfloat(awb->status().gains[1], ==, 1.18);
  // Those are white under about 6500 K.
  g_assert_cmpfloat_with_epsilon(awb->status().temperature, 6500, 200);

  AwbRequest locked;
  locked.mode = kAwbModeLocked;
  run(*awb, coloured_scene(2856), 5, locked);
  g_assert_cmpfloat(awb->status().gains[0], ==, 1.72);
  g_assert_cmpint(awb->status().state, ==, kAlgorithmLocked);

  run(*awb, coloured_scene(2856), 20);
  expect_white(awb->status(), 2856, 0.03);
}

/* Nothing but the calls decides. */
void test_deterministic() {
  auto a = make_awb();
  auto b = make_awb();
  for (double temperature : {3000.0, 6000.0, 4300.0}) {
    run(*a, coloured_scene(temperature), 3);
    run(*b, coloured_scene(temperature), 3);
    g_assert_true(a->status().gains == b->status().gains);
  }
  // start() forgets.
  a->start({});
  auto fresh = make_awb();
  run(*a, coloured_scene(5200), 3);
  run(*fresh, coloured_scene(5200), 3);
  g_assert_true(a->status().gains == fresh->status().gains);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/awb/finds-light", test_finds_light);
  g_test_add_func("/ipa/awb/big-wall", test_big_wall);
  g_test_add_func("/ipa/awb/off-locus", test_off_locus);
  g_test_add_func("/ipa/awb/step", test_step);
  g_test_add_func("/ipa/awb/no-flipping", test_no_flipping);
  g_test_add_func("/ipa/awb/darkness", test_darkness);
  g_test_add_func("/ipa/awb/modes", test_modes);
  g_test_add_func("/ipa/awb/deterministic", test_deterministic);
  return g_test_run();
}
