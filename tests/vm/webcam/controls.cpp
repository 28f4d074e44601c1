/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/controls.h"

#include <linux/usb/video.h>

#include <bit>
#include <iterator>

#include "tests/vm/webcam/model.h"

namespace gstcam::webcam {
namespace {

constexpr uint8_t kCt = kCameraTerminal, kPu = kProcessingUnit;

// Bits: UVC 1.1, tables 3-6 and 3-8. Exposure is in 100 us, white balance in kelvin.
// entity, selector, bit, size, minimum, maximum, step, initial, bitmap, owner, manual values
constexpr ControlSpec kSpecs[] = {
    // Manual (1) and aperture priority (8), which is what webcams call automatic.
    {kCt, UVC_CT_AE_MODE_CONTROL, 1, 1, 1, 8, 1 | 8, 8, true},
    {kCt, UVC_CT_AE_PRIORITY_CONTROL, 2, 1, 0, 1, 1, 0},
    {kCt, UVC_CT_EXPOSURE_TIME_ABSOLUTE_CONTROL, 3, 4, 3, 2047, 1, 250, false,
     UVC_CT_AE_MODE_CONTROL, 1U << 1},
    {kCt, UVC_CT_FOCUS_ABSOLUTE_CONTROL, 5, 2, 0, 250, 5, 0, false, UVC_CT_FOCUS_AUTO_CONTROL,
     1U << 0},
    {kCt, UVC_CT_ZOOM_ABSOLUTE_CONTROL, 9, 2, 100, 500, 1, 100},
    {kCt, UVC_CT_FOCUS_AUTO_CONTROL, 17, 1, 0, 1, 1, 1},
    {kPu, UVC_PU_BRIGHTNESS_CONTROL, 0, 2, -64, 64, 1, 0},
    {kPu, UVC_PU_CONTRAST_CONTROL, 1, 2, 0, 64, 1, 32},
    {kPu, UVC_PU_HUE_CONTROL, 2, 2, -40, 40, 1, 0},
    {kPu, UVC_PU_SATURATION_CONTROL, 3, 2, 0, 128, 1, 64},
    {kPu, UVC_PU_SHARPNESS_CONTROL, 4, 2, 0, 6, 1, 3},
    {kPu, UVC_PU_WHITE_BALANCE_TEMPERATURE_CONTROL, 6, 2, 2800, 6500, 10, 4600, false,
     UVC_PU_WHITE_BALANCE_TEMPERATURE_AUTO_CONTROL, 1U << 0},
    {kPu, UVC_PU_GAMMA_CONTROL, 5, 2, 72, 500, 1, 100},
    {kPu, UVC_PU_BACKLIGHT_COMPENSATION_CONTROL, 8, 2, 0, 2, 1, 1},
    {kPu, UVC_PU_GAIN_CONTROL, 9, 2, 0, 100, 1, 0},
    // Off, 50 Hz, 60 Hz.
    {kPu, UVC_PU_POWER_LINE_FREQUENCY_CONTROL, 10, 1, 0, 2, 1, 1},
    {kPu, UVC_PU_WHITE_BALANCE_TEMPERATURE_AUTO_CONTROL, 12, 1, 0, 1, 1, 1},
};

// UVC 1.1, 4.2.1.2
enum : uint8_t {
  kNoError = 0,
  kWrongState = 2,
  kOutOfRange = 4,
  kInvalidControl = 6,
  kInvalidRequest = 7
};

Bytes number(int32_t value, size_t size) {
  Bytes out;
  for (size_t i = 0; i < size; i++)
    out.push_back(static_cast<uint8_t>(static_cast<uint32_t>(value) >> (8 * i)));
  return out;
}

int32_t signed_number(ByteSpan bytes, size_t size) {
  const uint32_t value = get(bytes, 0, size);
  return size == 2 ? static_cast<int16_t>(value) : static_cast<int32_t>(value);
}

bool in_range(const ControlSpec& spec, int32_t value) {
  if (spec.bitmap)
    return std::has_single_bit(static_cast<uint32_t>(value)) && (value & ~spec.step) == 0;
  return value >= spec.minimum && value <= spec.maximum && (value - spec.minimum) % spec.step == 0;
}

}  // namespace

const ControlSpec* control_spec(uint8_t entity, uint8_t selector) {
  for (const ControlSpec& spec : kSpecs) {
    if (spec.entity == entity && spec.selector == selector)
      return &spec;
  }
  return nullptr;
}

uint32_t control_bits(uint8_t entity) {
  uint32_t bits = 0;
  for (const ControlSpec& spec : kSpecs) {
    if (spec.entity == entity)
      bits |= 1U << spec.bit;
  }
  return bits;
}

ControlState::ControlState() {
  static_assert(std::size(kSpecs) == kCount);
  for (size_t i = 0; i < kCount; i++)
    values_[i] = kSpecs[i].initial;
}

int32_t ControlState::value(uint8_t entity, uint8_t selector) const {
  const ControlSpec* spec = control_spec(entity, selector);
  return spec ? values_[static_cast<size_t>(spec - kSpecs)] : 0;
}

bool ControlState::owned(const ControlSpec& spec) const {
  return spec.owner != 0 && (spec.manual_values >> value(spec.entity, spec.owner) & 1) == 0;
}

std::optional<Bytes> ControlState::get(uint8_t entity, uint8_t selector, uint8_t request) {
  const ControlSpec* spec = control_spec(entity, selector);
  if (!spec) {
    error_ = kInvalidControl;
    return std::nullopt;
  }
  error_ = kNoError;
  switch (request) {
    case UVC_GET_CUR:
      return number(value(entity, selector), spec->size);
    case UVC_GET_MIN:
      return number(spec->minimum, spec->size);
    case UVC_GET_MAX:
      return number(spec->maximum, spec->size);
    case UVC_GET_RES:
      return number(spec->step, spec->size);
    case UVC_GET_DEF:
      return number(spec->initial, spec->size);
    case UVC_GET_LEN:
      return number(spec->size, 2);
    case UVC_GET_INFO:
      return number(
          UVC_CONTROL_CAP_GET | UVC_CONTROL_CAP_SET | (owned(*spec) ? UVC_CONTROL_CAP_DISABLED : 0),
          1);
    default:
      error_ = kInvalidRequest;
      return std::nullopt;
  }
}

bool ControlState::set(uint8_t entity, uint8_t selector, ByteSpan bytes) {
  const ControlSpec* spec = control_spec(entity, selector);
  const int32_t wanted = spec ? signed_number(bytes, spec->size) : 0;
  if (!spec)
    error_ = kInvalidControl;
  else if (bytes.size() != spec->size)
    error_ = kInvalidRequest;
  else if (owned(*spec))
    error_ = kWrongState;
  else if (!in_range(*spec, wanted))
    error_ = kOutOfRange;
  else
    error_ = kNoError;
  if (error_ != kNoError)
    return false;
  values_[static_cast<size_t>(spec - kSpecs)] = wanted;
  return true;
}

}  // namespace gstcam::webcam
