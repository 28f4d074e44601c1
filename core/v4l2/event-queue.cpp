/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/event-queue.h"

#include <linux/videodev2.h>

#include <cerrno>

namespace gstcam::v4l2 {

namespace {

int64_t time_of(const timespec& raw) {
  constexpr int64_t kMaxSeconds = int64_t{1} << 33;
  if (raw.tv_sec < 0 || raw.tv_sec > kMaxSeconds || raw.tv_nsec < 0 || raw.tv_nsec >= 1000000000)
    return 0;
  return int64_t{raw.tv_sec} * 1000000000 + raw.tv_nsec;
}

}  // namespace

Result<void> EventQueue::subscribe(uint32_t type, uint32_t id, bool feedback) {
  v4l2_event_subscription raw{};
  raw.type = type;
  raw.id = id;
  raw.flags = feedback ? V4L2_EVENT_SUB_FL_ALLOW_FEEDBACK : 0;
  return device_->ioctl(VIDIOC_SUBSCRIBE_EVENT, &raw, "subscribe to its events");
}

Result<void> EventQueue::unsubscribe(uint32_t type, uint32_t id) {
  v4l2_event_subscription raw{};
  raw.type = type;
  raw.id = id;
  return device_->ioctl(VIDIOC_UNSUBSCRIBE_EVENT, &raw, "unsubscribe from its events");
}

Result<std::optional<Event>> EventQueue::dequeue() {
  v4l2_event raw{};
  const int result = device_->try_ioctl(VIDIOC_DQEVENT, &raw);
  if (result == -ENOENT || result == -EAGAIN)
    return std::optional<Event>();
  if (result < 0)
    return device_->error(-result, VIDIOC_DQEVENT, "get an event");
  Event event;
  event.type = raw.type;
  event.id = raw.id;
  event.pending = raw.pending;
  event.sequence = raw.sequence;
  event.timestamp = time_of(raw.timestamp);
  if (raw.type == V4L2_EVENT_CTRL) {
    const v4l2_event_ctrl& ctrl = raw.u.ctrl;
    event.changes = ctrl.changes;
    event.value = ctrl.type == V4L2_CTRL_TYPE_INTEGER64 ? ctrl.value64 : ctrl.value;
    event.flags = ctrl.flags;
    event.minimum = ctrl.minimum;
    event.maximum = ctrl.maximum;
    event.step = ctrl.step;
    event.default_value = ctrl.default_value;
  } else if (raw.type == V4L2_EVENT_FRAME_SYNC) {
    event.frame = raw.u.frame_sync.frame_sequence;
  } else if (raw.type == V4L2_EVENT_SOURCE_CHANGE) {
    event.changes = raw.u.src_change.changes;
  }
  return std::optional<Event>(event);
}

}  // namespace gstcam::v4l2
