/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Webcams that come and go, with the system's own kernel behind the seam, and libudev: umockdev
 * (LD_PRELOAD) shows this process a /dev and a /sys of its own, delivers uevents that the test
 * sends, and hands ioctls of its nodes to the test, which asks a SimulatedKernel. Under
 * umockdev-wrapper.
 */
#include <glib/gstdio.h>
#include <umockdev.h>

#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/glib-ptr.h"
#include "core/camera-manager.h"
#include "core/v4l2/device-monitor.h"
#include "pipelines/uvcvideo/uvcvideo-factory.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using gstcam::test::Holdings;
using gstcam::v4l2::DeviceEvent;
using gstcam::v4l2::DeviceMonitor;
using gstcam::v4l2::test::expect;
using gstcam::v4l2::test::expect_text;

namespace {

constexpr std::chrono::seconds kPatience{60};

/* What this process sees of a machine. */
class Machine {
 public:
  Machine() {
    const CharPtr root(umockdev_testbed_get_root_dir(testbed_.get()));
    root_ = root.get();
    g_assert_cmpint(g_mkdir((root_ + "/dev").c_str(), 0755), ==, 0);
  }
  ~Machine() {
    while (!plugged_.empty())
      unplug(plugged_.begin()->first);
  }

  /** A webcam in a USB port, as that number's node, without a word. */
  void plug(uint32_t port, uint32_t node) {
    v4l2::test::plug_webcam(kernel_, {.port = port, .node = node});
    const std::string name = std::to_string(port);
    const std::string number = std::to_string(node);
    const std::string device = "/devices/pci0000:00/0000:00:14.0/usb1/1-" + name;
    const std::string interface = device + "/1-" + name + ":1.0";
    const std::string video = interface + "/video4linux/video" + number;
    const std::string text =
        "P: " + device +
        "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nA: idVendor=046d\\n\n"
        "A: manufacturer=Some Vendor\\n\nA: product=Some Camera\\n\nA: serial=" +
        name + "\\n\nA: removable=removable\\n\n\nP: " + interface +
        "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n\nP: " + video +
        "\nE: SUBSYSTEM=video4linux\nE: MAJOR=81\nE: MINOR=" + number + "\nE: DEVNAME=/dev/video" +
        number + "\nL: device=../../../1-" + name + ":1.0\n";
    ErrorOut error;
    if (!umockdev_testbed_add_from_string(testbed_.get(), text.c_str(), &error))
      g_error("%s", error.message());
    plugged_[node] = {"/sys" + device, "/sys" + interface, "/sys" + video};
    if (!attached_.contains(node))
      attach(node);
    /* Last, as it may be opened from now on. umockdev could make it, but only once of a name. */
    if (!g_file_set_contents(place(node).c_str(), "", 0, &error))
      g_error("%s", error.message());
  }
  /** What the kernel says when it happens. */
  void announce(uint32_t node, const char* action) {
    umockdev_testbed_uevent(testbed_.get(), plugged_.at(node).video.c_str(), action);
  }
  /** Whoever hears of it finds a node that is gone. */
  void pull(uint32_t node) {
    kernel_.unplug("video" + std::to_string(node));
    announce(node, "remove");
    unplug(node);
  }

 private:
  static std::string node_path(uint32_t node) { return "/dev/video" + std::to_string(node); }

  /** Where a node really is. */
  std::string place(uint32_t node) { return root_ + node_path(node); }

  /** To the end: umockdev ends a process whose ioctl it has when it lets go of the node. */
  void attach(uint32_t node) {
    const auto handler = ObjectPtr<UMockdevIoctlBase>::adopt(umockdev_ioctl_base_new());
    g_signal_connect(handler.get(), "handle-ioctl", G_CALLBACK(on_ioctl), this);
    ErrorOut error;
    if (!umockdev_testbed_attach_ioctl(testbed_.get(), node_path(node).c_str(), handler.get(),
                                       &error))
      g_error("%s", error.message());
    attached_.insert(node);
  }

  void unplug(uint32_t node) {
    const Paths& paths = plugged_.at(node);
    for (const std::string& path : {paths.video, paths.interface, paths.device})
      umockdev_testbed_remove_device(testbed_.get(), path.c_str());
    g_assert_cmpint(g_unlink(place(node).c_str()), ==, 0);
    kernel_.unplug("video" + std::to_string(node));
    kernel_.unplug("media" + std::to_string(node));
    plugged_.erase(node);
  }

  /* In umockdev's own thread. The caller is this process: pointers inside the argument are good. */
  static gboolean on_ioctl(UMockdevIoctlBase* /*handler*/, UMockdevIoctlClient* client,
                           gpointer self) {
    v4l2::test::SimulatedKernel& kernel = static_cast<Machine*>(self)->kernel_;
    const gulong request = umockdev_ioctl_client_get_request(client);
    ErrorOut error;
    UMockdevIoctlData* data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0,
                                                          _IOC_SIZE(request), &error);
    if (!data)
      g_error("%s", error.message());
    const int fd = kernel.open(umockdev_ioctl_client_get_devnode(client), 0);
    const int result = fd < 0 ? -ENODEV : kernel.ioctl(fd, request, data->data);
    if (fd >= 0)
      kernel.close(fd);
    std::vector<guint8> answer(data->data, data->data + _IOC_SIZE(request));
    umockdev_ioctl_data_update(data, 0, answer.data(), static_cast<gint>(answer.size()));
    umockdev_ioctl_data_unref(data);
    umockdev_ioctl_client_complete(client, result < 0 ? -1 : result, result < 0 ? -result : 0);
    return TRUE;
  }

  v4l2::test::SimulatedKernel kernel_;
  ObjectPtr<UMockdevTestbed> testbed_ = ObjectPtr<UMockdevTestbed>::adopt(umockdev_testbed_new());
  std::string root_;
  struct Paths {
    std::string device;
    std::string interface;
    std::string video;
  };
  std::map<uint32_t, Paths> plugged_;  // in sysfs, by node
  std::set<uint32_t> attached_;
};

/* ---- announcements ---- */

class Ear {
 public:
  explicit Ear(DeviceMonitor::Source source)
      : monitor_(expect(DeviceMonitor::create(context_.get(), source, {"video4linux", "media"},
                                              [this](const std::vector<DeviceEvent>& events) {
                                                all_.insert(all_.end(), events.begin(),
                                                            events.end());
                                              }))) {}
  DeviceEvent next() {
    const gint64 end = g_get_monotonic_time() + kPatience / std::chrono::microseconds(1);
    while (all_.empty()) {
      g_assert_cmpint(g_get_monotonic_time(), <, end);
      g_main_context_iteration(context_.get(), TRUE);
    }
    const DeviceEvent event = all_.front();
    all_.erase(all_.begin());
    return event;
  }

 private:
  MainContextPtr context_{g_main_context_new()};
  std::vector<DeviceEvent> all_;
  std::unique_ptr<DeviceMonitor> monitor_;
};

void test_announced(gconstpointer data) {
  using Action = DeviceEvent::Action;
  Machine machine;
  machine.plug(2, 0);
  Ear ear(*static_cast<const DeviceMonitor::Source*>(data));
  const std::pair<const char*, Action> actions[] = {
      {"add", Action::Added},      {"change", Action::Changed}, {"bind", Action::Changed},
      {"remove", Action::Removed}, {"add", Action::Added},
  };
  for (const auto& [action, expected] : actions) {
    machine.announce(0, action);
    const DeviceEvent event = ear.next();
    expect_text(event.path, "/dev/video0");
    g_assert_true(event.action == expected);
  }
  machine.plug(3, 7);
  machine.announce(7, "add");
  expect_text(ear.next().path, "/dev/video7");
}

/* ---- cameras ---- */

/* A manager as applications have it, watched. */
class Cameras {
 public:
  Cameras() {
    std::vector<std::unique_ptr<PipelineFactory>> factories;
    factories.push_back(std::make_unique<uvcvideo::UvcvideoFactory>(v4l2::system_kernel()));
    manager = std::make_unique<CameraManager>(std::move(factories));
    watch_ = expect(manager->watch([this](const CameraManager::Change& change) {
      const std::lock_guard lock(mutex_);
      for (const std::shared_ptr<Camera>& camera : change.removed)
        told_.push_back("-" + camera->id() + " " + camera->properties().path);
      for (const std::shared_ptr<Camera>& camera : change.added)
        told_.push_back("+" + camera->id() + " " + camera->properties().path);
      changed_.notify_all();
    }));
  }
  /** "+id path" or "-id path": what happened next. */
  std::string next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return !told_.empty(); }))
      g_error("no camera came or went");
    std::string text = told_.front();
    told_.erase(told_.begin());
    return text;
  }

  std::unique_ptr<CameraManager> manager;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  std::unique_ptr<CameraManager::Watch> watch_;
};

const char kUsb[] = "uvcvideo/pci0000:00/0000:00:14.0/usb1/";

std::string camera_text(char sign, uint32_t port, uint32_t node) {
  const std::string name = "1-" + std::to_string(port);
  return sign + (kUsb + name) + "/" + name + ":1.0 /dev/video" + std::to_string(node);
}

void test_listed() {
  Machine machine;
  machine.plug(2, 0);
  machine.plug(5, 2);
  Cameras cameras;
  expect_text(cameras.next(), camera_text('+', 2, 0));
  expect_text(cameras.next(), camera_text('+', 5, 2));
  g_assert_true(cameras.manager->errors().empty());
  const std::shared_ptr<Camera> camera = cameras.manager->cameras().at(1);
  expect_text(camera->model(), "HD Webcam");
  const CameraProperties& properties = camera->properties();
  expect_text(properties.driver, "uvcvideo");
  expect_text(properties.vendor, "Some Vendor");
  expect_text(properties.product, "Some Camera");
  expect_text(properties.serial, "5");
  expect_text(properties.location, "external");
  expect_text(describe(camera->capabilities(0)),
              "YUY2; 1280x720, 640x480, 320x240; 15 to 30 frames a second, or JPEG; 1280x720, "
              "640x480; 30 frames a second");
}

void cycle(Machine& machine, Cameras& cameras, uint32_t node) {
  machine.plug(2, node);
  machine.announce(node, "add");
  expect_text(cameras.next(), camera_text('+', 2, node));
  machine.pull(node);
  expect_text(cameras.next(), camera_text('-', 2, node));
}

/* Under the same id each time, whatever node it is. Who watches opens nodes: counted before and
 * after. */
void test_followed() {
  Machine machine;
  machine.plug(3, 9);
  std::optional<Holdings> before;
  for (const uint32_t cycles : {4, 20}) {
    {
      Cameras cameras;
      expect_text(cameras.next(), camera_text('+', 3, 9));
      for (uint32_t i = 0; i < cycles; i++)
        cycle(machine, cameras, i % 4);
      g_assert_cmpuint(cameras.manager->cameras().size(), ==, 1);
    }
    /* umockdev closes its end of a node that was closed in a thread of its own. */
    const gint64 end = g_get_monotonic_time() + kPatience / std::chrono::microseconds(1);
    while (before && Holdings().fds > before->fds) {
      g_assert_cmpint(g_get_monotonic_time(), <, end);
      g_thread_yield();
    }
    before.emplace();
  }
}

/* Another camera has taken its node before anybody heard that it went. */
void test_exchanged() {
  Machine machine;
  machine.plug(2, 0);
  Cameras cameras;
  expect_text(cameras.next(), camera_text('+', 2, 0));
  const std::shared_ptr<Camera> camera = cameras.manager->cameras().at(0);
  machine.pull(0);
  machine.plug(4, 0);
  const Result<void> acquired = camera->acquire({});
  g_assert_false(acquired.ok());
  g_assert_true(acquired.error().code == Error::Code::NotFound);
  machine.announce(0, "add");
  expect_text(cameras.next(), camera_text('-', 2, 0));
  expect_text(cameras.next(), camera_text('+', 4, 0));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  static const DeviceMonitor::Source udev = DeviceMonitor::Source::Udev;
  static const DeviceMonitor::Source kernel = DeviceMonitor::Source::Kernel;
  g_test_add_data_func("/mocked-devices/announced/udev", &udev, test_announced);
  g_test_add_data_func("/mocked-devices/announced/kernel", &kernel, test_announced);
  g_test_add_func("/mocked-devices/listed", test_listed);
  g_test_add_func("/mocked-devices/followed", test_followed);
  g_test_add_func("/mocked-devices/exchanged", test_exchanged);
  return g_test_run();
}
