/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DeviceWatch: calls a function in a GMainContext when a device has frames or events.
 *
 * A handler has no loop of its own: its camera's thread iterates a GMainContext
 * (core/context-thread) and watches of all its devices are attached there, so that everything a
 * handler does happens in one thread and nothing blocks. The function is called as long as there is
 * something to take (level triggered); it should dequeue until there is nothing more.
 *
 * A device with buffers reports an error as long as it does not stream (and one without may begin
 * to stream by itself, for read()): ask for frames between BufferQueue::start() and stop() only. An
 * error ends the watch (nothing is asked for any more) before the function is called with it; the
 * next dequeue() tells what happened.
 *
 * That the device is unplugged is told once whatever is asked for, and while nothing is, as far as
 * the kernel wakes who polls it then (it does since v4l2_event_wake_all(), Linux 5.12).
 *
 * Made, used and destroyed in the context's thread, not by its own function. The device must stay
 * where it is and outlive the watch. Waking allocates nothing.
 */
#pragma once

#include <functional>

#include "base/glib-ptr.h"
#include "core/v4l2/device.h"

namespace gstcam::v4l2 {

class DeviceWatch {
 public:
  struct Ready {
    bool frames = false;
    bool events = false;
    bool error = false;  // unplugged, or the queue failed
    bool gone = false;   // it is an error because the device was unplugged
  };
  enum class Direction : uint8_t { Capture, Output };

  DeviceWatch(GMainContext* context, const Device& device, Direction direction,
              std::function<void(Ready)> function);
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;

  /** What to wake for from now on; nothing in the beginning. */
  void set_interest(bool frames, bool events);

 private:
  static gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data);
  void ready();
  void attach();
  void detach();
  [[nodiscard]] bool is_gone() const;
  [[nodiscard]] short events() const;

  const Device& device_;
  const Direction direction_;
  std::function<void(Ready)> function_;
  SourcePtr source_;
  gpointer tag_ = nullptr;  // of the descriptor, while it is polled
  bool frames_ = false;
  bool events_ = false;
  bool gone_ = false;
};

}  // namespace gstcam::v4l2
