/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-controls.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

namespace gstcam::v4l2::test {

namespace {

constexpr size_t kMaxEvents = 8;  // a file's; the oldest goes

bool is_payload(const SimulatedControl& control) {
  return control.type == V4L2_CTRL_TYPE_STRING || control.type >= V4L2_CTRL_COMPOUND_TYPES;
}

bool has_item(const SimulatedControl& control, int64_t index) {
  const auto i = static_cast<size_t>(index);
  if (index < control.min || index > control.max)
    return false;
  if (control.type == V4L2_CTRL_TYPE_MENU)
    return i < control.items.size() && !control.items[i].empty();
  return i < control.numbers.size();
}

int64_t rounded(const SimulatedControl& control, int64_t value) {
  const int64_t moved = std::clamp(value, control.min, control.max);
  const auto step = static_cast<int64_t>(std::max<uint64_t>(control.step, 1));
  return control.min + (moved - control.min) / step * step;
}

}  // namespace

void SimulatedControls::add(SimulatedControl control) {
  control.value = control.def;
  controls_[control.id] = std::move(control);
}

SimulatedControl* SimulatedControls::find(uint32_t id) {
  auto it = controls_.find(id);
  return it == controls_.end() ? nullptr : &it->second;
}

int64_t SimulatedControls::value(uint32_t id) {
  const SimulatedControl* control = find(id);
  return control ? control->value : 0;
}

std::optional<int> SimulatedControls::ioctl(SimulatedFile& file, unsigned long request,
                                            void* argument) {
  switch (request) {
    case VIDIOC_QUERY_EXT_CTRL:
      return query(*static_cast<v4l2_query_ext_ctrl*>(argument));
    case VIDIOC_QUERYMENU:
      return query_menu(*static_cast<v4l2_querymenu*>(argument));
    case VIDIOC_G_EXT_CTRLS:
      return get(*static_cast<v4l2_ext_controls*>(argument));
    case VIDIOC_S_EXT_CTRLS:
      return set(file, *static_cast<v4l2_ext_controls*>(argument), true);
    case VIDIOC_TRY_EXT_CTRLS:
      return set(file, *static_cast<v4l2_ext_controls*>(argument), false);
    case VIDIOC_SUBSCRIBE_EVENT:
      return subscribe(file, *static_cast<v4l2_event_subscription*>(argument));
    case VIDIOC_UNSUBSCRIBE_EVENT: {
      const auto& raw = *static_cast<v4l2_event_subscription*>(argument);
      std::erase_if(subscriptions_, [&](const Subscription& s) {
        return s.file == &file &&
               (raw.type == V4L2_EVENT_ALL || (s.type == raw.type && s.id == raw.id));
      });
      return 0;
    }
    case VIDIOC_DQEVENT:
      return dequeue(file, *static_cast<v4l2_event*>(argument));
    default:
      return std::nullopt;
  }
}

int SimulatedControls::query(v4l2_query_ext_ctrl& raw) {
  auto it = controls_.find(raw.id & V4L2_CTRL_ID_MASK);
  if ((raw.id & (V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND)) != 0)
    it = controls_.upper_bound(raw.id & V4L2_CTRL_ID_MASK);
  if (it == controls_.end())
    return -EINVAL;
  const SimulatedControl& control = it->second;
  raw = {};
  raw.id = control.id;
  raw.type = control.type;
  std::strncpy(raw.name, control.name.c_str(), sizeof raw.name - 1);
  raw.minimum = control.min;
  raw.maximum = control.max;
  raw.step = control.step;
  raw.default_value = control.def;
  raw.flags = control.flags | (is_payload(control) ? V4L2_CTRL_FLAG_HAS_PAYLOAD : 0U);
  raw.elems = 1;
  raw.elem_size = control.type == V4L2_CTRL_TYPE_INTEGER64 ? 8 : 4;
  return 0;
}

int SimulatedControls::query_menu(v4l2_querymenu& raw) {
  const SimulatedControl* control = find(raw.id);
  if (!control || !has_item(*control, raw.index))
    return -EINVAL;
  if (control->type == V4L2_CTRL_TYPE_INTEGER_MENU) {
    raw.value = control->numbers[raw.index];
  } else {
    std::memset(raw.name, 0, sizeof raw.name);
    std::memcpy(raw.name, control->items[raw.index].data(),
                std::min(control->items[raw.index].size(), sizeof raw.name - 1));
  }
  return 0;
}

int SimulatedControls::get(v4l2_ext_controls& raw) {
  for (uint32_t i = 0; i < raw.count; i++) {
    const SimulatedControl* control = find(raw.controls[i].id);
    raw.error_idx = i;
    if (!control || is_payload(*control))
      return -EINVAL;
    if ((control->flags & V4L2_CTRL_FLAG_WRITE_ONLY) != 0)
      return -EACCES;
    if (control->type == V4L2_CTRL_TYPE_INTEGER64)
      raw.controls[i].value64 = control->value;
    else
      raw.controls[i].value = static_cast<int32_t>(control->value);
  }
  raw.error_idx = raw.count;
  return 0;
}

int SimulatedControls::check(const SimulatedControl& control, const v4l2_ext_control& raw,
                             int64_t& value) const {
  if (is_payload(control))
    return EINVAL;
  if ((control.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0)
    return EACCES;
  if ((control.flags & V4L2_CTRL_FLAG_GRABBED) != 0)
    return EBUSY;
  value = control.type == V4L2_CTRL_TYPE_INTEGER64 ? raw.value64 : raw.value;
  switch (control.type) {
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
      if (!has_item(control, value))
        return ERANGE;
      break;
    case V4L2_CTRL_TYPE_BOOLEAN:
      value = value != 0;
      break;
    case V4L2_CTRL_TYPE_BITMASK:
      value = static_cast<uint32_t>(value) & control.max;
      break;
    case V4L2_CTRL_TYPE_BUTTON:
      value = 0;
      break;
    default:
      value = rounded(control, value);
  }
  return on_check ? on_check(control, value) : 0;
}

int SimulatedControls::set(const SimulatedFile& file, v4l2_ext_controls& raw, bool write) {
  for (uint32_t i = 0; i < raw.count; i++) {
    const SimulatedControl* control = find(raw.controls[i].id);
    int64_t value = 0;
    const int error = control ? check(*control, raw.controls[i], value) : EINVAL;
    if (error != 0) {
      raw.error_idx = write ? raw.count : i;
      return -error;
    }
  }
  for (uint32_t i = 0; write && i < raw.count; i++) {
    SimulatedControl& control = *find(raw.controls[i].id);
    int64_t value = 0;
    raw.error_idx = i;
    // Writing one may have changed the range of the next.
    if (const int error = check(control, raw.controls[i], value))
      return -error;
    if (control.type == V4L2_CTRL_TYPE_INTEGER64)
      raw.controls[i].value64 = value;
    else
      raw.controls[i].value = static_cast<int32_t>(value);
    const bool differs = control.value != value;
    control.value = value;
    if (differs)
      changed(control, V4L2_EVENT_CTRL_CH_VALUE, &file);
    if (on_written)
      on_written(control);
  }
  raw.error_idx = raw.count;
  return 0;
}

int SimulatedControls::subscribe(const SimulatedFile& file, const v4l2_event_subscription& raw) {
  const bool known = raw.type == V4L2_EVENT_CTRL ? find(raw.id) != nullptr
                                                 : std::ranges::count(event_types, raw.type) > 0;
  if (!known)
    return -EINVAL;
  subscriptions_.push_back(
      {&file, raw.type, raw.id, (raw.flags & V4L2_EVENT_SUB_FL_ALLOW_FEEDBACK) != 0});
  return 0;
}

int SimulatedControls::dequeue(const SimulatedFile& file, v4l2_event& raw) {
  auto it = events_.find(&file);
  if (it == events_.end() || it->second.queue.empty())
    return -ENOENT;
  raw = it->second.queue.front();
  it->second.queue.pop_front();
  raw.pending = static_cast<uint32_t>(it->second.queue.size());
  return 0;
}

short SimulatedControls::poll(const SimulatedFile& file, short events) const {
  auto it = events_.find(&file);
  const bool some = it != events_.end() && !it->second.queue.empty();
  return some ? static_cast<short>(events & POLLPRI) : static_cast<short>(0);
}

void SimulatedControls::closed(const SimulatedFile& file) {
  std::erase_if(subscriptions_, [&](const Subscription& s) { return s.file == &file; });
  events_.erase(&file);
}

void SimulatedControls::post(const SimulatedFile* file, v4l2_event event) {
  Events& events = events_[file];
  event.sequence = events.sequence++;
  if (events.queue.size() >= kMaxEvents)
    events.queue.pop_front();
  events.queue.push_back(event);
}

void SimulatedControls::changed(const SimulatedControl& control, uint32_t changes,
                                const SimulatedFile* by) {
  v4l2_event event{};
  event.type = V4L2_EVENT_CTRL;
  event.id = control.id;
  event.u.ctrl.changes = changes;
  event.u.ctrl.type = control.type;
  if (control.type == V4L2_CTRL_TYPE_INTEGER64)
    event.u.ctrl.value64 = control.value;
  else
    event.u.ctrl.value = static_cast<int32_t>(control.value);
  event.u.ctrl.flags = control.flags;
  event.u.ctrl.minimum = static_cast<int32_t>(control.min);
  event.u.ctrl.maximum = static_cast<int32_t>(control.max);
  event.u.ctrl.step = static_cast<int32_t>(control.step);
  event.u.ctrl.default_value = static_cast<int32_t>(control.def);
  for (const Subscription& s : subscriptions_) {
    if (s.type == V4L2_EVENT_CTRL && s.id == control.id && (s.file != by || s.feedback))
      post(s.file, event);
  }
}

void SimulatedControls::set_value(uint32_t id, int64_t value) {
  SimulatedControl* control = find(id);
  if (!control || control->value == value)
    return;
  control->value = value;
  changed(*control, V4L2_EVENT_CTRL_CH_VALUE, nullptr);
}

void SimulatedControls::set_flags(uint32_t id, uint32_t flags) {
  SimulatedControl* control = find(id);
  if (!control || control->flags == flags)
    return;
  control->flags = flags;
  changed(*control, V4L2_EVENT_CTRL_CH_FLAGS, nullptr);
}

void SimulatedControls::set_range(uint32_t id, int64_t min, int64_t max, int64_t def) {
  SimulatedControl* control = find(id);
  if (!control || (control->min == min && control->max == max && control->def == def))
    return;
  control->min = min;
  control->max = max;
  control->def = def;
  control->value = std::clamp(control->value, min, max);
  changed(*control, V4L2_EVENT_CTRL_CH_RANGE | V4L2_EVENT_CTRL_CH_VALUE, nullptr);
}

void SimulatedControls::emit(const v4l2_event& event) {
  for (const Subscription& s : subscriptions_) {
    if (s.type == event.type)
      post(s.file, event);
  }
}

}  // namespace gstcam::v4l2::test
