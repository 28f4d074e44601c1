/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/uvcvideo/webcam-controls.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace gstcam::uvcvideo {

namespace {

using v4l2::ControlDescription;

/* How a device's numbers are ours. */
enum class Scale : uint8_t {
  Hundreds,   // 100 µs a step
  Kelvin,     // as it is
  Thousands,  // 0.001 a unit, items of an integer menu
  Gain,       // lowest 1, highest 16
  Unit,       // lowest 0, highest 1
  Balance,    // lowest -1, default 0, highest 1
  Factor,     // lowest 0, default 1
};

struct Number {
  ControlId id;
  uint32_t cid;
  Scale scale;
};

constexpr Number kNumbers[] = {
    {ControlId::ExposureTime, V4L2_CID_EXPOSURE_ABSOLUTE, Scale::Hundreds},
    {ControlId::AnalogueGain, V4L2_CID_GAIN, Scale::Gain},
    {ControlId::ExposureCompensation, V4L2_CID_AUTO_EXPOSURE_BIAS, Scale::Thousands},
    {ControlId::ColourTemperature, V4L2_CID_WHITE_BALANCE_TEMPERATURE, Scale::Kelvin},
    {ControlId::FocusPosition, V4L2_CID_FOCUS_ABSOLUTE, Scale::Unit},
    {ControlId::Brightness, V4L2_CID_BRIGHTNESS, Scale::Balance},
    {ControlId::Contrast, V4L2_CID_CONTRAST, Scale::Factor},
    {ControlId::Saturation, V4L2_CID_SATURATION, Scale::Factor},
    {ControlId::Sharpness, V4L2_CID_SHARPNESS, Scale::Factor},
};

constexpr double kHighestGain = 16;
constexpr int32_t kFlicker50 = 10000;
constexpr int32_t kFlicker60 = 8333;

bool is_number(const ControlDescription& control) {
  using Kind = ControlDescription::Kind;
  return control.writable() && (control.kind == Kind::Integer || control.kind == Kind::Integer64 ||
                                control.kind == Kind::IntegerMenu);
}

double position(double code, double low, double high) {
  return high > low ? (code - low) / (high - low) : 0;
}

double to_ours(Scale scale, const ControlDescription& c, int64_t code) {
  const auto value = static_cast<double>(code);
  const auto min = static_cast<double>(c.min);
  const auto max = static_cast<double>(c.max);
  const auto def = static_cast<double>(c.def);
  switch (scale) {
    case Scale::Hundreds:
      return value * 100;
    case Scale::Kelvin:
      return value;
    case Scale::Thousands: {
      const ControlDescription::MenuItem* item = c.find_item(code);
      return static_cast<double>(item ? item->value : code) / 1000;
    }
    case Scale::Gain:
      return 1 + position(value, min, max) * (kHighestGain - 1);
    case Scale::Unit:
      return position(value, min, max);
    case Scale::Balance:
      return value < def ? position(value, min, def) - 1 : position(value, def, max);
    case Scale::Factor:
      return position(value, min, def);
  }
  return value;
}

/** The code whose value in our units is nearest: scales rise with their codes. */
int64_t to_code(Scale scale, const ControlDescription& c, double ours) {
  if (c.kind == ControlDescription::Kind::IntegerMenu) {
    const auto nearest =
        std::ranges::min_element(c.menu, {}, [&](const ControlDescription::MenuItem& item) {
          return std::abs(to_ours(scale, c, item.index) - ours);
        });
    return nearest == c.menu.end() ? c.def : nearest->index;
  }
  int64_t low = c.min;
  int64_t high = c.max;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (to_ours(scale, c, middle) <= ours ? low : high) = middle;
  }
  const bool lower =
      std::abs(to_ours(scale, c, low) - ours) <= std::abs(to_ours(scale, c, high) - ours);
  return c.nearest(lower ? low : high);
}

/** In the table's type, moved into the table's range. */
ControlValue value_of(ControlId id, double number) {
  const ControlInfo& info = control_info(id);
  const double clamped = std::clamp(number, info.min, info.max);
  if (info.type == ControlType::Int32)
    return static_cast<int32_t>(std::lround(clamped));
  return clamped;
}

double number_of(const ControlValue& value) {
  if (const auto* i = std::get_if<int32_t>(&value))
    return *i;
  if (const auto* d = std::get_if<double>(&value))
    return *d;
  return 0;
}

/** The code range in which our value says something; nothing where it never does. */
bool usable(Scale scale, const ControlDescription& c) {
  if (!is_number(c) || c.min >= c.max)
    return false;
  return scale != Scale::Factor || c.def > c.min;
}

int64_t flicker_item(int32_t period) {
  if (period == 0)
    return V4L2_CID_POWER_LINE_FREQUENCY_DISABLED;
  return std::abs(period - kFlicker50) <= std::abs(period - kFlicker60)
             ? V4L2_CID_POWER_LINE_FREQUENCY_50HZ
             : V4L2_CID_POWER_LINE_FREQUENCY_60HZ;
}

int32_t flicker_period(int64_t item) {
  if (item == V4L2_CID_POWER_LINE_FREQUENCY_50HZ)
    return kFlicker50;
  return item == V4L2_CID_POWER_LINE_FREQUENCY_60HZ ? kFlicker60 : 0;
}

const Number* find_number(ControlId id) {
  const auto* row = std::ranges::find(kNumbers, id, &Number::id);
  return row == std::end(kNumbers) ? nullptr : row;
}

}  // namespace

Result<WebcamControls> WebcamControls::query(v4l2::Device& device) {
  Result<v4l2::DeviceControls> controls = v4l2::DeviceControls::query(device);
  if (!controls)
    return controls.error();
  WebcamControls self(std::move(*controls));
  self.add_modes();
  self.add_numbers();
  self.read();
  return self;
}

void WebcamControls::add_numbers() {
  for (const Number& row : kNumbers) {
    const ControlDescription* c = device_.find(row.cid);
    if (!c || !usable(row.scale, *c))
      continue;
    ranges_.set(row.id, {value_of(row.id, to_ours(row.scale, *c, c->min)),
                         value_of(row.id, to_ours(row.scale, *c, c->max)),
                         value_of(row.id, to_ours(row.scale, *c, c->def))});
  }
}

void WebcamControls::add_modes() {
  if (const ControlDescription* c = device_.find(V4L2_CID_EXPOSURE_AUTO);
      c && c->writable() && c->find_item(V4L2_EXPOSURE_MANUAL)) {
    for (const int64_t item : {V4L2_EXPOSURE_APERTURE_PRIORITY, V4L2_EXPOSURE_AUTO}) {
      if (!c->find_item(item))
        continue;
      auto_exposure_ = item;
      ranges_.set(ControlId::AeMode,
                  {int32_t{kAeModeAuto}, int32_t{kAeModeManual}, int32_t{kAeModeAuto}});
      break;
    }
  }
  if (const ControlDescription* c = device_.find(V4L2_CID_AUTO_WHITE_BALANCE); c && c->writable())
    ranges_.set(ControlId::AwbMode,
                {int32_t{kAwbModeAuto}, int32_t{kAwbModeTemperature}, int32_t{kAwbModeAuto}});
  if (const ControlDescription* c = device_.find(V4L2_CID_FOCUS_AUTO); c && c->writable())
    ranges_.set(ControlId::AfMode,
                {int32_t{kAfModeAuto}, int32_t{kAfModeManual}, int32_t{kAfModeAuto}});
  if (const ControlDescription* c = device_.find(V4L2_CID_POWER_LINE_FREQUENCY); c && c->writable())
    ranges_.set(ControlId::AeFlickerPeriod, {int32_t{0}, kFlicker50, flicker_period(c->def)});
}

bool WebcamControls::ruled_by_automatics(ControlId id) const {
  switch (id) {
    case ControlId::ExposureTime:
    case ControlId::AnalogueGain:
      return in_force_.get_or<int32_t>(ControlId::AeMode, kAeModeManual) != kAeModeManual;
    case ControlId::ColourTemperature:
      return in_force_.get_or<int32_t>(ControlId::AwbMode, kAwbModeTemperature) !=
             kAwbModeTemperature;
    case ControlId::FocusPosition:
      return in_force_.get_or<int32_t>(ControlId::AfMode, kAfModeManual) != kAfModeManual;
    default:
      return false;
  }
}

Result<void> WebcamControls::write(ControlId id, const ControlValue& value) {
  const auto number = static_cast<int32_t>(number_of(value));
  switch (id) {
    case ControlId::AeMode:
      return device_.set(V4L2_CID_EXPOSURE_AUTO,
                         number == kAeModeAuto ? auto_exposure_ : int64_t{V4L2_EXPOSURE_MANUAL});
    case ControlId::AwbMode:
      return device_.set(V4L2_CID_AUTO_WHITE_BALANCE, number == kAwbModeAuto ? 1 : 0);
    case ControlId::AfMode:
      return device_.set(V4L2_CID_FOCUS_AUTO, number == kAfModeAuto ? 1 : 0);
    case ControlId::AeFlickerPeriod:
      return device_.set(V4L2_CID_POWER_LINE_FREQUENCY, flicker_item(number));
    default:
      break;
  }
  const Number* row = find_number(id);
  const ControlDescription* c = row ? device_.find(row->cid) : nullptr;
  if (!c)
    return {};
  return device_.set(row->cid, to_code(row->scale, *c, number_of(value)));
}

Result<void> WebcamControls::apply(const ControlList& controls) {
  Result<void> result;
  wanted_.merge(controls);
  const auto take = [&](ControlId id) {
    const ControlValue* value = wanted_.find(id);
    if (!value || !result)
      return;
    if (!ranges_.has(id)) {
      wanted_.erase(id);
      return;
    }
    if (ruled_by_automatics(id))
      return;
    const ControlValue* now = in_force_.find(id);
    if (!now || !(*now == *value)) {
      result = write(id, *value);
      if (result)
        in_force_.set(id, *value);
    }
    wanted_.erase(id);
  };
  /* Modes first: they say which values may be written. */
  for (const ControlId mode : {ControlId::AeMode, ControlId::AwbMode, ControlId::AfMode})
    take(mode);
  for (const ControlInfo& info : control_table())
    take(info.id);
  return result;
}

/**
 * Values as the last application left them: a device keeps them while it has power. What cannot be
 * read is not known, until it is written.
 */
void WebcamControls::read() {
  const auto known = [this](uint32_t cid) -> std::optional<int64_t> {
    const ControlDescription* c = device_.find(cid);
    if (!c || !c->readable())
      return std::nullopt;
    Result<int64_t> value = device_.get(cid);
    return value ? std::optional(*value) : std::nullopt;
  };
  if (const auto item =
          ranges_.has(ControlId::AeMode) ? known(V4L2_CID_EXPOSURE_AUTO) : std::nullopt)
    in_force_.set(ControlId::AeMode,
                  int32_t{*item == V4L2_EXPOSURE_MANUAL ? kAeModeManual : kAeModeAuto});
  if (const auto on =
          ranges_.has(ControlId::AwbMode) ? known(V4L2_CID_AUTO_WHITE_BALANCE) : std::nullopt)
    in_force_.set(ControlId::AwbMode, int32_t{*on != 0 ? kAwbModeAuto : kAwbModeTemperature});
  if (const auto on = ranges_.has(ControlId::AfMode) ? known(V4L2_CID_FOCUS_AUTO) : std::nullopt)
    in_force_.set(ControlId::AfMode, int32_t{*on != 0 ? kAfModeAuto : kAfModeManual});
  if (const auto item = ranges_.has(ControlId::AeFlickerPeriod)
                            ? known(V4L2_CID_POWER_LINE_FREQUENCY)
                            : std::nullopt)
    in_force_.set(ControlId::AeFlickerPeriod, flicker_period(*item));
  for (const Number& row : kNumbers) {
    if (!ranges_.has(row.id) || ruled_by_automatics(row.id))
      continue;
    if (const auto code = known(row.cid))
      in_force_.set(row.id, value_of(row.id, to_ours(row.scale, *device_.find(row.cid), *code)));
  }
}

}  // namespace gstcam::uvcvideo
