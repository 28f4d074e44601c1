/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ae and ExposureSplit against a sensor whose controls act some frames later. */
#include "ipa/algorithms/ae.h"

#include <glib.h>

#include <deque>

#include "ipa/algorithms/statistics.h"
#include "tests/ipa/synthetic-statistics.h"

using namespace gstcam;
using namespace gstcam::algorithms;

namespace {

constexpr uint64_t kMs = 1000000;

AeTuning tuning() {
  AeTuning t;
  t.target = 0.18;
  t.highlight_level = 0.95;
  t.highlight_fraction = 0.02;
  t.highlight_max_reduction = 4;
  t.start_exposure_time = 1000;
  t.start_analogue_gain = 1;
  t.digital_gain_max = 4;
  t.lux = 100;
  t.lux_exposure_time = 10000;
  t.lux_analogue_gain = 1;
  t.lux_level = 0.02;
  return t;
}

ExposureLimits limits() {
  ExposureLimits l;
  l.line_duration = 20000;
  l.exposure_min = 20000;
  l.exposure_max = 33 * kMs;
  l.gain_min = 1;
  l.gain_max = 16;
  l.digital_gain_max = 4;
  return l;
}

/* Frames, with controls of frame n written at n + 2 and acting 2 later. */
struct Loop {
  static constexpr size_t kDelay = 4;
  /* 10 ms at gain 1 are exposure 1 of the synthetic scene. */
  static constexpr double kUnit = 10000;

  Ae ae{tuning()};
  AeRequest request;
  std::deque<Exposure> in_flight;
  double digital_gain_min = 1;

  Loop() {
    const Result<void> configured = ae.configure(limits());
    g_assert_true(configured.ok());
  }
  void start() {
    ae.start(request);
    in_flight.assign(kDelay, ae.status().wanted);
  }
  const AeStatus& frame(const std::vector<SceneZone>& scene) {
    const Exposure taken = in_flight.front();
    in_flight.pop_front();
    const GstCameraIspStatistics s = take(scene, taken.exposure_time * taken.analogue_gain / kUnit);
    ae.process({s, taken, digital_gain_min}, request);
    in_flight.push_back(ae.status().wanted);
    return ae.status();
  }
};

bool on_target(const AeStatus& status, double tolerance = 0.1) {
  return std::abs(status.level / status.target - 1) <= tolerance;
}

/* Runs `frames`, asserts that the level is there from `by` on and does not leave. */
void expect_settles(Loop& loop, const std::vector<SceneZone>& scene, int by, int frames = 60) {
  for (int i = 0; i < frames; i++) {
    const AeStatus status = loop.frame(scene);
    if (i >= by) {
      g_test_message("frame %d: level %g target %g", i, status.level, status.target);
      g_assert_true(on_target(status));
      g_assert_cmpint(status.state, ==, kAlgorithmConverged);
    }
  }
}

std::vector<SceneZone> scaled(std::vector<SceneZone> scene, double factor) {
  for (SceneZone& zone : scene) {
    for (double& level : zone)
      level *= factor;
  }
  return scene;
}

void test_converges() {
  for (double light : {0.02, 0.1, 1.0, 10.0, 30.0}) {
    Loop loop;
    loop.start();
    expect_settles(loop, scaled(grey_scene(0.02, 0.8), light), 14);
  }
}

void test_from_saturation() {
  // The whole frame is burnt at the start exposure of 1 ms.
  Loop loop;
  loop.start();
  const std::vector<SceneZone> scene = grey_scene(12, 20);
  g_assert_cmpfloat(green_level(take(scene, 0.1)).saturated, ==, 1);
  expect_settles(loop, scene, 14);
}

void test_light_steps() {
  Loop loop;
  loop.start();
  const std::vector<SceneZone> dark = scaled(grey_scene(0.05, 0.8), 0.5);
  const std::vector<SceneZone> bright = scaled(dark, 10);
  expect_settles(loop, dark, 14);
  expect_settles(loop, bright, 14);
  expect_settles(loop, dark, 14);
}

void test_no_oscillation() {
  // Errors may only shrink once the first exposures arrived.
  Loop loop;
  loop.start();
  const std::vector<SceneZone> scene = grey_scene(0.05, 0.7);
  double sign_changes = 0;
  double last = 0;
  for (int i = 0; i < 60; i++) {
    const AeStatus status = loop.frame(scene);
    const double error = status.level - status.target;
    if (i > 0 && error * last < 0 && std::abs(error) > 0.02 * status.target)
      sign_changes++;
    last = error;
  }
  g_assert_cmpfloat(sign_changes, <=, 1);
}

void test_highlights() {
  // 5 % of the picture is 40 times as bright as the rest: at the target it would burn.
  std::vector<SceneZone> scene(kZones, SceneZone{0.1, 0.1, 0.1});
  for (size_t i = 0; i < kZones; i += 20)
    scene[i] = {1.6, 1.6, 1.6};
  Loop loop;
  loop.start();
  AeStatus status;
  for (int i = 0; i < 40; i++)
    status = loop.frame(scene);
  g_assert_true(on_target(status));
  g_assert_cmpfloat(status.target, <, 0.15);
  const double exposure = status.wanted.exposure_time * status.wanted.analogue_gain / Loop::kUnit;
  g_assert_cmpfloat(highlight_level(take(scene, exposure), 0.02), <, 0.98);

  // A lamp that cannot be saved does not make the room black.
  for (size_t i = 0; i < kZones; i += 20)
    scene[i] = {400, 400, 400};
  for (int i = 0; i < 40; i++)
    status = loop.frame(scene);
  g_assert_cmpfloat(status.target, >=, 0.18 / 4 - 1e-9);
  g_assert_true(on_target(status));
}

void test_compensation() {
  for (double ev : {-2.0, -1.0, 0.0, 1.0}) {
    Loop loop;
    loop.request.compensation = ev;
    loop.start();
    expect_settles(loop, grey_scene(0.05, 0.3), 14);
    g_assert_cmpfloat_with_epsilon(loop.ae.status().target, 0.18 * std::exp2(ev), 1e-9);
  }
}

void test_flicker() {
  for (int32_t period : {8333, 10000}) {
    for (double light : {0.02, 0.05, 0.1, 0.3}) {
      Loop loop;
      loop.request.flicker_period = period;
      loop.start();
      expect_settles(loop, scaled(grey_scene(0.1, 0.6), light), 14);
      const int32_t time = loop.ae.status().wanted.exposure_time;
      const int32_t off = time % period;
      g_test_message("period %d: %d us", period, time);
      g_assert_cmpint(time, >=, period - 20);
      g_assert_cmpint(std::min(off, period - off), <=, 20);  // one line
    }
  }
}

void test_manual_and_locked() {
  Loop loop;
  loop.request.mode = kAeModeManual;
  loop.request.exposure_time = 5000;
  loop.request.analogue_gain = 3;
  loop.start();
  const std::vector<SceneZone> scene = grey_scene(0.05, 0.8);
  AeStatus status = loop.frame(scene);
  g_assert_cmpint(status.wanted.exposure_time, ==, 5000);
  g_assert_cmpfloat(status.wanted.analogue_gain, ==, 3);
  g_assert_cmpint(status.state, ==, kAlgorithmInactive);
  // Beyond what the sensor can do: its end.
  loop.request.exposure_time = 10000000;
  loop.request.analogue_gain = 200;
  status = loop.frame(scene);
  g_assert_cmpint(status.wanted.exposure_time, ==, 33000);
  g_assert_cmpfloat(status.wanted.analogue_gain, ==, 16);

  loop.request = {};
  expect_settles(loop, scene, 14);
  const Exposure held = loop.ae.status().wanted;
  loop.request.mode = kAeModeLocked;
  for (int i = 0; i < 10; i++)
    status = loop.frame(scaled(scene, 7));
  g_assert_true(status.wanted == held);
  g_assert_cmpint(status.state, ==, kAlgorithmLocked);
}

void test_limits() {
  Loop loop;
  loop.start();
  AeStatus status;
  for (int i = 0; i < 30; i++)
    status = loop.frame(grey_scene(0.00005, 0.0006));
  g_assert_cmpint(status.state, ==, kAlgorithmLimited);
  g_assert_cmpfloat(status.wanted.analogue_gain, ==, 16);
  g_assert_cmpfloat(status.wanted.digital_gain, ==, 4);
  // Digital gain of the white balance is part of the exposure.
  Loop other;
  other.digital_gain_min = 1.5;
  other.start();
  for (int i = 0; i < 30; i++)
    status = other.frame(grey_scene(0.05, 0.8));
  g_assert_cmpfloat(status.wanted.digital_gain, >=, 1.5);
  g_assert_true(on_target(status));
}

void test_black_and_lux() {
  Loop loop;
  loop.start();
  AeStatus status;
  for (int i = 0; i < 20; i++)
    status = loop.frame(std::vector<SceneZone>(kZones, SceneZone{0, 0, 0}));
  g_assert_true(std::isfinite(status.wanted.total()));
  g_assert_cmpfloat(status.lux, ==, 0);
  for (int i = 0; i < 20; i++)
    status = loop.frame(std::vector<SceneZone>(kZones, SceneZone{0.04, 0.04, 0.04}));
  // 0.02 at this exposure were 100 lux.
  g_assert_cmpfloat_with_epsilon(status.lux, 200, 1);
}

void test_split() {
  const ExposureSplit split = *ExposureSplit::make(limits());
  for (double total : {1.0, 19.0, 100.0, 8333.0, 33000.0, 100000.0, 528000.0, 1500000.0, 3e6}) {
    for (int32_t period : {0, 8333, 10000}) {
      const Exposure e = split.split(total, period, 1);
      g_assert_cmpint(e.exposure_time, >=, 20);
      g_assert_cmpint(e.exposure_time, <=, 33000);
      g_assert_cmpint(e.exposure_time % 20, ==, 0);
      if (total >= 40 && total <= 1500000)
        g_assert_cmpfloat_with_epsilon(e.total() / total, 1, 1e-9);
      // Gain only where time cannot give more.
      if (period == 0 && e.analogue_gain > 1.5)
        g_assert_cmpint(e.exposure_time, ==, 33000);
      if (e.digital_gain > 1)
        g_assert_cmpfloat(e.analogue_gain, ==, 16);
    }
  }
  ExposureLimits bad = limits();
  bad.gain_max = NAN;
  g_assert_false(ExposureSplit::make(bad).ok());
  bad = limits();
  bad.line_duration = 0;
  g_assert_false(ExposureSplit::make(bad).ok());
  bad = limits();
  bad.exposure_min = bad.exposure_max + 1;
  g_assert_false(ExposureSplit::make(bad).ok());
}

void test_bad_statistics() {
  const GstCameraIspStatistics good = take(grey_scene(0.1, 0.5), 1);
  g_assert_true(check_isp_statistics(good).ok());
  const auto refused = [&good](auto&& change) {
    GstCameraIspStatistics s = good;
    change(s);
    return !check_isp_statistics(s).ok();
  };
  g_assert_true(refused([](auto& s) { s.version = 7; }));
  g_assert_true(refused([](auto& s) { s.size--; }));
  g_assert_true(refused([](auto& s) { s.quads = 5; }));
  g_assert_true(refused([](auto& s) { s.histogram[2][9] = UINT32_MAX; }));
  g_assert_true(refused([](auto& s) { s.zones[3][4].mean[1] = NAN; }));
  g_assert_true(refused([](auto& s) { s.zones[3][4].mean[1] = -0.1F; }));
  g_assert_true(refused([](auto& s) { s.zones[3][4].mean[0] = INFINITY; }));
  g_assert_true(refused([](auto& s) { s.zones[0][0].count = UINT32_MAX; }));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/ae/converges", test_converges);
  g_test_add_func("/ipa/ae/from-saturation", test_from_saturation);
  g_test_add_func("/ipa/ae/light-steps", test_light_steps);
  g_test_add_func("/ipa/ae/no-oscillation", test_no_oscillation);
  g_test_add_func("/ipa/ae/highlights", test_highlights);
  g_test_add_func("/ipa/ae/compensation", test_compensation);
  g_test_add_func("/ipa/ae/flicker", test_flicker);
  g_test_add_func("/ipa/ae/manual-and-locked", test_manual_and_locked);
  g_test_add_func("/ipa/ae/limits", test_limits);
  g_test_add_func("/ipa/ae/black-and-lux", test_black_and_lux);
  g_test_add_func("/ipa/ae/split", test_split);
  g_test_add_func("/ipa/ae/bad-statistics", test_bad_statistics);
  return g_test_run();
}
