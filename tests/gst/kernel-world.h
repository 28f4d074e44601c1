/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * KernelWorld: a SimulatedKernel with cameras that make a frame every few milliseconds, for tests
 * of the whole way from camerasrc to the kernel. The platforms are those that drive what a kernel
 * has, in the order of pipelines/meson.build. In the end nothing of it may be held.
 *
 *     WebcamWorld      a webcam, or several
 *     RawCameraWorld   a raw sensor behind a receiver
 */
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "pipelines/simple/simple-factory.h"
#include "pipelines/uvcvideo/uvcvideo-factory.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"
#include "tests/gst/live-pipeline.h"

namespace gstcam::test {

using v4l2::test::SimulatedKernel;
using v4l2::test::SimulatedRawCamera;
using v4l2::test::SimulatedWebcam;
using v4l2::test::WebcamPlace;

class KernelWorld {
 public:
  /** Makes a frame of the camera that it plugged in. */
  using MakeFrame = std::function<void()>;
  using Plug = std::function<MakeFrame(SimulatedKernel&)>;

  /** Descriptors are not counted where some are made that stay for the process. */
  KernelWorld(Plug plug, bool count_descriptors)
      : plug_(std::move(plug)), leaks_(kernel, count_descriptors) {
    use_platforms();
    add(plug_);
  }
  ~KernelWorld() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    frames_.join();
    set_pipeline_factories([] { return std::vector<std::unique_ptr<PipelineFactory>>(); });
  }
  KernelWorld(const KernelWorld&) = delete;
  KernelWorld& operator=(const KernelWorld&) = delete;

  SimulatedKernel kernel;

  /** These come after those of the kernel. */
  void use_platforms(const std::function<std::unique_ptr<PipelineFactory>()>& more = {}) {
    set_pipeline_factories([this, more] {
      std::vector<std::unique_ptr<PipelineFactory>> factories;
      factories.push_back(std::make_unique<uvcvideo::UvcvideoFactory>(kernel));
      factories.push_back(std::make_unique<simple::SimpleFactory>(kernel));
      if (more)
        factories.push_back(more());
      return factories;
    });
  }
  /** One more; it has frames from now on. */
  void add(const Plug& plug) {
    MakeFrame make_frame = plug(kernel);
    const std::lock_guard lock(mutex_);
    make_frame_.push_back(std::move(make_frame));
  }
  /** Pulls all cables. */
  void unplug() {
    kernel.unplug_all();
    const std::lock_guard lock(mutex_);
    make_frame_.clear();
  }
  /** As in the beginning: no faults, one camera. */
  void mend() {
    kernel.clear_faults();
    unplug();
    add(plug_);
  }

 private:
  void make_frames() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kFrameDuration, [this] { return ended_; })) {
      for (const MakeFrame& make_frame : make_frame_)
        make_frame();
    }
  }

  static constexpr std::chrono::milliseconds kFrameDuration{4};
  const Plug plug_;
  const v4l2::test::LeakCheck leaks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<MakeFrame> make_frame_;
  bool ended_ = false;
  std::thread frames_{[this] { make_frames(); }};
};

class WebcamWorld : public KernelWorld {
 public:
  explicit WebcamWorld(bool count_descriptors = true)
      : KernelWorld(webcam({}), count_descriptors) {}

  void plug(WebcamPlace place) { add(webcam(place)); }
  /** A frame is there the moment a buffer is queued, and damaged, until mend(). */
  void damage_at_once() {
    kernel.unplug_all();
    add([](SimulatedKernel& in) {
      const SimulatedWebcam webcam = v4l2::test::plug_webcam(in);
      const auto damage = [webcam](void*) {
        (void)webcam.video->queue().make_frame({.flags = V4L2_BUF_FLAG_ERROR});
      };
      in.tamper(VIDIOC_QBUF, damage);
      in.tamper(VIDIOC_STREAMON, damage);
      return [] {};
    });
  }

 private:
  static Plug webcam(WebcamPlace place) {
    return [place](SimulatedKernel& kernel) {
      return
          [webcam = v4l2::test::plug_webcam(kernel, place)] { (void)webcam.video->make_frame(); };
    };
  }
};

class RawCameraWorld : public KernelWorld {
 public:
  explicit RawCameraWorld(bool count_descriptors = true)
      : KernelWorld(raw_camera, count_descriptors) {}

 private:
  static MakeFrame raw_camera(SimulatedKernel& in) {
    return [&in, raw = v4l2::test::plug_raw_camera(in), next = uint32_t{0}]() mutable {
      next++;
      in.change([&] { raw.sensor->frame_start(next); });
      (void)raw.video->make_frame();
    };
  }
};

}  // namespace gstcam::test
