/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: device-unplug [WEBCAM]
 * camerasrc whose camera is unplugged, under a kernel of its own (tests/vm): a webcam
 * (tests/vm/webcam) whose cable is pulled, or vivid, whose driver is unbound.
 *
 * In every state, on the way up and on the way down: the application is told at once, no change of
 * state hangs, and the same pipeline streams from the camera of the same id when it is back.
 */
#include <fstream>
#include <map>

#include "core/context-thread.h"
#include "core/v4l2/device-monitor.h"
#include "pipelines/registry.h"
#include "tests/gst/live-pipeline.h"
#include "tests/gst/webcam-process.h"

using namespace gstcam;
using namespace gstcam::test;
using gstcam::v4l2::DeviceEvent;
using gstcam::v4l2::DeviceMonitor;

namespace {

const char* webcam_program = nullptr;
gint64 longest = 0;  // from the kernel's word to ours, µs

/* Hears the kernel itself, in a thread of its own: what it heard is as old as it says. */
class Ears {
 public:
  Ears() {
    Result<std::unique_ptr<ContextThread>> made = ContextThread::create("ears");
    g_assert_true(made.ok());
    thread_ = std::move(made).value();
    thread_->invoke([this] {
      Result<std::unique_ptr<DeviceMonitor>> monitor =
          DeviceMonitor::create(thread_->context(), DeviceMonitor::Source::Kernel, {"video4linux"},
                                [this](const std::vector<DeviceEvent>& events) { heard(events); });
      g_assert_true(monitor.ok());
      monitor_ = std::move(monitor).value();
    });
  }
  ~Ears() {
    thread_->invoke([this] { monitor_.reset(); });
  }
  Ears(const Ears&) = delete;
  Ears& operator=(const Ears&) = delete;

  void forget() {
    const std::lock_guard lock(mutex_);
    first_.clear();
  }
  /** When the first node came or went since forget(). */
  gint64 wait(DeviceEvent::Action action) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(100),
                           [&] { return first_.contains(action); }))
      g_error("the kernel says nothing");
    return first_[action];
  }

 private:
  void heard(const std::vector<DeviceEvent>& events) {
    const std::lock_guard lock(mutex_);
    for (const DeviceEvent& event : events)
      first_.emplace(event.action, g_get_monotonic_time());
    changed_.notify_all();
  }
  std::unique_ptr<ContextThread> thread_;
  std::unique_ptr<DeviceMonitor> monitor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<DeviceEvent::Action, gint64> first_;
};

/* A camera that can be plugged in and pulled out. */
class Plug {
 public:
  explicit Plug(const char* serial) : serial_(serial) { in(); }
  ~Plug() {
    if (webcam_program)
      out();  // vivid stays, as it was
  }
  Plug(const Plug&) = delete;
  Plug& operator=(const Plug&) = delete;

  void in() {
    ears_.forget();
    if (webcam_program)
      webcam_.emplace(webcam_program, serial_);
    else if (out_)
      bind("bind");
    else
      return;  // vivid is there from the beginning
    ears_.wait(DeviceEvent::Action::Added);
  }
  /** When the kernel noticed. */
  gint64 out() {
    ears_.forget();
    out_ = true;
    if (webcam_program)
      webcam_->pull();
    else
      bind("unbind");
    return ears_.wait(DeviceEvent::Action::Removed);
  }

 private:
  static void bind(const char* what) {
    std::ofstream file(std::string("/sys/bus/platform/drivers/vivid/") + what);
    file << "vivid.0" << std::flush;
    g_assert_true(file.good());
  }

  const char* const serial_;
  Ears ears_;
  std::optional<WebcamProcess> webcam_;
  bool out_ = false;
};

/** The id of the camera that was plugged in last, which `other` is not. */
std::string find_id(const std::string& other = {}) {
  const std::shared_ptr<CameraManager> manager = shared_camera_manager();
  manager->enumerate();
  for (const std::shared_ptr<Camera>& camera : manager->cameras()) {
    if (camera->id() != other)
      return camera->id();
  }
  g_error("there is no camera");
}

std::string caps() {
  /* vivid has no 320x240. */
  return webcam_program ? "video/x-raw,format=YUY2,width=320,height=240"
                        : "video/x-raw,format=YUY2,width=640,height=360";
}

void go_to(LivePipeline& p, GstState state) {
  p.count_again();
  g_assert_true(p.set_state(state));
  if (state == GST_STATE_PLAYING)
    g_assert_true(p.wait_frames(2));
}

void assert_told(LivePipeline& p, gint64 removed) {
  const Posted error = p.wait_error(removed + kPromptly);
  longest = std::max(longest, p.error_at() - removed);
  g_test_message("%s", error.text.c_str());
  g_assert_true(error.domain == GST_RESOURCE_ERROR);
  g_assert_true(error.says("unplugged"));
}

void test_states() {
  constexpr GstState kLife[] = {GST_STATE_NULL,    GST_STATE_READY,  GST_STATE_PAUSED,
                                GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_READY,
                                GST_STATE_NULL};
  Plug plug("UNPLUG");
  const std::string id = find_id();
  LivePipeline p("camera-name=" + id, caps());
  for (size_t pulled = 0; pulled < std::size(kLife); pulled++) {
    p.forget();
    for (size_t i = 0; i <= pulled; i++)
      go_to(p, kLife[i]);
    const gint64 removed = plug.out();
    if (kLife[pulled] != GST_STATE_NULL)
      assert_told(p, removed);
    else
      g_assert_false(p.set_state(GST_STATE_READY));
    /* An application may go on: each step fails or not, and none takes long. */
    for (size_t i = pulled + 1; i < std::size(kLife); i++)
      (void)p.set_state(kLife[i]);
    g_assert_true(p.set_state(GST_STATE_NULL));
    plug.in();
    assert_streams(p);
  }
}

/* Frames outlive the camera, in the driver's memory. */
void test_frames_downstream() {
  Plug plug("HELD");
  LivePipeline p("camera-name=" + find_id(), caps());
  p.hold(3);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(4));
  assert_told(p, plug.out());
  g_assert_true(p.set_state(GST_STATE_NULL));
  std::vector<BufferPtr> frames = p.drop();
  g_assert_cmpuint(frames.size(), ==, 3);
  plug.in();
  assert_streams(p);
  for (const BufferPtr& frame : frames) {
    GstMapInfo map;
    g_assert_true(gst_buffer_map(frame.get(), &map, GST_MAP_READ));
    g_assert_cmpuint(map.size, >=, 320 * 240 * 2);
    const guint8 last = map.data[map.size - 1];
    g_test_message("a frame ends with %u", last);
    gst_buffer_unmap(frame.get(), &map);
  }
}

/*
 * Back before its pipeline let go of it: as another node, as the old one is still open. Another
 * element, which is not disturbed, keeps what was known of both.
 */
void test_another_node() {
  if (!webcam_program) {
    g_test_skip("vivid's cameras come and go together");
    return;
  }
  Plug one("ONE");
  const std::string id = find_id();
  Plug two("TWO");
  LivePipeline other("camera-name=" + find_id(id), caps());
  go_to(other, GST_STATE_PLAYING);
  LivePipeline p("camera-name=" + id, caps());
  go_to(p, GST_STATE_PLAYING);
  assert_told(p, one.out());
  one.in();
  g_assert_true(p.set_state(GST_STATE_NULL));
  assert_streams(p);
  other.count_again();
  g_assert_true(other.wait_frames(2));
}

}  // namespace

int main(int argc, char** argv) {
  g_setenv("GST_CAMERA_PIPELINES", "uvcvideo", TRUE);
  init_element_test(&argc, &argv);
  webcam_program = argc > 1 ? argv[1] : nullptr;
  set_pipeline_factories(pipeline_factories);
  g_test_add_func("/device-unplug/states", test_states);
  g_test_add_func("/device-unplug/frames-downstream", test_frames_downstream);
  g_test_add_func("/device-unplug/another-node", test_another_node);
  const int status = g_test_run();
  g_test_message("told %" G_GINT64_FORMAT " us after the kernel at the latest", longest);
  return status;
}
