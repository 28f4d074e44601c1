/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/device-controls.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

using Kind = ControlDescription::Kind;

constexpr size_t kMaxControls = 1024;
constexpr int64_t kMaxMenuItems = 256;

std::optional<Kind> kind_of(const v4l2_query_ext_ctrl& raw) {
  if (raw.nr_of_dims > 0 || (raw.flags & V4L2_CTRL_FLAG_HAS_PAYLOAD) != 0)
    return Kind::Compound;
  switch (raw.type) {
    case V4L2_CTRL_TYPE_INTEGER:
      return Kind::Integer;
    case V4L2_CTRL_TYPE_BOOLEAN:
      return Kind::Boolean;
    case V4L2_CTRL_TYPE_MENU:
      return Kind::Menu;
    case V4L2_CTRL_TYPE_INTEGER_MENU:
      return Kind::IntegerMenu;
    case V4L2_CTRL_TYPE_BUTTON:
      return Kind::Button;
    case V4L2_CTRL_TYPE_INTEGER64:
      return Kind::Integer64;
    case V4L2_CTRL_TYPE_BITMASK:
      return Kind::Bitmask;
    case V4L2_CTRL_TYPE_CTRL_CLASS:
      return std::nullopt;  // a heading
    default:
      return Kind::Compound;
  }
}

bool is_menu(Kind kind) {
  return kind == Kind::Menu || kind == Kind::IntegerMenu;
}

bool has_range(Kind kind) {
  return kind != Kind::Button && kind != Kind::Compound;
}

void fill(v4l2_ext_control& raw, const ControlDescription* control, const ControlSetting& setting) {
  raw.id = setting.id;
  if (control && control->kind == Kind::Integer64)
    raw.value64 = setting.value;
  else
    raw.value = static_cast<int32_t>(setting.value);  // checked against the range, or to be read
}

int64_t value_of(const v4l2_ext_control& raw, const ControlDescription& control) {
  if (control.kind == Kind::Integer64)
    return raw.value64;
  if (control.kind == Kind::Bitmask)
    return static_cast<uint32_t>(raw.value);
  return raw.value;
}

/* 32 bit kinds hold no more, whatever the driver's range says. */
void limit_to_32_bits(ControlDescription& control) {
  if (control.kind == Kind::Integer64)
    return;
  const bool mask = control.kind == Kind::Bitmask;
  const int64_t lowest = mask ? 0 : std::numeric_limits<int32_t>::min();
  const int64_t highest =
      mask ? std::numeric_limits<uint32_t>::max() : std::numeric_limits<int32_t>::max();
  control.min = std::clamp(control.min, lowest, highest);
  control.max = std::clamp(control.max, lowest, highest);
}

}  // namespace

const ControlDescription::MenuItem* ControlDescription::find_item(int64_t index) const {
  auto it = std::ranges::find_if(menu, [index](const MenuItem& m) { return m.index == index; });
  return it == menu.end() ? nullptr : &*it;
}

int64_t ControlDescription::nearest(int64_t value) const {
  if (is_menu(kind))
    return find_item(value) ? value : def;
  const int64_t moved = std::clamp(value, min, max);
  if (kind == Kind::Bitmask || step <= 1)
    return kind == Kind::Bitmask ? moved & max : moved;
  // In unsigned numbers: the distance of two 64 bit ones may not fit into one.
  const uint64_t distance = static_cast<uint64_t>(moved) - static_cast<uint64_t>(min);
  const auto unit = static_cast<uint64_t>(step);
  uint64_t steps = distance / unit;
  if (distance % unit > unit / 2 &&
      (steps + 1) <= (static_cast<uint64_t>(max) - static_cast<uint64_t>(min)) / unit)
    steps++;
  return static_cast<int64_t>(static_cast<uint64_t>(min) + steps * unit);
}

Result<DeviceControls> DeviceControls::query(Device& device) {
  DeviceControls self(device);
  uint32_t last = 0;
  for (size_t i = 0; i < kMaxControls; i++) {
    v4l2_query_ext_ctrl raw{};
    raw.id = last | V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND;
    const int result = device.try_ioctl(VIDIOC_QUERY_EXT_CTRL, &raw);
    if (result == -EINVAL || (result == -ENOTTY && i == 0))
      return self;
    if (result < 0)
      return device.error(-result, VIDIOC_QUERY_EXT_CTRL, "list its controls");
    if (raw.id <= last)
      return device.nonsense("its list of controls goes back from " + hex_text(last) + " to " +
                             hex_text(raw.id));
    last = raw.id;
    ControlDescription control;
    Result<bool> usable = self.describe(raw, control);
    if (!usable)
      return usable.error();
    if (*usable)
      self.controls_.push_back(std::move(control));
  }
  return device.nonsense("its list of controls does not end");
}

Result<bool> DeviceControls::describe(const v4l2_query_ext_ctrl& raw, ControlDescription& control) {
  const std::optional<Kind> kind = kind_of(raw);
  if (!kind || (raw.flags & V4L2_CTRL_FLAG_DISABLED) != 0)
    return false;
  control.id = raw.id;
  control.name = text_of(raw.name);
  control.kind = *kind;
  control.flags = raw.flags;
  control.min = raw.minimum;
  control.max = raw.maximum;
  control.step =
      static_cast<int64_t>(std::clamp<uint64_t>(raw.step, 1, std::numeric_limits<int64_t>::max()));
  control.def = raw.default_value;
  if (!has_range(control.kind))
    return true;
  if (control.kind == Kind::Boolean) {
    control.min = 0;
    control.max = 1;
  } else if (control.kind == Kind::Bitmask) {
    // The mask is unsigned: bit 31 may have arrived as a sign.
    control.min = 0;
    control.max = static_cast<uint32_t>(raw.maximum);
    control.def = static_cast<uint32_t>(raw.default_value);
  }
  if (control.min > control.max) {
    device_->remark("control " + name_of(raw.id) + " '" + control.name + "' has the range " +
                    std::to_string(control.min) + " to " + std::to_string(control.max));
    return false;
  }
  limit_to_32_bits(control);
  if (is_menu(control.kind)) {
    if (Result<void> r = read_menu(control); !r)
      return r.error();
    if (control.menu.empty()) {
      device_->remark("menu '" + control.name + "' has no items");
      return false;
    }
    control.step = 1;
    if (!control.find_item(control.def))
      control.def = control.menu.front().index;
    return true;
  }
  const int64_t def = control.kind == Kind::Bitmask
                          ? control.def & control.max
                          : std::clamp(control.def, control.min, control.max);
  if (def != control.def) {
    device_->remark("default of '" + control.name + "' is " + std::to_string(control.def));
    control.def = def;
  }
  return true;
}

Result<void> DeviceControls::read_menu(ControlDescription& control) {
  const int64_t first = std::max<int64_t>(control.min, 0);
  const int64_t last = std::min(control.max, first + kMaxMenuItems - 1);
  for (int64_t i = first; i <= last; i++) {
    v4l2_querymenu raw{};
    raw.id = control.id;
    raw.index = static_cast<uint32_t>(i);
    const int result = device_->try_ioctl(VIDIOC_QUERYMENU, &raw);
    if (result == -EINVAL)
      continue;  // a gap
    if (result < 0)
      return device_->error(-result, VIDIOC_QUERYMENU, "list the menu '" + control.name + "'");
    ControlDescription::MenuItem item;
    item.index = i;
    if (control.kind == Kind::Menu)
      item.name = text_of(raw.name);
    else
      item.value = raw.value;
    control.menu.push_back(std::move(item));
  }
  return {};
}

const ControlDescription* DeviceControls::find(uint32_t id) const {
  auto it = std::ranges::lower_bound(controls_, id, {}, &ControlDescription::id);
  return it != controls_.end() && it->id == id ? &*it : nullptr;
}

ControlDescription* DeviceControls::find_mutable(uint32_t id) {
  return const_cast<ControlDescription*>(find(id));
}

std::string DeviceControls::name_of(uint32_t id) const {
  const ControlDescription* control = find(id);
  return control ? "'" + control->name + "'" : hex_text(id);
}

Result<void> DeviceControls::check(const ControlSetting& setting, bool write) const {
  const ControlDescription* control = find(setting.id);
  const char* verb = write ? "write" : "read";
  if (!control) {
    return Error(Error::Code::Unsupported,
                 device_->label() + " has no control " + hex_text(setting.id));
  }
  if (write ? !control->writable() : !control->readable()) {
    return Error(Error::Code::Invalid, device_->label() + ": cannot " + verb + " control " +
                                           name_of(setting.id) + ": it does not allow that");
  }
  if (!write || !has_range(control->kind))
    return {};
  const bool item = !is_menu(control->kind) || control->find_item(setting.value);
  if (setting.value < control->min || setting.value > control->max || !item) {
    return Error(
        Error::Code::Invalid,
        device_->label() + ": control " + name_of(setting.id) + " cannot be " +
            std::to_string(setting.value),
        "its range is " + std::to_string(control->min) + " to " + std::to_string(control->max));
  }
  return {};
}

Result<void> DeviceControls::get(std::span<ControlSetting> settings) {
  if (settings.empty())
    return {};
  if (settings.size() > kMaxAtOnce)
    return Error(Error::Code::Invalid, device_->label() + ": too many controls at a time");
  std::array<v4l2_ext_control, kMaxAtOnce> raw{};
  for (size_t i = 0; i < settings.size(); i++) {
    if (Result<void> r = check(settings[i], false); !r)
      return r;
    raw[i].id = settings[i].id;
  }
  v4l2_ext_controls request{};
  request.which = V4L2_CTRL_WHICH_CUR_VAL;
  request.count = static_cast<uint32_t>(settings.size());
  request.error_idx = request.count;  // what fails before the driver is asked leaves it
  request.controls = raw.data();
  const int result = device_->try_ioctl(VIDIOC_G_EXT_CTRLS, &request);
  if (result < 0) {
    const std::string which = request.error_idx < settings.size()
                                  ? "control " + name_of(settings[request.error_idx].id)
                                  : "controls";
    return device_->error(-result, VIDIOC_G_EXT_CTRLS, "read " + which);
  }
  for (size_t i = 0; i < settings.size(); i++) {
    const ControlDescription& control = *find(settings[i].id);
    int64_t value = value_of(raw[i], control);
    if (is_menu(control.kind) && !control.find_item(value)) {
      return device_->nonsense("control " + name_of(control.id) + " is " + std::to_string(value) +
                               ", which its menu does not have");
    }
    if (value < control.min || value > control.max) {
      device_->remark("control " + name_of(control.id) + " is " + std::to_string(value) +
                      ", out of its range");
      value = std::clamp(value, control.min, control.max);
    }
    settings[i].value = value;
  }
  return {};
}

Result<int64_t> DeviceControls::get(uint32_t id) {
  ControlSetting setting{id, 0};
  if (Result<void> r = get({&setting, 1}); !r)
    return r.error();
  return setting.value;
}

Result<void> DeviceControls::set(std::span<ControlSetting> settings) {
  if (settings.empty())
    return {};
  if (settings.size() > kMaxAtOnce)
    return Error(Error::Code::Invalid, device_->label() + ": too many controls at a time");
  std::array<v4l2_ext_control, kMaxAtOnce> raw{};
  for (size_t i = 0; i < settings.size(); i++) {
    if (Result<void> r = check(settings[i], true); !r)
      return r;
    fill(raw[i], find(settings[i].id), settings[i]);
  }
  v4l2_ext_controls request{};
  request.which = V4L2_CTRL_WHICH_CUR_VAL;
  request.count = static_cast<uint32_t>(settings.size());
  request.error_idx = request.count;  // what fails before the driver is asked leaves it
  request.controls = raw.data();
  const int result = device_->try_ioctl(VIDIOC_S_EXT_CTRLS, &request);
  if (result < 0)
    return set_error(-result, request);
  for (size_t i = 0; i < settings.size(); i++) {
    const ControlDescription& control = *find(settings[i].id);
    if (has_range(control.kind))
      settings[i].value = std::clamp(value_of(raw[i], control), control.min, control.max);
  }
  return {};
}

Result<void> DeviceControls::set(uint32_t id, int64_t value) {
  ControlSetting setting{id, value};
  return set({&setting, 1});
}

/*
 * S_EXT_CTRLS hides which control failed its checks (error_idx == count); TRY_EXT_CTRLS tells.
 */
Error DeviceControls::set_error(int err, v4l2_ext_controls& request) const {
  uint32_t index = request.error_idx;
  if (index >= request.count && err != ENODEV) {
    v4l2_ext_controls trial = request;
    trial.error_idx = trial.count;
    if (device_->try_ioctl(VIDIOC_TRY_EXT_CTRLS, &trial) < 0)
      index = trial.error_idx;
  }
  if (index >= request.count)
    return device_->error(err, VIDIOC_S_EXT_CTRLS, "write controls");
  const uint32_t id = request.controls[index].id;
  Error error = device_->error(err, VIDIOC_S_EXT_CTRLS, "write control " + name_of(id));
  const ControlDescription* control = find(id);
  if (err == ERANGE && control) {
    error.hint = "its range is " + std::to_string(control->min) + " to " +
                 std::to_string(control->max) + " now";
  } else if (err == EBUSY) {
    error.hint = "it cannot change while the camera streams, or another program holds it";
  }
  return error;
}

Result<void> DeviceControls::refresh(uint32_t id) {
  ControlDescription* control = find_mutable(id);
  if (!control)
    return Error(Error::Code::Unsupported, device_->label() + " has no control " + hex_text(id));
  v4l2_query_ext_ctrl raw{};
  raw.id = id;
  const std::string what = "ask for the range of control " + name_of(id);
  if (Result<void> r = device_->ioctl(VIDIOC_QUERY_EXT_CTRL, &raw, what.c_str()); !r)
    return r;
  ControlDescription fresh;
  Result<bool> usable = describe(raw, fresh);
  if (!usable)
    return usable.error();
  if (!*usable || fresh.id != id)
    return device_->nonsense("control " + name_of(id) + " lost its range");
  *control = std::move(fresh);
  return {};
}

void DeviceControls::apply(const Event& event) {
  ControlDescription* control = find_mutable(event.id);
  if (event.type != V4L2_EVENT_CTRL || !control)
    return;
  if ((event.changes & V4L2_EVENT_CTRL_CH_FLAGS) != 0)
    control->flags = event.flags;
  // The event has 32 bits a limit: a range of 64 has to be asked for again (refresh()).
  if ((event.changes & V4L2_EVENT_CTRL_CH_RANGE) == 0 || control->kind == Kind::Integer64 ||
      control->kind == Kind::Bitmask || !has_range(control->kind) || is_menu(control->kind)) {
    return;
  }
  if (event.minimum > event.maximum) {
    device_->remark("an event turns the range of '" + control->name + "' upside down");
    return;
  }
  control->min = event.minimum;
  control->max = event.maximum;
  control->step = std::max<int64_t>(event.step, 1);
  control->def = std::clamp(event.default_value, control->min, control->max);
}

}  // namespace gstcam::v4l2
