/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a frame costs: CPU time of this process per frame of the whole camera (sensor, ISP, handler,
 * and the IPA where it is a thread), of the handler's thread alone, and the time from acquire() to
 * the first frame. JSON lines.
 */
#include <gst/gst.h>
#include <time.h>

#include <cstdio>
#include <optional>

#include "tests/pipelines/simulated/pipeline-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::simulated;

namespace {

constexpr Size kFullHd = {1920, 1080};
constexpr size_t kFrames = 60;

Result<std::unique_ptr<IpaProxy>> connect(const CameraOptions& wanted, GMainContext* context,
                                          IpaEvents& events, ipc::HostHandlers handlers) {
  ipc::IpaOptions options;
  options.isolation = wanted.ipa_isolation;
  return create_ipa(options, context, events, std::move(handlers));
}

double cpu_ms(clockid_t clock) {
  timespec t = {};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

double wall_ms() {
  return cpu_ms(CLOCK_MONOTONIC);
}

void measure(IpaIsolation isolation, Size size) {
  CameraDescription description = default_camera_description();
  description.pace = CameraDescription::Pace::Fast;
  description.deterministic = true;
  description.size = size;
  const double begin = wall_ms();
  CameraFixture f(std::make_unique<SimulatedPipeline>(
      std::move(description), SimulatedPipeline::Options{.connect = connect}));
  CameraOptions options;
  options.ipa_isolation = isolation;
  CHECK_OK(f.camera->acquire(options));
  const double acquired = wall_ms();
  f.configure(PixelFormat::Nv12, size);
  f.make_requests(4);
  const double configured = wall_ms();
  std::optional<double> first;
  double process_start = 0;
  double process_end = 0;
  double thread_start = 0;
  double thread_end = 0;
  double wall_start = 0;
  double wall_end = 0;
  f.on_completed = [&](Request& request) {
    if (!first)
      first = wall_ms();
    // The first frames make what the others use.
    if (request.sequence == 3) {
      process_start = cpu_ms(CLOCK_PROCESS_CPUTIME_ID);
      thread_start = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
      wall_start = wall_ms();
    }
    if (request.sequence == 3 + kFrames) {
      process_end = cpu_ms(CLOCK_PROCESS_CPUTIME_ID);
      thread_end = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
      wall_end = wall_ms();
    }
  };
  f.requeue = true;
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait_done(kFrames + 5);
  CHECK_OK(f.camera->stop());
  const char* host = isolation == IpaIsolation::Thread ? "thread" : "worker";
  std::printf(
      "{\"benchmark\": \"simulated-pipeline\", \"ipa\": \"%s\", \"width\": %u, \"height\": %u, "
      "\"cpu_ms_per_frame\": %.3f, \"handler_cpu_us_per_frame\": %.1f, \"wall_ms_per_frame\": "
      "%.3f, "
      "\"acquire_ms\": %.1f, \"configure_ms\": %.1f, \"start_to_first_frame_ms\": %.1f, "
      "\"acquire_to_first_frame_ms\": %.1f}\n",
      host, size.width, size.height, (process_end - process_start) / kFrames,
      (thread_end - thread_start) * 1000 / kFrames, (wall_end - wall_start) / kFrames,
      acquired - begin, configured - acquired, *first - configured, *first - begin);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  for (Size size : {kSmall, kFullHd}) {
    measure(IpaIsolation::Thread, size);
    measure(IpaIsolation::Worker, size);
  }
  return 0;
}
