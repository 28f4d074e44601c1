/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The simulated camera with its own IPA, in a thread and in a worker, by the same bodies. */
#include <gst/gst.h>
#include <signal.h>

#include <thread>

#include "tests/ipa/simulated-controls.h"
#include "tests/pipelines/simulated/pipeline-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::simulated;

namespace {

using Code = Error::Code;

/* A real connection, and between it and the handler nothing. */
Result<std::unique_ptr<IpaProxy>> connect(const CameraOptions& wanted, GMainContext* context,
                                          IpaEvents& events, ipc::HostHandlers handlers) {
  ipc::IpaOptions options;
  options.isolation = wanted.ipa_isolation;
  return create_ipa(options, context, events, std::move(handlers));
}

std::unique_ptr<PipelineHandler> handler(CameraDescription description = fast_description()) {
  return std::make_unique<SimulatedPipeline>(std::move(description),
                                             SimulatedPipeline::Options{.connect = connect});
}

void open(CameraFixture& f, IpaIsolation isolation, PixelFormat format = PixelFormat::Nv12) {
  CameraOptions options;
  options.ipa_isolation = isolation;
  options.ipa_restart_limit = 0;  // recovery-test.cpp has the others
  CHECK_OK(f.camera->acquire(options));
  f.configure(format, kSmall);
}

IpaIsolation isolation_of(gconstpointer data) {
  return *static_cast<const IpaIsolation*>(data);
}

/* Threads that keep the processors busy, so that everything happens at odd times. */
class Noise {
 public:
  Noise() {
    for (int i = 0; i < 3; i++) {
      threads_.emplace_back([this] {
        while (!stop_)
          std::this_thread::yield();
      });
    }
  }
  ~Noise() {
    stop_ = true;
    for (std::thread& thread : threads_)
      thread.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

/* Promise 6: the same input gives the same frames and metadata, wherever the IPA is. */
void test_same_in_both() {
  constexpr size_t kFrames = 120;
  std::vector<std::vector<RecordedFrame>> runs;
  for (bool noisy : {false, true}) {
    std::optional<Noise> noise;
    if (noisy)
      noise.emplace();
    for (IpaIsolation isolation : {IpaIsolation::Thread, IpaIsolation::Worker}) {
      CameraFixture f(handler());
      open(f, isolation);
      runs.push_back(take(f, kFrames, noisy ? 2 : 4));
      g_assert_cmpint(runs.back()[0].metadata.get_or(ControlId::IpaHost, int32_t{-1}), ==,
                      isolation == IpaIsolation::Thread ? kIpaHostThread : kIpaHostWorker);
    }
  }
  for (size_t i = 1; i < runs.size(); i++)
    assert_same(runs[0], runs[i]);
  // It is a run in which something happens.
  g_assert_cmpstr(runs[0][0].checksum.c_str(), !=, runs[0][kFrames - 1].checksum.c_str());
}

void test_metadata(gconstpointer data) {
  CameraFixture f(handler());
  open(f, isolation_of(data));
  const int pid = f.camera->ipa_pid();
  g_assert_true((pid == getpid()) == (isolation_of(data) == IpaIsolation::Thread));
  const RecordedFrame last = take(f, 30).back();
  for (const ControlInfo& info : control_table()) {
    if (!simulated_has(info.id))
      continue;
    const ControlValue* value = last.metadata.find(info.id);
    if (!value)
      g_error("no '%s' in the metadata: %s", info.name, last.metadata.to_string().c_str());
    CHECK_OK(check_control(info.id, *value));
  }
  const double level = last.metadata.get_or(ControlId::AeLevel, 0.0);
  const double target = last.metadata.get_or(ControlId::AeTarget, 0.0);
  g_assert_cmpfloat_with_epsilon(level / target, 1.0, 0.1);
}

/* A control of request n is in frame n where the ISP does it, in n + 4 where the sensor does. */
void test_controls(gconstpointer data) {
  CameraFixture f(handler());
  open(f, isolation_of(data));
  std::vector<RecordedFrame> frames;
  record(f, frames, f.configuration.layout.size);
  f.make_requests(24);
  ControlList& controls = f.requests[10]->controls;
  controls.set(ControlId::AeMode, int32_t{kAeModeManual});
  controls.set(ControlId::ExposureTime, int32_t{3000});
  controls.set(ControlId::AnalogueGain, 4.0);
  controls.set(ControlId::AwbMode, int32_t{kAwbModeGains});
  controls.set(ControlId::ColourGains, DoubleArray{1.5, 2.5});
  controls.set(ControlId::Saturation, 0.0);
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait_done(24);
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(frames.size(), ==, 24);
  for (const RecordedFrame& frame : frames) {
    const ControlList& m = frame.metadata;
    const DoubleArray gains = m.get_or(ControlId::ColourGains, DoubleArray{});
    g_assert_true((gains == DoubleArray{1.5, 2.5}) == (frame.sequence >= 10));
    g_assert_true((m.get_or(ControlId::Saturation, 1.0) == 0.0) == (frame.sequence >= 10));
    const bool manual = std::abs(m.get_or(ControlId::ExposureTime, int32_t{0}) - 3000) < 20 &&
                        std::abs(m.get_or(ControlId::AnalogueGain, 0.0) - 4.0) < 0.05;
    g_assert_true(manual == (frame.sequence >= 14));
  }
}

void test_start_stop(gconstpointer data) {
  CameraFixture f(handler());
  open(f, isolation_of(data));
  for (size_t i = 0; i < 50; i++)
    take(f, 1 + i % 3);
  const int pid = f.camera->ipa_pid();
  for (PixelFormat format : f.camera->capabilities(0).modes.at(0).formats) {
    for (Size size : {Size{64, 64}, Size{320, 240}}) {
      f.configure(format, size);
      take(f, 2);
    }
  }
  g_assert_cmpint(f.camera->ipa_pid(), ==, pid);
}

void test_worker_killed() {
  CameraFixture f(handler());
  for (int round = 0; round < 3; round++) {
    open(f, IpaIsolation::Worker);
    const int pid = f.camera->ipa_pid();
    f.make_requests(4);
    f.done.clear();
    f.failures.clear();
    f.requeue = true;
    CHECK_OK(f.camera->start({}));
    f.queue_all();
    f.wait_done(10);
    const int64_t before = g_get_monotonic_time();
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    f.wait_failed();
    g_assert_cmpint(g_get_monotonic_time() - before, <, 1000000);
    g_assert_true(f.failures[0].code == Code::Lost);
    g_assert_nonnull(strstr(f.failures[0].message.c_str(), std::to_string(pid).c_str()));
    for (const std::unique_ptr<Request>& request : f.requests)
      g_assert_false(request->in_flight());
    g_assert_cmpint(f.camera->ipa_pid(), ==, 0);
    CHECK_OK(f.camera->stop());
    f.camera->release();
  }
  f.failures.clear();
  open(f, IpaIsolation::Worker);
  take(f, 10);
}

/* Killed where nobody streams: told, and the next call says so too. */
void test_worker_killed_idle() {
  CameraFixture f(handler());
  open(f, IpaIsolation::Worker);
  g_assert_cmpint(kill(f.camera->ipa_pid(), SIGKILL), ==, 0);
  f.wait_failed();
  CHECK_ERROR(f.camera->start({}), Code::Lost);
  f.camera->release();
  f.failures.clear();
  open(f, IpaIsolation::Worker);
  take(f, 3);
}

/* A worker that hangs is missed within the deadline. */
void test_worker_hangs() {
  CameraFixture f(std::make_unique<SimulatedPipeline>(
      fast_description(), SimulatedPipeline::Options{.connect = connect, .deadline_us = 1000000}));
  open(f, IpaIsolation::Worker);
  const int pid = f.camera->ipa_pid();
  f.make_requests(4);
  f.requeue = true;
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait_done(5);
  g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
  f.wait_failed();
  g_assert_true(f.failures[0].code == Code::Timeout);
  CHECK_OK(f.camera->stop());
  f.camera->release();
  // It does not live on, hanging.
  g_assert_cmpint(kill(pid, 0), ==, -1);
}

constexpr IpaIsolation kThread = IpaIsolation::Thread;
constexpr IpaIsolation kWorker = IpaIsolation::Worker;

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/simulated-hosts/same-in-both", test_same_in_both);
  g_test_add_data_func("/simulated-hosts/metadata/thread", &kThread, test_metadata);
  g_test_add_data_func("/simulated-hosts/metadata/worker", &kWorker, test_metadata);
  g_test_add_data_func("/simulated-hosts/controls/thread", &kThread, test_controls);
  g_test_add_data_func("/simulated-hosts/controls/worker", &kWorker, test_controls);
  g_test_add_data_func("/simulated-hosts/start-stop/thread", &kThread, test_start_stop);
  g_test_add_data_func("/simulated-hosts/start-stop/worker", &kWorker, test_start_stop);
  g_test_add_func("/simulated-hosts/worker-killed", test_worker_killed);
  g_test_add_func("/simulated-hosts/worker-killed-idle", test_worker_killed_idle);
  g_test_add_func("/simulated-hosts/worker-hangs", test_worker_hangs);
  return g_test_run();
}
