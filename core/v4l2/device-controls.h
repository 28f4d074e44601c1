/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DeviceControls: the controls of a video node or subdevice: which there are, their ranges, their
 * values.
 *
 * Numbers, booleans, menus, buttons and bit masks of 32 or 64 bits are handled as int64_t; arrays,
 * strings and other compound controls are listed (Kind::Compound) and cannot be read or written.
 * What a driver tells is checked: a range upside down, a menu without items, an id that comes again
 * is left out (with a remark at the device); a default outside of its range is moved into it.
 *
 * The device must stay where it is and outlive the object. Not thread safe. get() and set()
 * allocate nothing unless they fail.
 */
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/v4l2/device.h"
#include "core/v4l2/event-queue.h"

namespace gstcam::v4l2 {

struct ControlDescription {
  enum class Kind : uint8_t {
    Integer,
    Boolean,
    Menu,         // the value is an item's index
    IntegerMenu,  // as Menu, each item has a number
    Button,       // written (with any value) to make something happen
    Integer64,
    Bitmask,
    Compound,
  };
  struct MenuItem {
    int64_t index = 0;
    std::string name;   // Menu
    int64_t value = 0;  // IntegerMenu
  };

  uint32_t id = 0;  // V4L2_CID_*
  std::string name;
  Kind kind = Kind::Integer;
  int64_t min = 0;
  int64_t max = 0;
  int64_t step = 1;  // at least 1
  int64_t def = 0;
  uint32_t flags = 0;  // V4L2_CTRL_FLAG_*
  std::vector<MenuItem> menu;

  [[nodiscard]] bool readable() const {
    return kind != Kind::Compound && kind != Kind::Button &&
           (flags & V4L2_CTRL_FLAG_WRITE_ONLY) == 0;
  }
  [[nodiscard]] bool writable() const {
    return kind != Kind::Compound && (flags & V4L2_CTRL_FLAG_READ_ONLY) == 0;
  }
  /** It has a value and no effect, because another control rules (automatic exposure). */
  [[nodiscard]] bool inactive() const { return (flags & V4L2_CTRL_FLAG_INACTIVE) != 0; }
  /** Its value changes by itself. */
  [[nodiscard]] bool is_volatile() const { return (flags & V4L2_CTRL_FLAG_VOLATILE) != 0; }
  /** nullptr where there is no such item: menus may have gaps. */
  [[nodiscard]] const MenuItem* find_item(int64_t index) const;
  /** Nearest value of the range and its steps; for menus only an item's index stays as it is. */
  [[nodiscard]] int64_t nearest(int64_t value) const;
};

struct ControlSetting {
  uint32_t id = 0;
  int64_t value = 0;
};

class DeviceControls {
 public:
  /** Most that get() and set() take at a time. */
  static constexpr size_t kMaxAtOnce = 32;

  /** Asks for all there are. No controls at all is no error. */
  static Result<DeviceControls> query(Device& device);

  [[nodiscard]] const std::vector<ControlDescription>& all() const { return controls_; }
  /** nullptr where there is no such control. */
  [[nodiscard]] const ControlDescription* find(uint32_t id) const;

  /**
   * Fills in the values. Those outside of the range the driver itself told are moved into it (with
   * a remark); an item that its menu does not have is an error of code Protocol.
   */
  Result<void> get(std::span<ControlSetting> settings);
  Result<int64_t> get(uint32_t id);
  /**
   * Writes them together, and fills in what the driver made of them. Checked before: a control that
   * is not there, cannot be written, or a value out of range is Invalid and nothing is written.
   * The error names the control that failed; those before it may have been written.
   */
  Result<void> set(std::span<ControlSetting> settings);
  Result<void> set(uint32_t id, int64_t value);

  /** Asks for range and flags of a control again: a format or another control changes them. */
  Result<void> refresh(uint32_t id);
  /** Takes over flags and range of a V4L2_EVENT_CTRL; others are ignored. */
  void apply(const Event& event);

 private:
  explicit DeviceControls(Device& device) : device_(&device) {}
  ControlDescription* find_mutable(uint32_t id);
  /** nullopt where it is left out. */
  Result<bool> describe(const v4l2_query_ext_ctrl& raw, ControlDescription& control);
  Result<void> read_menu(ControlDescription& control);
  Result<void> check(const ControlSetting& setting, bool write) const;
  [[nodiscard]] std::string name_of(uint32_t id) const;
  [[nodiscard]] Error set_error(int err, v4l2_ext_controls& request) const;

  Device* device_;
  std::vector<ControlDescription> controls_;  // by id
};

}  // namespace gstcam::v4l2
