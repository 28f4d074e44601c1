/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control table: the one place that says what a control is.
 *
 * A row gives name (kebab-case, also the GObject property), type, unit, range, default, enum nicks,
 * direction and documentation. Element properties, the D-Bus `a{sv}` entries, the fields of
 * GstCameraMeta and docs/controls.md are all made from it. A new control is one row here and one
 * enumerator, nothing else.
 *
 * A ControlList holds at most one value a control, in place: copying, setting and reading one never
 * allocates, so it may be used on the path of a frame. Not thread safe; a value type.
 */
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace gstcam {

enum class ControlId : uint8_t {
  AeMode,
  AeFlickerPeriod,
  ExposureCompensation,
  ExposureTime,
  AnalogueGain,
  AwbMode,
  ColourGains,
  ColourTemperature,
  Brightness,
  Contrast,
  Saturation,
  Sharpness,
  AfMode,
  FocusPosition,
  /* Read-only: these come back with each frame. */
  DigitalGain,
  FrameDuration,
  SensorTimestamp,
  AeState,
  AeLevel,
  AeTarget,
  AwbState,
  Lux,
  ColourCorrectionMatrix,
  BlackLevel,
  IpaHost,
  IpaState,
  Count,
};

inline constexpr size_t kControlCount = static_cast<size_t>(ControlId::Count);

enum class ControlType : uint8_t { Bool, Int32, Int64, Double, DoubleArray, Enum };

/** Up to 9 doubles in place: colour gains (2), a colour matrix (9, row by row). */
struct DoubleArray {
  static constexpr size_t kCapacity = 9;
  uint8_t count = 0;
  std::array<double, kCapacity> values{};

  DoubleArray() = default;
  DoubleArray(std::initializer_list<double> list);
  [[nodiscard]] std::span<const double> span() const { return {values.data(), count}; }
  bool operator==(const DoubleArray& other) const;
};

/** Enum values travel as Int32, as their number. */
using ControlValue = std::variant<bool, int32_t, int64_t, double, DoubleArray>;

struct ControlEnumValue {
  int32_t value;
  const char* nick;
  const char* doc;
};

struct ControlInfo {
  ControlId id;
  const char* name;
  const char* nick;  // for people: "Exposure time"
  ControlType type;
  const char* unit;  // "µs", "K", "" for a plain number
  double min;        // for Enum: unused; for DoubleArray: of each element
  double max;
  double def;
  uint8_t count;  // elements of a DoubleArray
  bool writable;  // may stand in a request; false: metadata only
  bool metadata;  // comes back with frames
  std::span<const ControlEnumValue> values;
  const char* doc;
};

/* Values of the Enum controls. */
enum AeMode : int32_t { kAeModeAuto, kAeModeLocked, kAeModeManual };
enum AwbMode : int32_t { kAwbModeAuto, kAwbModeLocked, kAwbModeGains, kAwbModeTemperature };
enum AfMode : int32_t { kAfModeAuto, kAfModeManual };
enum AlgorithmState : int32_t {
  kAlgorithmInactive,  // manual, or nothing to drive
  kAlgorithmSearching,
  kAlgorithmConverged,
  kAlgorithmLocked,
  kAlgorithmLimited,  // converged on a limit of the sensor: cannot get closer
};
enum IpaHostKind : int32_t { kIpaHostNone, kIpaHostThread, kIpaHostWorker };
enum IpaState : int32_t { kIpaStateOk, kIpaStateRecovering };

/** All rows, in the order of ControlId. */
std::span<const ControlInfo> control_table();
const ControlInfo& control_info(ControlId id);
/** nullptr for a name that is not in the table. */
const ControlInfo* find_control(std::string_view name);

/** Right alternative, finite, in range, a known enum value, the right count; else an Error. */
Result<void> check_control(ControlId id, const ControlValue& value);

class ControlList {
 public:
  [[nodiscard]] bool empty() const { return present_.none(); }
  [[nodiscard]] size_t size() const { return present_.count(); }
  [[nodiscard]] bool has(ControlId id) const { return present_.test(static_cast<size_t>(id)); }
  /** nullptr where there is none. */
  [[nodiscard]] const ControlValue* find(ControlId id) const;
  /** The value as T, or `fallback` where it is absent or of another type. */
  template <typename T>
  [[nodiscard]] T get_or(ControlId id, T fallback) const {
    const ControlValue* v = find(id);
    const T* t = v ? std::get_if<T>(v) : nullptr;
    return t ? *t : fallback;
  }
  void set(ControlId id, const ControlValue& value);
  void erase(ControlId id) { present_.reset(static_cast<size_t>(id)); }
  void clear() { present_.reset(); }
  /** Every value of `other` replaces or joins the ones here. */
  void merge(const ControlList& other);
  bool operator==(const ControlList& other) const;

  /** Calls f(ControlId, const ControlValue&) in table order. */
  template <typename F>
  void for_each(F&& f) const {
    for (size_t i = 0; i < kControlCount; i++) {
      if (present_.test(i))
        f(static_cast<ControlId>(i), values_[i]);
    }
  }
  /** "exposure-time=10000 analogue-gain=2.5 ..." */
  [[nodiscard]] std::string to_string() const;

 private:
  std::bitset<kControlCount> present_;
  std::array<ControlValue, kControlCount> values_{};
};

/** What a camera accepts for one control: within the table's range, often narrower. */
struct ControlRange {
  ControlValue min;
  ControlValue max;
  ControlValue def;
  bool operator==(const ControlRange&) const = default;
};

class ControlRanges {
 public:
  [[nodiscard]] bool has(ControlId id) const { return present_.test(static_cast<size_t>(id)); }
  [[nodiscard]] const ControlRange* find(ControlId id) const;
  void set(ControlId id, const ControlRange& range);
  void erase(ControlId id) { present_.reset(static_cast<size_t>(id)); }
  [[nodiscard]] size_t size() const { return present_.count(); }
  bool operator==(const ControlRanges& other) const;
  template <typename F>
  void for_each(F&& f) const {
    for (size_t i = 0; i < kControlCount; i++) {
      if (present_.test(i))
        f(static_cast<ControlId>(i), ranges_[i]);
    }
  }
  /** Numbers outside their range are moved to its end. */
  [[nodiscard]] ControlList clamp(const ControlList& list) const;

 private:
  std::bitset<kControlCount> present_;
  std::array<ControlRange, kControlCount> ranges_{};
};

}  // namespace gstcam
