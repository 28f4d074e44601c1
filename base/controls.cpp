/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/controls.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gstcam {

namespace {

constexpr ControlEnumValue kAeModes[] = {
    {kAeModeAuto, "auto", "Exposure time and gain follow the scene"},
    {kAeModeLocked, "locked", "Exposure time and gain stay as they are"},
    {kAeModeManual, "manual", "exposure-time and analogue-gain decide"},
};
constexpr ControlEnumValue kAwbModes[] = {
    {kAwbModeAuto, "auto", "White balance follows the light"},
    {kAwbModeLocked, "locked", "White balance stays as it is"},
    {kAwbModeGains, "gains", "colour-gains decide"},
    {kAwbModeTemperature, "temperature", "colour-temperature decides"},
};
constexpr ControlEnumValue kAfModes[] = {
    {kAfModeAuto, "auto", "Focus follows the scene"},
    {kAfModeManual, "manual", "focus-position decides"},
};
constexpr ControlEnumValue kAlgorithmStates[] = {
    {kAlgorithmInactive, "inactive", "Not running: a manual mode, or nothing to drive"},
    {kAlgorithmSearching, "searching", "On the way to its target"},
    {kAlgorithmConverged, "converged", "At its target"},
    {kAlgorithmLocked, "locked", "Holding its last result"},
    {kAlgorithmLimited, "limited", "As close as the sensor's limits allow"},
};
constexpr ControlEnumValue kIpaHosts[] = {
    {kIpaHostNone, "none", "The camera needs no IPA"},
    {kIpaHostThread, "thread", "A thread of this process"},
    {kIpaHostWorker, "worker", "A worker process"},
};
constexpr ControlEnumValue kIpaStates[] = {
    {kIpaStateOk, "ok", "The IPA computed this frame's parameters"},
    {kIpaStateRecovering, "recovering", "The last good parameters: the IPA did not answer"},
};

using Id = ControlId;
using Type = ControlType;
constexpr bool kWritable = true;
constexpr bool kReadOnly = false;
constexpr bool kMetadata = true;

/* id, name, nick, type, unit, min, max, default, count, writable, metadata, enum values, doc */
constexpr ControlInfo kTable[] = {
    {Id::AeMode, "ae-mode", "Auto exposure mode", Type::Enum, "", 0, 0, kAeModeAuto, 0, kWritable,
     kMetadata, kAeModes, "Who decides exposure time and analogue gain"},
    {Id::AeFlickerPeriod,
     "ae-flicker-period",
     "Flicker period",
     Type::Int32,
     "µs",
     0,
     100000,
     0,
     0,
     kWritable,
     kMetadata,
     {},
     "Period of the light's flicker that auto exposure avoids by whole multiples: 10000 for 50 Hz "
     "mains, 8333 for 60 Hz, 0 for none"},
    {Id::ExposureCompensation,
     "exposure-compensation",
     "Exposure compensation",
     Type::Double,
     "EV",
     -4,
     4,
     0,
     0,
     kWritable,
     kMetadata,
     {},
     "Moves the target of auto exposure: +1 is twice as bright"},
    {Id::ExposureTime,
     "exposure-time",
     "Exposure time",
     Type::Int32,
     "µs",
     1,
     60000000,
     10000,
     0,
     kWritable,
     kMetadata,
     {},
     "Exposure time; set with ae-mode=manual, reported with every frame"},
    {Id::AnalogueGain,
     "analogue-gain",
     "Analogue gain",
     Type::Double,
     "×",
     1,
     256,
     1,
     0,
     kWritable,
     kMetadata,
     {},
     "Sensor gain; set with ae-mode=manual, reported with every frame"},
    {Id::AwbMode, "awb-mode", "Auto white balance mode", Type::Enum, "", 0, 0, kAwbModeAuto, 0,
     kWritable, kMetadata, kAwbModes, "Who decides the white-balance gains"},
    {Id::ColourGains,
     "colour-gains",
     "Colour gains",
     Type::DoubleArray,
     "×",
     0.1,
     16,
     1,
     2,
     kWritable,
     kMetadata,
     {},
     "White-balance gains of red and blue, green is 1; set with awb-mode=gains"},
    {Id::ColourTemperature,
     "colour-temperature",
     "Colour temperature",
     Type::Int32,
     "K",
     1000,
     20000,
     5500,
     0,
     kWritable,
     kMetadata,
     {},
     "Correlated colour temperature of the light; set with awb-mode=temperature, else estimated"},
    {Id::Brightness,
     "brightness",
     "Brightness",
     Type::Double,
     "",
     -1,
     1,
     0,
     0,
     kWritable,
     kMetadata,
     {},
     "Added to the developed picture; 0 changes nothing"},
    {Id::Contrast,
     "contrast",
     "Contrast",
     Type::Double,
     "×",
     0,
     4,
     1,
     0,
     kWritable,
     kMetadata,
     {},
     "Slope of the tone curve around middle grey; 1 changes nothing"},
    {Id::Saturation,
     "saturation",
     "Saturation",
     Type::Double,
     "×",
     0,
     4,
     1,
     0,
     kWritable,
     kMetadata,
     {},
     "0 is grey, 1 changes nothing"},
    {Id::Sharpness,
     "sharpness",
     "Sharpness",
     Type::Double,
     "×",
     0,
     16,
     1,
     0,
     kWritable,
     kMetadata,
     {},
     "Strength of the camera's sharpening; 0 is none, 1 its default"},
    {Id::AfMode, "af-mode", "Auto focus mode", Type::Enum, "", 0, 0, kAfModeAuto, 0, kWritable,
     kMetadata, kAfModes, "Who decides the position of the lens"},
    {Id::FocusPosition,
     "focus-position",
     "Focus position",
     Type::Double,
     "",
     0,
     1,
     0,
     0,
     kWritable,
     kMetadata,
     {},
     "Position of the lens between the ends of its way; set with af-mode=manual"},
    {Id::DigitalGain,
     "digital-gain",
     "Digital gain",
     Type::Double,
     "×",
     1,
     256,
     1,
     0,
     kReadOnly,
     kMetadata,
     {},
     "Gain the ISP applied after the sensor's"},
    {Id::FrameDuration,
     "frame-duration",
     "Frame duration",
     Type::Int64,
     "ns",
     1,
     1e12,
     33333333,
     0,
     kReadOnly,
     kMetadata,
     {},
     "Time from the start of this frame to the start of the next"},
    {Id::SensorTimestamp,
     "sensor-timestamp",
     "Sensor timestamp",
     Type::Int64,
     "ns",
     0,
     9.2e18,
     0,
     0,
     kReadOnly,
     kMetadata,
     {},
     "Start of exposure of the first row, in the sensor's clock"},
    {Id::AeState, "ae-state", "Auto exposure state", Type::Enum, "", 0, 0, kAlgorithmInactive, 0,
     kReadOnly, kMetadata, kAlgorithmStates, "What auto exposure is doing"},
    {Id::AeLevel,
     "ae-level",
     "Auto exposure level",
     Type::Double,
     "",
     0,
     1,
     0,
     0,
     kReadOnly,
     kMetadata,
     {},
     "Mean linear level of this frame, 1 is white, as auto exposure meters it"},
    {Id::AeTarget,
     "ae-target",
     "Auto exposure target",
     Type::Double,
     "",
     0,
     1,
     0.18,
     0,
     kReadOnly,
     kMetadata,
     {},
     "The level that auto exposure aims at"},
    {Id::AwbState, "awb-state", "Auto white balance state", Type::Enum, "", 0, 0,
     kAlgorithmInactive, 0, kReadOnly, kMetadata, kAlgorithmStates,
     "What auto white balance is doing"},
    {Id::Lux,
     "lux",
     "Illuminance",
     Type::Double,
     "lx",
     0,
     1e6,
     0,
     0,
     kReadOnly,
     kMetadata,
     {},
     "Estimated illuminance of the scene"},
    {Id::ColourCorrectionMatrix,
     "colour-correction-matrix",
     "Colour correction matrix",
     Type::DoubleArray,
     "",
     -16,
     16,
     0,
     9,
     kReadOnly,
     kMetadata,
     {},
     "White-balanced sensor RGB to linear sRGB, row by row"},
    {Id::BlackLevel,
     "black-level",
     "Black level",
     Type::Int32,
     "16 bit DN",
     0,
     65535,
     0,
     0,
     kReadOnly,
     kMetadata,
     {},
     "Level of no light, scaled to 16 bit"},
    {Id::IpaHost, "ipa-host", "IPA host", Type::Enum, "", 0, 0, kIpaHostNone, 0, kReadOnly,
     kMetadata, kIpaHosts, "Where the image processing algorithms of this frame ran"},
    {Id::IpaState, "ipa-state", "IPA state", Type::Enum, "", 0, 0, kIpaStateOk, 0, kReadOnly,
     kMetadata, kIpaStates, "Whether the IPA answered for this frame"},
};
static_assert(std::size(kTable) == kControlCount);

constexpr bool table_in_order() {
  for (size_t i = 0; i < kControlCount; i++) {
    if (static_cast<size_t>(kTable[i].id) != i)
      return false;
  }
  return true;
}
static_assert(table_in_order(), "rows must follow the order of ControlId");

Error wrong(const ControlInfo& info, std::string_view what) {
  return Error(Error::Code::Invalid,
               "control '" + std::string(info.name) + "' " + std::string(what));
}

Result<void> check_number(const ControlInfo& info, double number) {
  if (!std::isfinite(number))
    return wrong(info, "is not a finite number");
  if (number < info.min || number > info.max) {
    char text[128];
    std::snprintf(text, sizeof text, "is %g, outside %g..%g %s", number, info.min, info.max,
                  info.unit);
    return wrong(info, text);
  }
  return {};
}

template <typename T>
T clamp_value(const ControlRange& range, T value) {
  const T* lo = std::get_if<T>(&range.min);
  const T* hi = std::get_if<T>(&range.max);
  if (!lo || !hi || *hi < *lo)
    return value;
  return std::clamp(value, *lo, *hi);
}

void clamp_elements(const ControlRange& range, DoubleArray& value) {
  const DoubleArray* lo = std::get_if<DoubleArray>(&range.min);
  const DoubleArray* hi = std::get_if<DoubleArray>(&range.max);
  if (!lo || !hi || lo->count != value.count || hi->count != value.count)
    return;
  for (size_t i = 0; i < value.count; i++) {
    if (lo->values[i] <= hi->values[i])
      value.values[i] = std::clamp(value.values[i], lo->values[i], hi->values[i]);
  }
}

std::string value_text(const ControlInfo& info, const ControlValue& value) {
  char text[64];
  if (const bool* b = std::get_if<bool>(&value))
    return *b ? "true" : "false";
  if (const int32_t* i = std::get_if<int32_t>(&value)) {
    for (const ControlEnumValue& e : info.values) {
      if (e.value == *i)
        return e.nick;
    }
    return std::to_string(*i);
  }
  if (const int64_t* l = std::get_if<int64_t>(&value))
    return std::to_string(*l);
  if (const double* d = std::get_if<double>(&value)) {
    std::snprintf(text, sizeof text, "%.17g", *d);
    return text;
  }
  std::string list = "<";
  for (double d : std::get<DoubleArray>(value).span()) {
    std::snprintf(text, sizeof text, "%s%.17g", list.size() > 1 ? "," : "", d);
    list += text;
  }
  return list + ">";
}

}  // namespace

DoubleArray::DoubleArray(std::initializer_list<double> list)
    : count(static_cast<uint8_t>(std::min(list.size(), kCapacity))) {
  std::copy_n(list.begin(), count, values.begin());
}

bool DoubleArray::operator==(const DoubleArray& other) const {
  return std::ranges::equal(span(), other.span());
}

std::span<const ControlInfo> control_table() {
  return kTable;
}

const ControlInfo& control_info(ControlId id) {
  return kTable[static_cast<size_t>(id)];
}

const ControlInfo* find_control(std::string_view name) {
  for (const ControlInfo& info : kTable) {
    if (name == info.name)
      return &info;
  }
  return nullptr;
}

Result<void> check_control(ControlId id, const ControlValue& value) {
  if (static_cast<size_t>(id) >= kControlCount)
    return Error(Error::Code::Invalid, "unknown control " + std::to_string(static_cast<int>(id)));
  const ControlInfo& info = control_info(id);
  switch (info.type) {
    case ControlType::Bool:
      if (!std::holds_alternative<bool>(value))
        return wrong(info, "is not a boolean");
      return {};
    case ControlType::Int32:
      if (const int32_t* i = std::get_if<int32_t>(&value))
        return check_number(info, *i);
      return wrong(info, "is not a 32 bit integer");
    case ControlType::Int64:
      if (const int64_t* i = std::get_if<int64_t>(&value))
        return check_number(info, static_cast<double>(*i));
      return wrong(info, "is not a 64 bit integer");
    case ControlType::Double:
      if (const double* d = std::get_if<double>(&value))
        return check_number(info, *d);
      return wrong(info, "is not a double");
    case ControlType::Enum: {
      const int32_t* i = std::get_if<int32_t>(&value);
      if (i && std::ranges::any_of(info.values,
                                   [i](const ControlEnumValue& e) { return e.value == *i; }))
        return {};
      return wrong(info, "is not one of its values");
    }
    case ControlType::DoubleArray: {
      const DoubleArray* a = std::get_if<DoubleArray>(&value);
      if (!a || a->count != info.count)
        return wrong(info, "is not an array of " + std::to_string(info.count) + " doubles");
      for (double d : a->span()) {
        if (Result<void> r = check_number(info, d); !r)
          return r;
      }
      return {};
    }
  }
  return wrong(info, "has an unknown type");
}

const ControlValue* ControlList::find(ControlId id) const {
  return has(id) ? &values_[static_cast<size_t>(id)] : nullptr;
}

void ControlList::set(ControlId id, const ControlValue& value) {
  present_.set(static_cast<size_t>(id));
  values_[static_cast<size_t>(id)] = value;
}

void ControlList::merge(const ControlList& other) {
  other.for_each([this](ControlId id, const ControlValue& value) { set(id, value); });
}

bool ControlList::operator==(const ControlList& other) const {
  if (present_ != other.present_)
    return false;
  for (size_t i = 0; i < kControlCount; i++) {
    if (present_.test(i) && values_[i] != other.values_[i])
      return false;
  }
  return true;
}

std::string ControlList::to_string() const {
  std::string text;
  for_each([&text](ControlId id, const ControlValue& value) {
    const ControlInfo& info = control_info(id);
    text += (text.empty() ? "" : " ") + std::string(info.name) + "=" + value_text(info, value);
  });
  return text;
}

const ControlRange* ControlRanges::find(ControlId id) const {
  return has(id) ? &ranges_[static_cast<size_t>(id)] : nullptr;
}

void ControlRanges::set(ControlId id, const ControlRange& range) {
  present_.set(static_cast<size_t>(id));
  ranges_[static_cast<size_t>(id)] = range;
}

bool ControlRanges::operator==(const ControlRanges& other) const {
  if (present_ != other.present_)
    return false;
  for (size_t i = 0; i < kControlCount; i++) {
    if (present_.test(i) && !(ranges_[i] == other.ranges_[i]))
      return false;
  }
  return true;
}

ControlList ControlRanges::clamp(const ControlList& list) const {
  ControlList result;
  list.for_each([&](ControlId id, const ControlValue& value) {
    const ControlRange* range = find(id);
    ControlValue v = value;
    if (range && control_info(id).type != ControlType::Enum) {
      if (int32_t* i = std::get_if<int32_t>(&v))
        *i = clamp_value(*range, *i);
      else if (int64_t* l = std::get_if<int64_t>(&v))
        *l = clamp_value(*range, *l);
      else if (double* d = std::get_if<double>(&v))
        *d = clamp_value(*range, *d);
      else if (DoubleArray* a = std::get_if<DoubleArray>(&v))
        clamp_elements(*range, *a);
    }
    result.set(id, v);
  });
  return result;
}

}  // namespace gstcam
