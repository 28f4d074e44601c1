/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EventQueue: what a node tells beside frames: controls that changed, starts of frames, a new
 * source, the end.
 *
 * No state of its own: a view of a device, which outlives it. Not thread safe; never blocks.
 */
#pragma once

#include <cstdint>
#include <optional>

#include "core/v4l2/device.h"

namespace gstcam::v4l2 {

struct Event {
  uint32_t type = 0;      // V4L2_EVENT_*
  uint32_t id = 0;        // of the control, where it is about one
  uint32_t pending = 0;   // more of them wait
  uint32_t sequence = 0;  // counts the events of a file: a gap is what was lost
  int64_t timestamp = 0;  // CLOCK_MONOTONIC ns, 0 where the driver's is nonsense

  /* V4L2_EVENT_CTRL */
  uint32_t changes = 0;  // V4L2_EVENT_CTRL_CH_*; for V4L2_EVENT_SOURCE_CHANGE V4L2_EVENT_SRC_CH_*
  int64_t value = 0;
  uint32_t flags = 0;  // V4L2_CTRL_FLAG_*
  int64_t minimum = 0;
  int64_t maximum = 0;
  int64_t step = 0;
  int64_t default_value = 0;

  uint32_t frame = 0;  // V4L2_EVENT_FRAME_SYNC
};

class EventQueue {
 public:
  explicit EventQueue(Device& device) : device_(&device) {}

  /**
   * `id` of a control for V4L2_EVENT_CTRL, otherwise 0. `feedback`: of what this file writes, too.
   * Unsupported (or Invalid) where the driver has no such event.
   */
  Result<void> subscribe(uint32_t type, uint32_t id = 0, bool feedback = false);
  /** `type`: V4L2_EVENT_ALL for all there are. */
  Result<void> unsubscribe(uint32_t type, uint32_t id = 0);
  /** The oldest; none where none is there. */
  Result<std::optional<Event>> dequeue();

 private:
  Device* device_;
};

}  // namespace gstcam::v4l2
