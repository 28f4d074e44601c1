/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sensor, ISP and IPA together: does a chart look right, soon, and for good? */
#include <glib.h>

#include <cmath>

#include "pipelines/simulated/scene/chart-scene.h"
#include "tests/ipa/camera-loop.h"

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

constexpr Size kSize{640, 480};
constexpr int kSettle = 15;

LightPoint light(int64_t frame, double lux, double temperature) {
  LightPoint point;
  point.position = frame;
  point.lux = lux;
  point.temperature = temperature;
  return point;
}

CameraDescription chart_camera(const std::vector<LightPoint>& points) {
  CameraDescription camera = default_camera_description();
  camera.deterministic = true;
  Result<LightScript> script = LightScript::create(points, true);
  g_assert_true(script.ok());
  camera.light = *std::move(script);
  return camera;
}

ChartError measure(const CameraLoop& loop) {
  std::array<LinearRgb, kChartPatches> measured;
  const std::array<Rect, kChartPatches> patches = chart_patches(loop.size());
  for (size_t i = 0; i < patches.size(); i++) {
    const Rect& p = patches[i];
    measured[i] = loop.mean(p.x + p.width / 4, p.y + p.height / 4, p.width / 2, p.height / 2);
  }
  return chart_error(measured);
}

double exposure_error(const ControlList& metadata) {
  const double level = metadata.get_or(ControlId::AeLevel, 0.0);
  const double target = metadata.get_or(ControlId::AeTarget, 0.0);
  g_assert_cmpfloat(target, >, 0);
  return level / target - 1;
}

/*
 * Runs `frames`; from the kSettle-th on the level must be within 10 % of its target, and it may
 * cross it by more than noise only on the way there.
 */
void expect_settles(CameraLoop& loop, int frames) {
  for (int i = 0; i < frames; i++) {
    const ControlList& metadata = loop.frame();
    const double error = exposure_error(metadata);
    if (i >= kSettle) {
      if (std::abs(error) >= 0.1)
        g_test_message("frame %d: %s", i, metadata.to_string().c_str());
      g_assert_cmpfloat(std::abs(error), <, 0.1);
      const int32_t state = metadata.get_or(ControlId::AeState, int32_t{-1});
      g_assert_true(state == kAlgorithmConverged || state == kAlgorithmLimited);
    }
  }
}

void expect_colours(const CameraLoop& loop, double limit) {
  const ChartError error = measure(loop);
  g_test_message("dE2000 mean %.2f max %.2f, grey cast %.3f, exposure %.3f", error.mean, error.max,
                 error.grey_cast, error.exposure);
  g_assert_cmpfloat(error.mean, <=, limit);
}

void test_nine_lights() {
  for (const double temperature : {2856.0, 4000.0, 6500.0}) {
    for (const double lux : {10.0, 100.0, 1000.0}) {
      g_test_message("%g K, %g lux", temperature, lux);
      CameraLoop loop(chart_camera({light(0, lux, temperature)}), kSize, "simulated.yaml");
      loop.start();
      expect_settles(loop, 40);
      expect_colours(loop, 4);
      // No oscillation: from here on exposure and white balance stand still.
      const ControlList first = loop.frame();
      for (int i = 0; i < 20; i++) {
        const ControlList& metadata = loop.frame();
        const double total = metadata.get_or(ControlId::ExposureTime, int32_t{0}) *
                             metadata.get_or(ControlId::AnalogueGain, 0.0);
        const double before = first.get_or(ControlId::ExposureTime, int32_t{0}) *
                              first.get_or(ControlId::AnalogueGain, 0.0);
        g_assert_cmpfloat(std::abs(total / before - 1), <, 0.03);
        const DoubleArray gains = metadata.get_or(ControlId::ColourGains, DoubleArray{});
        const DoubleArray gains_before = first.get_or(ControlId::ColourGains, DoubleArray{});
        for (size_t c = 0; c < 2; c++)
          g_assert_cmpfloat(std::abs(gains.values[c] / gains_before.values[c] - 1), <, 0.02);
        g_assert_cmpint(metadata.get_or(ControlId::AwbState, int32_t{-1}), ==, kAlgorithmConverged);
      }
      const double seen = first.get_or(ControlId::Lux, 0.0);
      g_assert_cmpfloat(std::abs(std::log2(seen / lux)), <, 0.5);
      const int32_t kelvin = first.get_or(ControlId::ColourTemperature, int32_t{0});
      g_assert_cmpfloat(std::abs(kelvin / temperature - 1), <, 0.05);
    }
  }
}

void test_light_steps() {
  CameraLoop loop(chart_camera({light(0, 100, 4000), light(40, 1000, 4000), light(80, 100, 4000)}),
                  kSize, "simulated.yaml");
  loop.start();
  for (int i = 0; i < 3; i++)
    expect_settles(loop, 40);
  expect_colours(loop, 4);
}

void test_temperature_step() {
  CameraLoop loop(chart_camera({light(0, 300, 6500), light(40, 300, 2856), light(80, 300, 4700)}),
                  kSize, "simulated.yaml");
  loop.start();
  for (const double temperature : {6500.0, 2856.0, 4700.0}) {
    expect_settles(loop, 40);
    expect_colours(loop, 4);
    g_assert_cmpfloat(
        std::abs(loop.metadata().get_or(ControlId::ColourTemperature, int32_t{0}) / temperature -
                 1),
        <, 0.06);
  }
}

/* Fluorescent and LED light is on no locus and its spectrum is no black body's. */
void test_named_lights() {
  for (const char* name :
       {"A", "D50", "D75", "FL2", "FL11", "FL12", "LED-B1", "LED-B3", "LED-B5"}) {
    LightPoint point = light(0, 200, 0);
    point.illuminant = name;
    CameraLoop loop(chart_camera({point}), kSize, "simulated.yaml");
    loop.start();
    g_test_message("%s", name);
    expect_settles(loop, 30);
    g_test_message("%s", loop.metadata().to_string().c_str());
    expect_colours(loop, 4.5);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/closed-loop/nine-lights", test_nine_lights);
  g_test_add_func("/ipa/closed-loop/light-steps", test_light_steps);
  g_test_add_func("/ipa/closed-loop/temperature-step", test_temperature_step);
  g_test_add_func("/ipa/closed-loop/named-lights", test_named_lights);
  return g_test_run();
}
