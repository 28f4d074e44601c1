/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VimcFixture: a vimc camera over a simulated kernel, with as many streams as the test wants.
 */
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "pipelines/vimc/vimc-cameras.h"
#include "tests/core/camera-fixture.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-vimc.h"
#include "tests/pipelines/vimc/scripted-vimc-ipa.h"

namespace gstcam::test {

inline StreamConfiguration vimc_stream(uint32_t id, Size size = {64, 48}) {
  StreamConfiguration stream;
  stream.id = id;
  stream.format = id == vimc::kScaled ? PixelFormat::Bgr888 : PixelFormat::Grbg8;
  stream.size = size;
  return stream;
}

/** Requests with a buffer for each of these configured streams. */
inline void make_requests(CameraFixture& f, const std::vector<StreamConfiguration>& streams,
                          size_t count) {
  f.requests.clear();
  f.buffers.clear();
  for (size_t i = 0; i < count; i++) {
    f.requests.push_back(std::make_unique<Request>());
    for (const StreamConfiguration& stream : streams) {
      Result<std::unique_ptr<FrameBuffer>> buffer = f.camera->allocate_buffer(stream.id);
      CHECK_OK(buffer);
      f.buffers.push_back(std::move(buffer).value());
      CHECK_OK(f.requests.back()->add_buffer(f.buffers.back().get()));
    }
  }
}

class VimcFixture {
 public:
  explicit VimcFixture(vimc::IpaConnector connect = {}, int64_t deadline_us = 2000000) {
    if (!connect)
      leaks.emplace(kernel);  // threads and workers leave descriptors of GLib's
    vimc::VimcOptions options;
    options.connect = connect ? std::move(connect) : ScriptedVimcIpa::connector(plan);
    options.deadline_us = deadline_us;
    f = std::make_unique<CameraFixture>(std::make_unique<vimc::VimcPipeline>(
        kernel, v4l2::test::expect(vimc::find_vimc_cameras(kernel)).cameras.at(0),
        std::move(options)));
    *vimc.on_streaming = [this] {
      const std::lock_guard lock(f->mutex);
      streaming++;
      f->changed.notify_all();
    };
  }
  ~VimcFixture() {
    f.reset();
    g_assert_cmpint(plan->alive, ==, 0);
  }

  Camera& camera() { return *f->camera; }
  void configure(std::vector<StreamConfiguration> wanted) {
    CHECK_OK(camera().configure(wanted));
    streams = std::move(wanted);
  }
  void make_requests(size_t count) { test::make_requests(*f, streams, count); }
  /** Until all streams run. */
  void run(std::vector<StreamConfiguration> wanted, const CameraOptions& options = {}) {
    CHECK_OK(camera().acquire(options));
    configure(std::move(wanted));
    make_requests(4);
    start();
  }
  void start() {
    streaming = 0;
    CHECK_OK(camera().start({}));
    f->queue_all();
    f->wait([this] { return streaming >= streams.size(); });
    sync();
  }
  /** What was begun in the camera's thread is done. */
  void sync() { (void)camera().controls(); }
  /** A frame in every stream, and the request that it makes. */
  void make_frames(const v4l2::test::SimulatedFrame& frame = {}) {
    const size_t before = f->done.size();
    for (const StreamConfiguration& stream : streams)
      g_assert_true(vimc.node(stream.id).make_frame(frame));
    f->wait_done(before + 1);
    sync();
  }
  void wait_notice(const char* name, size_t count = 1) {
    f->wait([&] {
      return static_cast<size_t>(std::ranges::count(f->notices, name, &Notice::name)) >= count;
    });
  }
  int64_t value(uint32_t control, size_t unit = 0) {
    int64_t value = 0;
    kernel.change([&] { value = vimc.units[unit].sensor->controls().value(control); });
    return value;
  }

  std::shared_ptr<VimcPlan> plan = std::make_shared<VimcPlan>();
  v4l2::test::SimulatedKernel kernel;
  v4l2::test::SimulatedVimc vimc = v4l2::test::plug_vimc(kernel);
  std::optional<v4l2::test::LeakCheck> leaks;
  std::vector<StreamConfiguration> streams;
  size_t streaming = 0;  // under f's mutex
  std::unique_ptr<CameraFixture> f;
};

}  // namespace gstcam::test
