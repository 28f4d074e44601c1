/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time of a 1080p raw frame: prints JSON lines. */
#include <gst/gst.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "pipelines/simulated/sensor/sensor-model.h"

namespace {

using gstcam::Size;
using gstcam::simulated::CameraDescription;
using gstcam::simulated::SensorModel;

double now_ms() {
  timespec t = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

int measure(const char* name, const CameraDescription& description) {
  constexpr Size kSize = {1920, 1080};
  const double created = now_ms();
  auto sensor = SensorModel::create(description);
  if (!sensor) {
    std::fprintf(stderr, "%s\n", sensor.error().message.c_str());
    return 1;
  }
  if (const gstcam::Result<void> r = (*sensor)->configure(kSize); !r) {
    std::fprintf(stderr, "%s\n", r.error().message.c_str());
    return 1;
  }
  std::vector<uint16_t> frame(size_t{kSize.width} * kSize.height);
  std::vector<double> times;
  double first = 0;
  for (uint32_t i = 0; i < 60; i++) {
    const double start = now_ms();
    if (!(*sensor)->expose(i, int64_t{i} * 33333333, frame.data(), kSize.width * 2))
      return 1;
    times.push_back(now_ms() - start);
    if (i == 0)
      first = now_ms() - created;
  }
  std::ranges::sort(times);
  std::printf(
      "{\"benchmark\": \"simulated-sensor\", \"case\": \"%s\", \"size\": \"1920x1080\", "
      "\"ms_per_frame_median\": %.3f, \"ms_per_frame_max\": %.3f, \"ms_create_to_first\": %.3f}\n",
      name, times[times.size() / 2], times.back(), first);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  CameraDescription description = gstcam::simulated::default_camera_description();
  int failed = measure("chart", description);
  // A new spectrum every frame: the chart is rendered each time.
  auto ramp = gstcam::simulated::LightScript::create(
      {{.position = 0, .lux = 100, .temperature = 2856},
       {.position = 60, .lux = 1000, .temperature = 6500, .linear = true}},
      true);
  if (!ramp)
    return 1;
  description.light = *ramp;
  failed |= measure("chart-changing-light", description);
  description.sensor.lens_shading = 0.3;
  failed |= measure("chart-changing-light-shaded", description);

  // A new picture every frame; decoding is in other threads and not counted.
  CameraDescription video = gstcam::simulated::default_camera_description();
  video.scene.kind = gstcam::simulated::SceneDescription::Kind::Picture;
  video.scene.file = "testbin://video,pattern=smpte";
  return failed | measure("video", video);
}
