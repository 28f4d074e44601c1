/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What tests of the simulated camera's handler share: descriptions, a tuning folder, and a run
 * whose every frame is recorded.
 */
#pragma once

#include <string>
#include <vector>

#include "pipelines/simulated/simulated-pipeline.h"
#include "tests/core/camera-fixture.h"

namespace gstcam::test {

inline constexpr Size kSmall = {128, 96};

inline simulated::CameraDescription fast_description() {
  simulated::CameraDescription d = simulated::default_camera_description();
  d.pace = simulated::CameraDescription::Pace::Fast;
  d.deterministic = true;
  d.size = kSmall;
  return d;
}

struct RecordedFrame {
  uint32_t sequence;
  std::string checksum;
  ControlList metadata;
};

/** Records every complete frame of the fixture's camera. */
inline void record(CameraFixture& f, std::vector<RecordedFrame>& frames, size_t frame_bytes) {
  f.on_completed = [&f, &frames, frame_bytes](Request& request) {
    if (request.status != Request::Status::Complete)
      return;
    CharPtr sum(
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, request.buffer(0)->data(), frame_bytes));
    std::lock_guard lock(f.mutex);
    frames.push_back({request.sequence, sum.get(), request.metadata});
  };
}

/** `count` frames from start to stop. */
inline std::vector<RecordedFrame> take(CameraFixture& f, size_t count, size_t buffers = 4) {
  std::vector<RecordedFrame> frames;
  f.make_requests(buffers);
  f.done.clear();
  record(f, frames, f.configuration.layout.size);
  f.requeue = true;
  CHECK_OK(f.camera->start({}));
  f.queue_all();
  f.wait([&] { return frames.size() >= count || !f.failures.empty(); });
  for (const Error& error : f.failures)
    g_error("the camera failed: %s", error.message.c_str());
  CHECK_OK(f.camera->stop());
  f.on_completed = nullptr;
  frames.resize(count);
  return frames;
}

inline void assert_same(const std::vector<RecordedFrame>& a, const std::vector<RecordedFrame>& b) {
  g_assert_cmpuint(a.size(), ==, b.size());
  for (size_t i = 0; i < a.size(); i++) {
    g_assert_cmpuint(a[i].sequence, ==, b[i].sequence);
    g_assert_cmpstr(a[i].checksum.c_str(), ==, b[i].checksum.c_str());
    ControlList left = a[i].metadata;
    ControlList right = b[i].metadata;
    left.erase(ControlId::IpaHost);  // what may differ, and has to
    right.erase(ControlId::IpaHost);
    const std::string left_text = left.to_string();
    const std::string right_text = right.to_string();
    g_assert_cmpstr(left_text.c_str(), ==, right_text.c_str());
  }
}

}  // namespace gstcam::test
