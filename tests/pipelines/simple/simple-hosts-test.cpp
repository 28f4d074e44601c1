/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimplePipeline over a simulated kernel with the IPA of the tree, in a thread and in a worker:
 * auto exposure through the sensor's subdevice, and what happens when the worker dies.
 */
#include <gst/gst.h>
#include <signal.h>

#include <cmath>

#include "pipelines/soft-isp/ipa-connection.h"
#include "tests/pipelines/simple/raw-camera-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

struct Fixture : RawCameraFixture {
  explicit Fixture(
      const v4l2::test::SimulatedSensorDescription& sensor = v4l2::test::imx219_description())
      : RawCameraFixture(soft::connect_installed_ipa, sensor, /*count_descriptors=*/false) {}
  void run_in(IpaIsolation isolation) {
    CameraOptions options;
    options.ipa_isolation = isolation;
    run(options);
  }
};

/* Grey, so that a sensor that nobody calibrated comes out right. */
std::array<double, 3> ramp(uint32_t x, uint32_t /*y*/) {
  const double level = 0.1 + 0.8 * x / kSmall.width;
  return {level, level, level};
}

std::vector<TakenFrame> expose_frames(IpaIsolation isolation, double light) {
  Fixture f;
  f.scene = ramp;
  f.light = light;
  f.run_in(isolation);
  for (int i = 0; i < 40; i++)
    f.take_and_wait();
  CHECK_OK(f.camera().stop());
  // What every frame says it was taken with is what the sensor had.
  for (const TakenFrame& frame : f.frames) {
    if (frame.sequence < 4)
      continue;
    const v4l2::test::SimulatedSensor::Taken taken = f.taken(frame.sequence);
    g_assert_cmpint(frame.metadata.get_or<int32_t>(ControlId::ExposureTime, 0), ==,
                    std::llround(static_cast<double>(taken.exposure) * 3448 / 182.4));
    g_assert_cmpfloat(std::abs(frame.metadata.get_or(ControlId::AnalogueGain, 0.0) -
                               256.0 / static_cast<double>(256 - taken.gain)),
                      <, 1e-9);
  }
  return std::move(f.frames);
}

/* From bright to dark: exposure alone, and all the gain there is besides. */
void test_auto_exposure(gconstpointer data) {
  const auto isolation = static_cast<IpaIsolation>(GPOINTER_TO_INT(data));
  for (const double light : {0.01, 0.0005, 0.000004}) {
    const std::vector<TakenFrame> frames = expose_frames(isolation, light);
    const ControlList& last = frames.back().metadata;
    const double level = last.get_or(ControlId::AeLevel, 0.0);
    const double target = last.get_or(ControlId::AeTarget, 0.0);
    const std::string text = last.to_string();
    g_test_message("light %g: %s", light, text.c_str());
    g_assert_cmpfloat(std::abs(level / target - 1), <, 0.1);
    g_assert_cmpint(last.get_or<int32_t>(ControlId::AeState, -1), ==, kAlgorithmConverged);
    const bool gained = last.get_or(ControlId::AnalogueGain, 0.0) > 1.5;
    g_assert_true(gained == (light < 0.0001));
  }
}

/* The same frames, bit for bit: what an IPA says does not depend on where it is. */
void test_same_in_both() {
  const std::vector<TakenFrame> thread = expose_frames(IpaIsolation::Thread, 0.001);
  const std::vector<TakenFrame> worker = expose_frames(IpaIsolation::Worker, 0.001);
  g_assert_cmpuint(thread.size(), ==, worker.size());
  for (size_t i = 0; i < thread.size(); i++) {
    g_assert_cmpuint(thread[i].sequence, ==, worker[i].sequence);
    g_assert_cmpstr(thread[i].checksum.get(), ==, worker[i].checksum.get());
  }
}

/* Killed again and again: each frame comes, most with an IPA. */
void test_killed() {
  Fixture f;
  f.scene = ramp;
  f.light = 0.001;
  f.f->frame_duration = 100000000;
  f.run_in(IpaIsolation::Worker);
  uint32_t killed = 0;
  for (uint32_t n = 0; n < 60; n++) {
    if (n % 15 == 10) {
      const int pid = f.camera().ipa_status().pid;
      g_assert_cmpint(pid, >, 0);
      g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
      killed++;
    }
    f.take_and_wait();
  }
  f.f->wait([&] {
    return std::ranges::count(f.f->notices, std::string("camera-ipa-lost"), &Notice::name) ==
           killed;
  });
  CHECK_OK(f.camera().stop());
  g_assert_cmpuint(f.frames.size(), ==, 60);
  for (uint32_t n = 0; n < 60; n++)
    g_assert_cmpuint(f.frames[n].sequence, ==, n);
  g_assert_true(f.f->failures.empty());
}

/* A sensor that has nothing to set: the metadata says so, the rest goes on. */
void test_nothing_to_set(gconstpointer data) {
  v4l2::test::SimulatedSensorDescription sensor = v4l2::test::imx219_description();
  sensor.timed = false;
  Fixture f(sensor);
  f.scene = ramp;
  f.raw.video->has_interval = false;
  f.configure({.ipa_isolation = static_cast<IpaIsolation>(GPOINTER_TO_INT(data))});
  const ControlRanges ranges = v4l2::test::expect(f.camera().controls());
  g_assert_false(ranges.has(ControlId::ExposureTime));
  g_assert_false(ranges.has(ControlId::AnalogueGain));
  g_assert_true(ranges.has(ControlId::AwbMode));
  f.start();
  constexpr int64_t kDuration = 40000000;
  for (int64_t n = 0; n < 40; n++)
    f.take_and_wait({.timestamp = int64_t{9000000000} + n * kDuration});
  CHECK_OK(f.camera().stop());
  const ControlList& last = f.frames.back().metadata;
  g_assert_cmpint(last.get_or<int32_t>(ControlId::AeState, -1), ==, kAlgorithmLimited);
  g_assert_cmpint(last.get_or<int32_t>(ControlId::AwbState, -1), ==, kAlgorithmConverged);
  for (const ControlId id : {ControlId::ExposureTime, ControlId::AnalogueGain, ControlId::Lux})
    g_assert_false(last.has(id));
  // Nobody tells how long frames are: it is measured.
  const auto duration = last.get_or<int64_t>(ControlId::FrameDuration, 0);
  g_assert_cmpint(std::abs(duration - kDuration), <, kDuration / 100);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);  // hosts use GstTask
  g_test_init(&argc, &argv, nullptr);
  for (const auto& [name, isolation] :
       {std::pair("thread", IpaIsolation::Thread), std::pair("worker", IpaIsolation::Worker)}) {
    const gpointer data = GINT_TO_POINTER(static_cast<int>(isolation));
    const auto path = [name = std::string(name)](const char* test) {
      return std::string("/simple-hosts/") + test + "/" + name;
    };
    g_test_add_data_func(path("auto-exposure").c_str(), data, test_auto_exposure);
    g_test_add_data_func(path("nothing-to-set").c_str(), data, test_nothing_to_set);
  }
  g_test_add_func("/simple-hosts/same-in-both", test_same_in_both);
  g_test_add_func("/simple-hosts/killed", test_killed);
  return g_test_run();
}
