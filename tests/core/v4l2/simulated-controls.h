/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedControls: the controls and events of a simulated node, with the rules of the kernel's
 * control framework (Documentation/userspace-api/media/v4l/vidioc-g-ext-ctrls.rst): all controls of
 * a call are checked before the first is written; error_idx tells which failed, or count where the
 * checks of S_EXT_CTRLS did. Under the kernel's lock.
 */
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/core/v4l2/simulated-kernel.h"

namespace gstcam::v4l2::test {

struct SimulatedControl {
  uint32_t id = 0;
  uint32_t type = V4L2_CTRL_TYPE_INTEGER;
  std::string name;
  int64_t min = 0;
  int64_t max = 0;
  uint64_t step = 1;
  int64_t def = 0;
  uint32_t flags = 0;
  std::vector<std::string> items;  // of a menu, from index 0; an empty one is a gap
  std::vector<int64_t> numbers;    // of an integer menu
  int64_t value = 0;
};

class SimulatedControls {
 public:
  /** Its value becomes the default. */
  void add(SimulatedControl control);
  /** nullptr where there is none. */
  [[nodiscard]] SimulatedControl* find(uint32_t id);
  [[nodiscard]] int64_t value(uint32_t id);

  std::optional<int> ioctl(SimulatedFile& file, unsigned long request, void* argument);
  short poll(const SimulatedFile& file, short events) const;
  void closed(const SimulatedFile& file);

  /** The hardware changes a value, flags or a range: who subscribed hears of it. */
  void set_value(uint32_t id, int64_t value);
  void set_flags(uint32_t id, uint32_t flags);
  void set_range(uint32_t id, int64_t min, int64_t max, int64_t def);
  /** Another event, for whoever subscribed to its type. */
  void emit(const v4l2_event& event);

  /** Asked before a value is written; an errno refuses. */
  std::function<int(const SimulatedControl& control, int64_t value)> on_check;
  /** Told after each value that was written by an ioctl. */
  std::function<void(const SimulatedControl& control)> on_written;
  /** Types of events other than of controls that may be subscribed to. */
  std::vector<uint32_t> event_types;

 private:
  struct Subscription {
    const SimulatedFile* file;
    uint32_t type;
    uint32_t id;
    bool feedback;
  };
  struct Events {
    std::deque<v4l2_event> queue;
    uint32_t sequence = 0;
  };

  int query(v4l2_query_ext_ctrl& raw);
  int query_menu(v4l2_querymenu& raw);
  int get(v4l2_ext_controls& raw);
  int set(const SimulatedFile& file, v4l2_ext_controls& raw, bool write);
  int check(const SimulatedControl& control, const v4l2_ext_control& raw, int64_t& value) const;
  int subscribe(const SimulatedFile& file, const v4l2_event_subscription& raw);
  int dequeue(const SimulatedFile& file, v4l2_event& raw);
  void changed(const SimulatedControl& control, uint32_t changes, const SimulatedFile* by);
  void post(const SimulatedFile* file, v4l2_event event);

  std::map<uint32_t, SimulatedControl> controls_;
  std::vector<Subscription> subscriptions_;
  std::map<const SimulatedFile*, Events> events_;
};

}  // namespace gstcam::v4l2::test
