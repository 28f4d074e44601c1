/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RawCameraFixture: a camera of the simple pipeline over a simulated kernel, whose sensor and node
 * the test makes take frames, and a record of those that came back.
 */
#pragma once

#include <linux/videodev2.h>

#include <memory>
#include <vector>

#include "pipelines/simple/simple-pipeline.h"
#include "tests/core/camera-fixture.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

namespace gstcam::test {

inline constexpr Size kSmall = {640, 480};
inline constexpr uint32_t kBlack = 64;  // of 1023

/** Levels of red, green and blue, 0 to 1: what the sensor sees at a place. */
using Scene = std::array<double, 3> (*)(uint32_t x, uint32_t y);

/* A quarter of the picture each: red, green, blue, white. */
inline std::array<double, 3> quarters(uint32_t x, uint32_t y) {
  constexpr double kHigh = 0.7;
  constexpr double kLow = 0.05;
  const bool right = x >= kSmall.width / 2;
  const bool below = y >= kSmall.height / 2;
  if (right && below)
    return {kHigh, kHigh, kHigh};
  return {!right && !below ? kHigh : kLow, right ? kHigh : kLow, below ? kHigh : kLow};
}

/** Writes an RGGB mosaic of kSmall: 10 bit packed, or 8 bit; `light` times the scene. */
inline void expose(Scene scene, double light, bool packed, std::span<uint8_t> memory) {
  std::fill(memory.begin(), memory.end(), uint8_t{0});
  const uint32_t stride = kSmall.width * (packed ? 10 : 8) / 8;
  for (uint32_t y = 0; y < kSmall.height; y++) {
    uint8_t* row = memory.data() + size_t{y} * stride;
    for (uint32_t x = 0; x < kSmall.width; x++) {
      const size_t channel = y % 2 + x % 2;  // R G / G B
      const auto sample = static_cast<uint32_t>(
          kBlack + std::min(1.0, scene(x, y)[channel] * light) * (1023 - kBlack));
      if (packed) {
        row[x / 4 * 5 + x % 4] = sample >> 2U;
        row[x / 4 * 5 + 4] |= (sample & 3U) << (x % 4 * 2);
      } else {
        row[x] = sample >> 2U;
      }
    }
  }
}

struct TakenFrame {
  uint32_t sequence = 0;
  int64_t timestamp = 0;
  ControlList metadata;
  CharPtr checksum;
};

class RawCameraFixture {
 public:
  explicit RawCameraFixture(
      soft::IpaConnector connect,
      const v4l2::test::SimulatedSensorDescription& sensor = v4l2::test::imx219_description(),
      bool count_descriptors = true)
      : raw(v4l2::test::plug_raw_camera(kernel, sensor)),
        leaks(kernel, count_descriptors),
        f(camera_of(std::move(connect))) {
    // Nobody is late in a second.
    f->frame_duration = 1000000000;
  }
  ~RawCameraFixture() { f.reset(); }
  RawCameraFixture(const RawCameraFixture&) = delete;
  RawCameraFixture& operator=(const RawCameraFixture&) = delete;

  std::unique_ptr<CameraFixture> camera_of(soft::IpaConnector connect, size_t which = 0) {
    simple::RawCameras found = v4l2::test::expect(simple::find_raw_cameras(kernel, {}));
    g_assert_cmpuint(found.cameras.size(), >, which);
    return std::make_unique<CameraFixture>(std::make_unique<simple::SimplePipeline>(
        kernel, found.cameras[which], users,
        soft::SoftIsp::Options{.connect = std::move(connect)}));
  }

  Camera& camera() { return *f->camera; }
  void configure(const CameraOptions& options = {}) {
    CHECK_OK(camera().acquire(options));
    f->configure(PixelFormat::Bgr888, kSmall);
  }
  void start(size_t requests = 4) {
    f->make_requests(requests);
    f->requeue = true;
    f->on_completed = [this](Request& r) {
      if (r.status != Request::Status::Complete)
        return;
      TakenFrame frame{r.sequence, r.timestamp, r.metadata,
                       CharPtr(g_compute_checksum_for_data(G_CHECKSUM_SHA256, r.buffer(0)->data(),
                                                           f->configuration.layout.size))};
      const std::lock_guard lock(f->mutex);
      frames.push_back(std::move(frame));
      last = r.buffer(0);
    };
    next = 0;
    CHECK_OK(camera().start({}));
    f->queue_all();
    settle();
  }
  void run(const CameraOptions& options = {}) {
    configure(options);
    start();
  }
  /**
   * The camera's thread has done what it was asked for, and has seen what devices had ready. Twice:
   * the first call comes in the same turn of its loop as devices do, in whatever order.
   */
  void settle() {
    (void)camera().controls();
    (void)camera().controls();
  }

  /**
   * The sensor takes a frame: it is in the node's buffer when the next one starts. False where the
   * node had no buffer for it.
   */
  bool take(v4l2::test::SimulatedFrame frame = {}) {
    if (!frame.fill) {
      // The first frames that a sensor takes are before anything that was written could act.
      double amount = 1;
      if (light > 0) {
        const v4l2::test::SimulatedSensor::Taken now = taken(next + frame.lost);
        amount =
            light * static_cast<double>(now.exposure) * 256 / static_cast<double>(256 - now.gain);
      }
      frame.fill = [this, amount](uint32_t, std::span<uint8_t> memory) {
        expose(scene, amount, raw.video->format().fourcc == V4L2_PIX_FMT_SRGGB10P, memory);
      };
    }
    next += frame.lost + 1;
    kernel.change([this] { raw.sensor->frame_start(next); });
    return raw.video->make_frame(frame);
  }
  /** And it comes back. */
  void take_and_wait(const v4l2::test::SimulatedFrame& frame = {}) {
    size_t before = 0;
    {
      const std::lock_guard lock(f->mutex);
      before = frames.size();
    }
    g_assert_true(take(frame));
    f->wait([&] { return frames.size() > before || !f->failures.empty(); });
    for (const Error& error : f->failures)
      g_error("the camera failed: %s", error.message.c_str());
    settle();
  }
  v4l2::test::SimulatedSensor::Taken taken(uint32_t sequence) {
    v4l2::test::SimulatedSensor::Taken result;
    kernel.change([&] { result = raw.sensor->taken(sequence); });
    return result;
  }
  std::array<uint8_t, 3> pixel(uint32_t x, uint32_t y) const {
    const uint8_t* p = last->data() + size_t{y} * f->configuration.layout.planes[0].stride + x * 3;
    return {p[0], p[1], p[2]};
  }

  v4l2::test::SimulatedKernel kernel;
  v4l2::test::SimulatedRawCamera raw;
  v4l2::test::LeakCheck leaks;
  std::shared_ptr<simple::PathUsers> users = std::make_shared<simple::PathUsers>();
  std::unique_ptr<CameraFixture> f;
  Scene scene = quarters;
  double light = 0;   // a line at gain 1 gives the scene so often; 0: whatever is set, once
  uint32_t next = 0;  // the frame the sensor takes
  std::vector<TakenFrame> frames;
  FrameBuffer* last = nullptr;
};

}  // namespace gstcam::test
