/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/device-monitor.h"

#include <glib-unix.h>
#include <libudev.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace gstcam::v4l2 {

namespace {

/* More in one burst is a flood; one "anything may have happened" says as much. */
constexpr size_t kMaxEvents = 256;
/* Announcements taken before others in the context have their turn. */
constexpr int kMaxAtOnce = 64;

struct UnrefDevice {
  void operator()(udev_device* p) const { udev_device_unref(p); }
};

DeviceEvent::Action action_of(const char* action) {
  const std::string_view word = action ? action : "";
  if (word == "add")
    return DeviceEvent::Action::Added;
  return word == "remove" ? DeviceEvent::Action::Removed : DeviceEvent::Action::Changed;
}

}  // namespace

void DeviceMonitor::Unref::operator()(udev* p) const {
  udev_unref(p);
}

void DeviceMonitor::Unref::operator()(udev_monitor* p) const {
  udev_monitor_unref(p);
}

DeviceMonitor::Source DeviceMonitor::source_there_is() {
  return ::access("/run/udev/control", F_OK) == 0 ? Source::Udev : Source::Kernel;
}

DeviceMonitor::DeviceMonitor(Function function) : function_(std::move(function)) {}

Result<std::unique_ptr<DeviceMonitor>> DeviceMonitor::create(
    GMainContext* context, Source source, const std::vector<std::string>& subsystems,
    Function function) {
  const auto failed = [](int result) {
    return Error::from_errno(-result, "cannot listen for devices that come and go",
                             "cameras that are plugged in later are not seen");
  };
  std::unique_ptr<DeviceMonitor> self(new DeviceMonitor(std::move(function)));  // NOLINT: private
  self->context_ = context;
  errno = 0;
  self->udev_.reset(udev_new());
  if (!self->udev_)
    return failed(errno ? -errno : -ENOMEM);
  self->monitor_.reset(
      udev_monitor_new_from_netlink(self->udev_.get(), source == Source::Udev ? "udev" : "kernel"));
  if (!self->monitor_)
    return failed(errno ? -errno : -ENOMEM);
  for (const std::string& subsystem : subsystems) {
    if (const int r = udev_monitor_filter_add_match_subsystem_devtype(self->monitor_.get(),
                                                                      subsystem.c_str(), nullptr);
        r < 0)
      return failed(r);
  }
  if (const int r = udev_monitor_enable_receiving(self->monitor_.get()); r < 0)
    return failed(r);
  const int fd = udev_monitor_get_fd(self->monitor_.get());
  if (fd < 0)
    return failed(fd);
  self->announced_.reset(g_unix_fd_source_new(fd, G_IO_IN));
  g_source_set_static_name(self->announced_.get(), "camera announcements");
  /* The function's type is the source's own. */
  g_source_set_callback(self->announced_.get(), G_SOURCE_FUNC(&DeviceMonitor::announced),
                        self.get(), nullptr);
  g_source_attach(self->announced_.get(), context);
  return self;
}

DeviceMonitor::~DeviceMonitor() {
  if (announced_)
    g_source_destroy(announced_.get());
  if (settled_)
    g_source_destroy(settled_.get());
}

gboolean DeviceMonitor::announced(int /*fd*/, GIOCondition /*condition*/, gpointer self) {
  static_cast<DeviceMonitor*>(self)->take_announcements();
  return G_SOURCE_CONTINUE;
}

void DeviceMonitor::take_announcements() {
  for (int i = 0; i < kMaxAtOnce; i++) {
    errno = 0;
    const std::unique_ptr<udev_device, UnrefDevice> device(
        udev_monitor_receive_device(monitor_.get()));
    if (!device) {
      /* ENOBUFS: the kernel had more to say than the socket holds. */
      if (errno == ENOBUFS)
        events_.assign(1, {});
      break;
    }
    const char* node = udev_device_get_devnode(device.get());
    if (!node)
      continue;
    if (events_.size() >= kMaxEvents)
      events_.assign(1, {});
    events_.push_back({action_of(udev_device_get_action(device.get())), node});
  }
  if (events_.empty() || settled_)
    return;
  settled_.reset(g_idle_source_new());
  g_source_set_static_name(settled_.get(), "camera announcements settled");
  g_source_set_callback(settled_.get(), &DeviceMonitor::settled, this, nullptr);
  g_source_attach(settled_.get(), context_);
}

gboolean DeviceMonitor::settled(gpointer self) {
  auto* d = static_cast<DeviceMonitor*>(self);
  d->settled_.reset();
  d->function_(std::exchange(d->events_, {}));
  return G_SOURCE_REMOVE;
}

Result<std::unique_ptr<CameraWatch>> watch_cameras(GMainContext* context,
                                                   const std::function<void()>& changed) {
  Result<std::unique_ptr<DeviceMonitor>> monitor =
      DeviceMonitor::create(context, DeviceMonitor::source_there_is(), {"video4linux", "media"},
                            [changed](const std::vector<DeviceEvent>&) { changed(); });
  if (!monitor)
    return monitor.error();
  return std::unique_ptr<CameraWatch>(std::move(*monitor));
}

}  // namespace gstcam::v4l2
