/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WebcamWorld: a SimulatedKernel with a webcam that makes a frame every few milliseconds, for tests
 * of the whole way from camerasrc to the kernel. Its cameras are those there are. In the end
 * nothing of it may be held.
 */
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pipelines/uvcvideo/uvcvideo-factory.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"
#include "tests/gst/live-pipeline.h"

namespace gstcam::test {

using v4l2::test::SimulatedKernel;
using v4l2::test::SimulatedWebcam;
using v4l2::test::WebcamPlace;

class WebcamWorld {
 public:
  WebcamWorld() {
    set_pipeline_factories([this] {
      std::vector<std::unique_ptr<PipelineFactory>> factories;
      factories.push_back(std::make_unique<uvcvideo::UvcvideoFactory>(kernel));
      return factories;
    });
    plug();
  }
  ~WebcamWorld() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    frames_.join();
    set_pipeline_factories([] { return std::vector<std::unique_ptr<PipelineFactory>>(); });
  }
  WebcamWorld(const WebcamWorld&) = delete;
  WebcamWorld& operator=(const WebcamWorld&) = delete;

  SimulatedKernel kernel;

  /** One more; it has frames from now on. */
  void plug(WebcamPlace place = {}) {
    const SimulatedWebcam webcam = v4l2::test::plug_webcam(kernel, place);
    const std::lock_guard lock(mutex_);
    webcams_.push_back(webcam);
  }
  /** Pulls all cables. */
  void unplug() {
    kernel.unplug_all();
    forget();
  }
  /** A frame is there the moment a buffer is queued, and damaged, until mend(). */
  void damage_at_once() {
    const std::lock_guard lock(mutex_);
    const SimulatedWebcam webcam = webcams_.front();
    const auto damage = [webcam](void*) {
      (void)webcam.video->queue().make_frame({.flags = V4L2_BUF_FLAG_ERROR});
    };
    kernel.tamper(VIDIOC_QBUF, damage);
    kernel.tamper(VIDIOC_STREAMON, damage);
  }
  /** As in the beginning: no faults, one webcam. */
  void mend() {
    kernel.clear_faults();
    unplug();
    plug();
  }

 private:
  void forget() {
    const std::lock_guard lock(mutex_);
    webcams_.clear();
  }
  void make_frames() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kFrameDuration, [this] { return ended_; })) {
      for (const SimulatedWebcam& webcam : webcams_)
        (void)webcam.video->make_frame();
    }
  }

  static constexpr std::chrono::milliseconds kFrameDuration{4};
  v4l2::test::LeakCheck leaks_{kernel};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SimulatedWebcam> webcams_;
  bool ended_ = false;
  std::thread frames_{[this] { make_frames(); }};
};

}  // namespace gstcam::test
