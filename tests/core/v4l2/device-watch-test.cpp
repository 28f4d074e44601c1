/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DeviceWatch: frames, events and the end of a device arrive in a camera's thread. */
#include "core/v4l2/device-watch.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/context-thread.h"
#include "core/v4l2/buffer-queue.h"
#include "core/v4l2/device-controls.h"
#include "core/v4l2/video-device.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

/* A camera in its own thread, as a handler has it. */
class Camera {
 public:
  Camera()
      : thread_(expect(ContextThread::create("camera"))),
        video_(expect(VideoDevice::open(kernel, "/dev/video0"))) {
    thread_->invoke([this] {
      queue_.emplace(expect(BufferQueue::allocate(video_.device(), video_.buffer_type(),
                                                  expect(video_.format()), {})));
      watch_ = std::make_unique<DeviceWatch>(thread_->context(), video_.device(),
                                             DeviceWatch::Direction::Capture,
                                             [this](DeviceWatch::Ready ready) { on_ready(ready); });
    });
  }
  ~Camera() {
    thread_->invoke([this] {
      watch_.reset();
      queue_.reset();
    });
  }
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  void start() {
    thread_->invoke([this] {
      for (uint32_t i = 0; i < queue_->count(); i++)
        expect(queue_->queue(i));
      expect(queue_->start());
      watch_->set_interest(true, true);
    });
  }
  void stop() {
    thread_->invoke([this] {
      watch_->set_interest(false, false);
      expect(queue_->stop());
    });
  }
  void interest(bool frames, bool events) {
    thread_->invoke([=, this] { watch_->set_interest(frames, events); });
  }
  /** Waits until that many frames, events and errors came. */
  void wait_for(int frames, int events, int errors) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return frames_ >= frames && events_ >= events && errors_ >= errors; });
    g_assert_cmpint(frames_, ==, frames);
    g_assert_cmpint(events_, ==, events);
    g_assert_cmpint(errors_, ==, errors);
  }
  /** What wakes the thread was handled: nothing spins. */
  int wakes() {
    return thread_->invoke([this] {
      while (g_main_context_iteration(thread_->context(), FALSE)) {
      }
      return wakes_;
    });
  }
  /** Whether the last wake said so. */
  bool gone() {
    std::lock_guard lock(mutex_);
    return gone_;
  }
  EventQueue events() { return EventQueue(video_.device()); }

  SimulatedKernel kernel;
  SimulatedWebcam webcam = plug_webcam(kernel);

 private:
  void on_ready(DeviceWatch::Ready ready) {
    std::lock_guard lock(mutex_);
    wakes_++;
    g_assert_true(thread_->is_current());
    if (ready.frames) {
      Result<std::optional<BufferQueue::Frame>> frame = queue_->dequeue();
      while (frame && *frame) {
        frames_++;
        expect(queue_->queue((*frame)->index));
        frame = queue_->dequeue();
      }
    }
    if (ready.events) {
      EventQueue events(video_.device());
      while (Result<std::optional<Event>> event = events.dequeue()) {
        if (!*event)
          break;
        events_++;
      }
    }
    if (ready.error)
      errors_++;
    gone_ = ready.gone;
    changed_.notify_all();
  }

  std::unique_ptr<ContextThread> thread_;
  VideoDevice video_;
  std::optional<BufferQueue> queue_;
  std::unique_ptr<DeviceWatch> watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int frames_ = 0;
  int events_ = 0;
  int errors_ = 0;
  int wakes_ = 0;
  bool gone_ = false;
};

void test_frames() {
  Camera camera;
  camera.start();
  for (int i = 1; i <= 20; i++) {
    g_assert_true(camera.webcam.video->make_frame());
    camera.wait_for(i, 0, 0);
  }
  camera.stop();
  // Several at a time, and a second run.
  camera.start();
  camera.kernel.change([&] {
    for (int i = 0; i < 4; i++)
      g_assert_true(camera.webcam.video->queue().make_frame({}));
  });
  camera.wait_for(24, 0, 0);
  const int wakes = camera.wakes();
  g_assert_cmpint(camera.wakes(), ==, wakes);
}

void test_events() {
  Camera camera;
  expect(camera.events().subscribe(V4L2_EVENT_CTRL, V4L2_CID_BRIGHTNESS));
  // Without a stream, too: that polls for no frames, which would be an error.
  camera.interest(false, true);
  camera.kernel.change([&] { camera.webcam.video->controls().set_value(V4L2_CID_BRIGHTNESS, 4); });
  camera.wait_for(0, 1, 0);
  camera.start();
  camera.kernel.change([&] {
    camera.webcam.video->controls().set_value(V4L2_CID_BRIGHTNESS, 5);
    g_assert_true(camera.webcam.video->queue().make_frame({}));
  });
  camera.wait_for(1, 2, 0);
  // Frames nobody is interested in do not wake.
  camera.interest(false, true);
  g_assert_true(camera.webcam.video->make_frame());
  const int wakes = camera.wakes();
  camera.kernel.change([&] { camera.webcam.video->controls().set_value(V4L2_CID_BRIGHTNESS, 6); });
  camera.wait_for(1, 3, 0);
  g_assert_cmpint(camera.wakes(), ==, wakes + 1);
}

/* An error comes once, not as fast as the processor can. */
void test_errors() {
  {
    Camera camera;
    camera.start();
    camera.kernel.unplug("video0");
    camera.wait_for(0, 0, 1);
    g_assert_cmpint(camera.wakes(), ==, 1);
  }
  {
    Camera camera;
    camera.start();
    camera.webcam.video->break_down();
    camera.wait_for(0, 0, 1);
    g_assert_cmpint(camera.wakes(), ==, 1);
    camera.stop();
    camera.start();
    g_assert_true(camera.webcam.video->make_frame());
    camera.wait_for(1, 0, 1);
  }
  {
    // Asked for frames where nothing streams: a mistake that shows.
    Camera camera;
    camera.interest(true, false);
    camera.wait_for(0, 0, 1);
    g_assert_cmpint(camera.wakes(), ==, 1);
  }
  {
    Camera camera;
    camera.start();
    camera.kernel.fail(SimulatedKernel::kPoll, 0, ENOMEM);
    g_assert_true(camera.webcam.video->make_frame());
    camera.wait_for(0, 0, 1);
  }
}

/* That it goes is told once, whatever is asked for. */
void test_unplugged() {
  for (const bool frames : {false, true}) {
    Camera camera;
    if (frames)
      camera.start();
    camera.kernel.unplug("video0");
    camera.wait_for(0, 0, 1);
    g_assert_true(camera.gone());
    camera.interest(false, false);
    camera.interest(true, true);
    g_assert_cmpint(camera.wakes(), ==, 1);
  }
  Camera camera;
  camera.start();
  camera.stop();
  camera.kernel.unplug("video0");
  camera.wait_for(0, 0, 1);
  g_assert_true(camera.gone());
}

/* A driver whose poll() complains of every node that does not stream: neither news nor a loop. */
void test_odd_poll() {
  Camera camera;
  camera.kernel.change([&] { camera.webcam.video->idle_poll = POLLERR; });
  g_assert_cmpint(camera.wakes(), ==, 0);
  const size_t polls = camera.kernel.count_of(SimulatedKernel::kPoll);
  g_assert_cmpint(camera.wakes(), ==, 0);
  g_assert_cmpuint(camera.kernel.count_of(SimulatedKernel::kPoll), ==, polls);
  camera.start();
  g_assert_true(camera.webcam.video->make_frame());
  camera.wait_for(1, 0, 0);
  camera.kernel.unplug("video0");
  camera.wait_for(1, 0, 1);
  g_assert_true(camera.gone());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/watch/frames", test_frames);
  g_test_add_func("/v4l2/watch/events", test_events);
  g_test_add_func("/v4l2/watch/errors", test_errors);
  g_test_add_func("/v4l2/watch/unplugged", test_unplugged);
  g_test_add_func("/v4l2/watch/odd-poll", test_odd_poll);
  return g_test_run();
}
