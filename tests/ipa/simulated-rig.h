/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rig: a SimulatedIpa with its buffers and a made-up sensor, and what it answered. For tests.
 */
#pragma once

#include <fcntl.h>
#include <glib.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/shared-memory.h"
#include "ipa/simulated/simulated.h"
#include "tests/ipa/synthetic-statistics.h"

namespace gstcam::simulated {

struct Events : IpaEvents {
  struct Seen {
    int kind;  // p, s, m
    uint32_t frame;
    ControlList controls;
  };
  std::vector<Seen> seen;

  void params_computed(uint32_t frame, uint32_t) override { seen.push_back({'p', frame, {}}); }
  void set_sensor_controls(uint32_t frame, const ControlList& controls) override {
    seen.push_back({'s', frame, controls});
  }
  void metadata_ready(uint32_t frame, const ControlList& metadata) override {
    seen.push_back({'m', frame, metadata});
  }
};

inline ipa::SensorInfo sensor_info() {
  ipa::SensorInfo info;
  info.model = "simulated";
  info.width = 640;
  info.height = 480;
  info.bits_per_sample = 10;
  info.black_level = 4096;
  info.line_duration = 20000;
  info.exposure_time_min = 20000;
  info.exposure_time_max = 999 * 1000000ULL;
  info.analogue_gain_min = 1;
  info.analogue_gain_max = 16;
  info.frame_duration_min = 33333333;
  info.frame_duration_max = 1000 * 1000000ULL;
  info.exposure_delay = 2;
  info.gain_delay = 1;
  return info;
}

inline std::vector<ipa::StreamConfiguration> streams() {
  return {{0, 0x3231564e, 640, 480}};
}

inline ipa::Settings settings(const std::string& file = "simulated.yaml") {
  const std::string folder = g_getenv("GST_CAMERA_DATA_PATH");
  ipa::Settings s;
  s.tuning.reset(::open((folder + "/" + file).c_str(), O_RDONLY | O_CLOEXEC));
  s.tuning_name = file;
  return s;
}

inline bool refused(const Result<void>& result, Error::Code code) {
  if (!result)
    g_test_message("%s", result.error().message.c_str());
  return !result && result.error().code == code;
}
template <typename T>
bool refused(const Result<T>& result, Error::Code code) {
  if (!result)
    g_test_message("%s", result.error().message.c_str());
  return !result && result.error().code == code;
}

/* A module with its two buffers, configured. */
struct Rig {
  static constexpr uint32_t kParams = 10;
  static constexpr uint32_t kStats = 20;
  Events events;
  SimulatedIpa ipa{events};
  SharedMemory params = *SharedMemory::create("params", sizeof(GstCameraIspParameters));
  SharedMemory stats = *SharedMemory::create("stats", sizeof(GstCameraIspStatistics));

  explicit Rig(bool map = true) {
    g_assert_true(ipa.init(settings(), sensor_info()).ok());
    g_assert_true(ipa.configure(sensor_info(), streams()).ok());
    if (map)
      g_assert_true(ipa.map_buffers(buffers()).ok());
  }
  static ipa::Buffer buffer(uint32_t id, int fd, uint64_t size, bool writable) {
    ipa::Buffer b;
    b.id = id;
    b.fd = *UniqueFd::duplicate(fd);
    b.size = size;
    b.writable = writable;
    return b;
  }
  std::vector<ipa::Buffer> buffers() {
    std::vector<ipa::Buffer> list;
    list.push_back(buffer(kParams, params.fd(), params.size(), true));
    list.push_back(buffer(kStats, stats.fd(), stats.size(), false));
    return list;
  }
  void put(const GstCameraIspStatistics& s) { std::memcpy(stats.data(), &s, sizeof s); }
  GstCameraIspParameters parameters() const {
    GstCameraIspParameters p;
    std::memcpy(&p, params.data(), sizeof p);
    return p;
  }
  static GstCameraIspStatistics statistics(uint32_t frame) {
    GstCameraIspStatistics s = algorithms::take(algorithms::grey_scene(0.05, 0.6), 0.8);
    s.frame = frame;
    return s;
  }
  static ControlList taken(int32_t exposure = 5000, double gain = 1) {
    ControlList list;
    list.set(ControlId::ExposureTime, exposure);
    list.set(ControlId::AnalogueGain, gain);
    list.set(ControlId::FrameDuration, int64_t{33333333});
    return list;
  }
  /* A whole frame; its metadata. */
  ControlList frame(uint32_t n, const ControlList& controls = {}) {
    events.seen.clear();
    g_assert_true(ipa.queue_request(n, controls).ok());
    g_assert_true(ipa.compute_params(n, kParams).ok());
    put(statistics(n));
    g_assert_true(ipa.process_stats(n, kStats, taken()).ok());
    g_assert_cmpuint(events.seen.size(), ==, 3);
    g_assert_cmpint(events.seen[0].kind, ==, 'p');
    g_assert_cmpint(events.seen[1].kind, ==, 's');
    g_assert_cmpint(events.seen[2].kind, ==, 'm');
    return events.seen[2].controls;
  }
};

}  // namespace gstcam::simulated
