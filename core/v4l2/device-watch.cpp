/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/device-watch.h"

#include <linux/videodev2.h>
#include <poll.h>

#include <cerrno>

namespace gstcam::v4l2 {

gboolean DeviceWatch::dispatch(GSource* /*source*/, GSourceFunc /*callback*/, gpointer data) {
  static_cast<DeviceWatch*>(data)->ready();
  return G_SOURCE_CONTINUE;
}

DeviceWatch::DeviceWatch(GMainContext* context, const Device& device, Direction direction,
                         std::function<void(Ready)> function)
    : device_(device), direction_(direction), function_(std::move(function)) {
  static GSourceFuncs functions = {nullptr, nullptr, &DeviceWatch::dispatch,
                                   nullptr, nullptr, nullptr};
  source_.reset(g_source_new(&functions, sizeof(GSource)));
  g_source_set_static_name(source_.get(), "camera device");
  // GLib hands a source its callback's data only together with a callback.
  g_source_set_callback(
      source_.get(), [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, this, nullptr);
  g_source_attach(source_.get(), context);
  attach();
}

DeviceWatch::~DeviceWatch() {
  g_source_destroy(source_.get());
}

short DeviceWatch::events() const {
  const int frames = direction_ == Direction::Output ? POLLOUT : POLLIN;
  return static_cast<short>((frames_ ? frames : 0) | (events_ ? POLLPRI : 0));
}

void DeviceWatch::set_interest(bool frames, bool events) {
  frames_ = frames;
  events_ = events;
  detach();
  attach();
}

void DeviceWatch::attach() {
  if (gone_)
    return;
  // GIOCondition's values are poll()'s.
  const int condition = device_.kernel().wake_events(device_.fd(), events()) | G_IO_ERR | G_IO_HUP;
  tag_ = g_source_add_unix_fd(source_.get(), device_.fd(), static_cast<GIOCondition>(condition));
}

void DeviceWatch::detach() {
  if (tag_)
    g_source_remove_unix_fd(source_.get(), tag_);
  tag_ = nullptr;
}

/** Of a node that was unplugged every request fails like this, whichever it is. */
bool DeviceWatch::is_gone() const {
  v4l2_capability capability{};
  return device_.try_ioctl(VIDIOC_QUERYCAP, &capability) == -ENODEV;
}

void DeviceWatch::ready() {
  const int revents = device_.kernel().poll(device_.fd(), events());
  Ready ready;
  if (revents < 0) {
    ready.error = true;
  } else {
    ready.frames = (revents & (POLLIN | POLLOUT)) != 0;
    ready.events = (revents & POLLPRI) != 0;
    ready.error = (revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  }
  if (ready.error) {
    detach();
    gone_ = is_gone();
    ready.gone = gone_;
    // Some drivers' poll() answers with an error as long as nobody streams: that tells nothing.
    if (!gone_ && !frames_ && !events_)
      return;
  }
  if (ready.frames || ready.events || ready.error)
    function_(ready);
}

}  // namespace gstcam::v4l2
