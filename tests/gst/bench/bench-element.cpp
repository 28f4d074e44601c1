/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a frame costs in camerasrc. Prints JSON lines:
 *
 * - gst/element-overhead: CPU time a frame, all threads, with a camera that does nothing:
 * negotiated once, then requests, pool, metadata, timestamps, push. µs.
 * - gst/camera-cpu: CPU time a 1080p frame of the simulated camera, its sensor, ISP and IPA
 * included (and the worker, where there is one), in ms; and the part of one core that 30 fps take.
 */
#include <sys/resource.h>

#include <cstdio>

#include "pipelines/registry.h"
#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

double cpu_seconds() {
  double sum = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    sum += static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }
  return sum;
}

/** CPU seconds of playing a line to its end. A worker counts when it has been reaped, in NULL. */
double play(const std::string& launch) {
  const double before = cpu_seconds();
  {
    TestPipeline p(launch);
    p.play();
    p.wait_for(GST_MESSAGE_EOS);
  }
  return cpu_seconds() - before;
}

std::string line(const char* properties, int frames, const char* caps) {
  return std::string("camerasrc name=src ") + properties +
         " num-buffers=" + std::to_string(frames) + " ! " + caps + " ! fakesink sync=false";
}

void overhead() {
  use_camera();
  constexpr int kFrames = 20000;
  const char* caps = "video/x-raw,format=NV12,width=16,height=16";
  const double base = play(line("", 1, caps));
  const double all = play(line("", kFrames, caps));
  std::printf(
      "{\"benchmark\":\"gst/element-overhead\",\"unit\":\"us\",\"per_frame\":%.2f,\"frames\":%d}\n",
      (all - base) * 1e6 / kFrames, kFrames);
}

void camera(const char* host) {
  constexpr int kFrames = 60;
  const std::string properties = std::string("ipa-isolation=") + host;
  const char* caps = "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1";
  const double base = play(line(properties.c_str(), 1, caps));
  const double all = play(line(properties.c_str(), kFrames + 1, caps));
  const double per_frame = (all - base) / kFrames;
  std::printf(
      "{\"benchmark\":\"gst/camera-cpu\",\"host\":\"%s\",\"unit\":\"ms\",\"per_frame\":%.2f,"
      "\"core_percent_at_30fps\":%.1f,\"frames\":%d}\n",
      host, per_frame * 1e3, per_frame * 30 * 100, kFrames);
}

}  // namespace

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  overhead();
  set_pipeline_factories(pipeline_factories);
  if (pipeline_factories().empty()) {
    std::fprintf(stderr, "no pipeline is built in: no gst/camera-cpu\n");
    return 0;
  }
  camera("thread");
  camera("worker");
  return 0;
}
