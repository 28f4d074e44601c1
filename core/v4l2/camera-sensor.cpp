/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/camera-sensor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace gstcam::v4l2 {

namespace {

constexpr uint32_t kPad = 0;  // that a sensor's pictures leave by
/* No sensor reads a line faster or slower, ns. */
constexpr double kLineMin = 10;
constexpr double kLineMax = 1e8;

/* "imx219 10-0010": drivers of I2C sensors add bus and address to the model; others do not. */
std::string model_of(const std::string& entity) {
  const size_t space = entity.rfind(' ');
  const size_t dash = entity.find('-', space == std::string::npos ? entity.size() : space);
  if (space == std::string::npos || dash == std::string::npos)
    return entity;
  const auto hex = [&entity](size_t from, size_t to) {
    return from < to && std::all_of(entity.begin() + static_cast<std::ptrdiff_t>(from),
                                    entity.begin() + static_cast<std::ptrdiff_t>(to),
                                    [](unsigned char c) { return std::isxdigit(c) != 0; });
  };
  return hex(space + 1, dash) && hex(dash + 1, entity.size()) ? entity.substr(0, space) : entity;
}

uint64_t area(const SensorMode& mode) {
  return uint64_t{mode.size.max.width} * mode.size.max.height;
}

}  // namespace

CameraSensor::CameraSensor(Subdevice subdevice, std::string entity)
    : subdevice_(std::move(subdevice)),
      entity_(std::move(entity)),
      model_(model_of(entity_)),
      properties_(find_sensor_properties(model_)) {}

Result<std::unique_ptr<CameraSensor>> CameraSensor::open(Kernel& kernel, const std::string& path,
                                                         const std::string& entity) {
  Result<Subdevice> subdevice = Subdevice::open(kernel, path, entity);
  if (!subdevice)
    return subdevice.error();
  std::unique_ptr<CameraSensor> self(
      new CameraSensor(std::move(subdevice).value(), entity));  // NOLINT: private constructor
  Result<DeviceControls> controls = DeviceControls::query(self->subdevice_.device());
  if (!controls)
    return controls.error();
  self->controls_.emplace(std::move(controls).value());
  self->assume_gain();
  if (Result<void> r = self->find_place(); !r)
    return r.error();
  if (Result<void> r = self->find_modes(); !r)
    return r.error();
  return self;
}

void CameraSensor::assume_gain() {
  const ControlDescription* control = controls_->find(V4L2_CID_ANALOGUE_GAIN);
  if (!control || !control->writable())
    return;
  if (properties_) {
    gain_ = properties_->gain;
  } else if (control->min > 0) {
    // Most sensors count gain in fractions of one and begin with it.
    gain_ = SensorGain::linear(1, 0, 0, static_cast<double>(control->min));
    subdevice_.device().remark("the sensor '" + model_ + "' is not known: its gain is taken as " +
                               "proportional to its codes, its delays as usual");
  } else {
    subdevice_.device().remark("the sensor '" + model_ + "' is not known: what its gain codes " +
                               "mean cannot be told");
  }
}

Result<void> CameraSensor::find_place() {
  if (controls_->find(V4L2_CID_CAMERA_ORIENTATION)) {
    Result<int64_t> value = controls_->get(V4L2_CID_CAMERA_ORIENTATION);
    if (!value)
      return value.error();
    constexpr std::array kLocations = {Location::Front, Location::Back, Location::External};
    if (*value >= 0 && *value < static_cast<int64_t>(kLocations.size()))
      location_ = kLocations[static_cast<size_t>(*value)];
  }
  if (controls_->find(V4L2_CID_CAMERA_SENSOR_ROTATION)) {
    Result<int64_t> value = controls_->get(V4L2_CID_CAMERA_SENSOR_ROTATION);
    if (!value)
      return value.error();
    rotation_ = static_cast<uint32_t>((*value % 360 + 360) % 360);
  }
  Result<std::optional<Rect>> native = subdevice_.find_selection(kPad, V4L2_SEL_TGT_NATIVE_SIZE);
  if (!native)
    return native.error();
  if (*native)
    array_size_ = {(*native)->width, (*native)->height};
  return {};
}

Result<void> CameraSensor::find_modes() {
  Result<std::vector<uint32_t>> codes = subdevice_.codes(kPad);
  if (!codes)
    return codes.error();
  for (uint32_t code : *codes) {
    const std::optional<MediaBusFormat> format = media_bus_format(code);
    if (!format) {
      subdevice_.device().remark("a mode of the unknown code " + media_bus_text(code));
      continue;
    }
    Result<std::vector<SizeRange>> sizes = subdevice_.frame_sizes(kPad, code);
    if (!sizes)
      return sizes.error();
    for (const SizeRange& size : *sizes)
      modes_.push_back({*format, size});
  }
  if (modes_.empty()) {
    return Error(Error::Code::Unsupported,
                 subdevice_.device().label() + ": the sensor has no mode that is known here",
                 "'v4l2-ctl -d " + subdevice_.device().path() +
                     " --list-subdev-mbus-codes' shows those it has");
  }
  std::ranges::stable_sort(modes_, std::greater(), area);
  return {};
}

SensorDelays CameraSensor::delays() const {
  return properties_ && properties_->delays ? *properties_->delays : SensorDelays{};
}

DelayedControls CameraSensor::delayed_controls() const {
  const SensorDelays d = delays();
  return DelayedControls(d.exposure, d.gain, d.frame_duration);
}

Result<PadFormat> CameraSensor::configure(const PadFormat& wanted) {
  line_duration_ = 0;
  Result<PadFormat> format = subdevice_.set_format(kPad, wanted);
  if (!format)
    return format;
  format_ = *format;
  crop_.reset();
  Result<std::optional<Rect>> crop = subdevice_.find_selection(kPad, V4L2_SEL_TGT_CROP);
  if (!crop)
    return crop.error();
  crop_ = *crop;
  if (Result<void> r = turn_automatics_off(); !r)
    return r.error();
  if (Result<void> r = read_mode(); !r)
    return r.error();
  return format;
}

Result<void> CameraSensor::turn_automatics_off() {
  const std::optional<MediaBusFormat> format = media_bus_format(format_.code);
  const bool raw = format && (format->kind == MediaBusFormat::Kind::Bayer ||
                              format->kind == MediaBusFormat::Kind::Mono);
  if (!raw)
    return {};
  for (const ControlSetting& off :
       {ControlSetting{V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL},
        ControlSetting{V4L2_CID_AUTOGAIN, 0}, ControlSetting{V4L2_CID_AUTO_WHITE_BALANCE, 0}}) {
    const ControlDescription* control = controls_->find(off.id);
    if (!control || !control->writable())
      continue;
    if (Result<void> r = controls_->set(off.id, off.value); !r)
      return r;
  }
  return {};
}

/* The mode decides of ranges and values of all that times are made of. */
Result<void> CameraSensor::read_mode() {
  for (uint32_t id : {V4L2_CID_PIXEL_RATE, V4L2_CID_HBLANK, V4L2_CID_VBLANK, V4L2_CID_EXPOSURE}) {
    if (!controls_->find(id))
      return {};
    if (Result<void> r = controls_->refresh(id); !r)
      return r;
  }
  if (gain_) {
    if (Result<void> r = controls_->refresh(V4L2_CID_ANALOGUE_GAIN); !r)
      return r;
  }
  std::array<ControlSetting, 5> values = {{{V4L2_CID_PIXEL_RATE},
                                           {V4L2_CID_HBLANK},
                                           {V4L2_CID_VBLANK},
                                           {V4L2_CID_EXPOSURE},
                                           {V4L2_CID_ANALOGUE_GAIN}}};
  if (Result<void> r = controls_->get({values.data(), gain_ ? 5U : 4U}); !r)
    return r;
  const double pixels =
      static_cast<double>(format_.size.width) + static_cast<double>(values[1].value);
  const double line = pixels * 1e9 / static_cast<double>(values[0].value);
  if (!(line >= kLineMin && line <= kLineMax)) {
    return subdevice_.device().nonsense("lines of " + std::to_string(format_.size.width) + " + " +
                                        std::to_string(values[1].value) + " pixels at " +
                                        std::to_string(values[0].value) + "/s");
  }
  codes_.vblank = values[2].value;
  codes_.exposure = values[3].value;
  codes_.gain = gain_ ? values[4].value : 0;
  const int64_t frame = format_.size.height + codes_.vblank;
  // Drivers whose limit does not follow the frame's length leave the frame itself as the limit.
  exposure_margin_ = std::max<int64_t>(0, frame - controls_->find(V4L2_CID_EXPOSURE)->max);
  if (frame <= 0 || controls_->find(V4L2_CID_VBLANK)->min + format_.size.height <= 0)
    return subdevice_.device().nonsense("a frame of " + std::to_string(frame) + " lines");
  line_duration_ = line;
  return {};
}

int64_t CameraSensor::lines_of(double ns) const {
  // A request may ask for anything; a frame of 2^31 lines there is not.
  return static_cast<int64_t>(std::clamp(std::round(ns / line_duration_), 0.0, 2147483647.0));
}

int64_t CameraSensor::exposure_max(int64_t vblank) const {
  return std::max(format_.size.height + vblank - exposure_margin_,
                  controls_->find(V4L2_CID_EXPOSURE)->min);
}

Result<SensorLimits> CameraSensor::limits() const {
  if (!timed()) {
    return Error(Error::Code::Unsupported,
                 subdevice_.device().label() + ": the times of the sensor are not known",
                 "its driver has to have the controls PIXEL_RATE, HBLANK, VBLANK and EXPOSURE, and "
                 "a mode has to be set");
  }
  const ControlDescription& vblank = *controls_->find(V4L2_CID_VBLANK);
  const auto time = [this](int64_t lines) {
    return static_cast<int64_t>(std::llround(static_cast<double>(lines) * line_duration_));
  };
  SensorLimits limits;
  limits.line_duration = line_duration_;
  limits.exposure_time_min = time(std::max<int64_t>(controls_->find(V4L2_CID_EXPOSURE)->min, 1));
  limits.exposure_time_max = time(exposure_max(vblank.max));
  limits.frame_duration_min = time(format_.size.height + vblank.min);
  limits.frame_duration_max = time(format_.size.height + vblank.max);
  if (gain_) {
    const ControlDescription& gain = *controls_->find(V4L2_CID_ANALOGUE_GAIN);
    const double low = gain_->gain(static_cast<double>(gain.min));
    const double high = gain_->gain(static_cast<double>(gain.max));
    // A driver's range may reach beyond what its codes can mean: what amplifies is what counts.
    limits.analogue_gain_min = std::isfinite(low) ? std::max(low, 1.0) : 1.0;
    limits.analogue_gain_max =
        std::isfinite(high) && high > limits.analogue_gain_min ? high : limits.analogue_gain_min;
  }
  return limits;
}

CameraSensor::Codes CameraSensor::codes_of(const ControlList& controls) const {
  Codes codes = codes_;
  if (controls.has(ControlId::FrameDuration)) {
    const int64_t ns = controls.get_or(ControlId::FrameDuration, int64_t{0});
    codes.vblank = controls_->find(V4L2_CID_VBLANK)
                       ->nearest(lines_of(static_cast<double>(ns)) - format_.size.height);
  }
  if (controls.has(ControlId::ExposureTime)) {
    const int32_t us = controls.get_or(ControlId::ExposureTime, int32_t{0});
    codes.exposure = lines_of(us * 1000.0);
  }
  codes.exposure = std::clamp(codes.exposure, controls_->find(V4L2_CID_EXPOSURE)->min,
                              exposure_max(codes.vblank));
  if (gain_ && controls.has(ControlId::AnalogueGain)) {
    const ControlDescription& control = *controls_->find(V4L2_CID_ANALOGUE_GAIN);
    const double wanted = std::max(controls.get_or(ControlId::AnalogueGain, 1.0), 1.0);
    const double code = gain_->code(wanted);
    if (std::isfinite(code)) {
      codes.gain = control.nearest(std::llround(
          std::clamp(code, static_cast<double>(control.min), static_cast<double>(control.max))));
    }
  }
  return codes;
}

ControlList CameraSensor::list_of(const Codes& codes, const ControlList& which) const {
  ControlList list;
  if (which.has(ControlId::ExposureTime)) {
    const double us = static_cast<double>(codes.exposure) * line_duration_ / 1000.0;
    list.set(ControlId::ExposureTime,
             static_cast<int32_t>(std::clamp(std::round(us), 1.0, 2147483647.0)));
  }
  if (gain_ && which.has(ControlId::AnalogueGain))
    list.set(ControlId::AnalogueGain, gain_->gain(static_cast<double>(codes.gain)));
  if (which.has(ControlId::FrameDuration)) {
    const double lines = static_cast<double>(format_.size.height + codes.vblank);
    list.set(ControlId::FrameDuration, static_cast<int64_t>(std::llround(lines * line_duration_)));
  }
  return list;
}

ControlList CameraSensor::nearest(const ControlList& controls) const {
  if (!timed())
    return {};
  return list_of(codes_of(controls), controls);
}

ControlList CameraSensor::current() const {
  if (!timed())
    return {};
  ControlList all;
  all.set(ControlId::ExposureTime, int32_t{0});
  all.set(ControlId::AnalogueGain, 0.0);
  all.set(ControlId::FrameDuration, int64_t{0});
  return list_of(codes_, all);
}

Result<void> CameraSensor::write(const ControlList& controls) {
  if (!timed())
    return limits().error();
  const Codes wanted = codes_of(controls);
  if (wanted.vblank != codes_.vblank) {
    // On its own and first: drivers check the exposure against the frame's length of before.
    if (Result<void> r = controls_->set(V4L2_CID_VBLANK, wanted.vblank); !r)
      return r;
    codes_.vblank = wanted.vblank;
    if (Result<void> r = controls_->refresh(V4L2_CID_EXPOSURE); !r)
      return r;
    codes_.exposure = controls_->find(V4L2_CID_EXPOSURE)->nearest(codes_.exposure);
  }
  std::array<ControlSetting, 2> settings;
  size_t count = 0;
  if (wanted.exposure != codes_.exposure) {
    const int64_t exposure = controls_->find(V4L2_CID_EXPOSURE)->nearest(wanted.exposure);
    settings[count++] = {V4L2_CID_EXPOSURE, exposure};
  }
  if (wanted.gain != codes_.gain)
    settings[count++] = {V4L2_CID_ANALOGUE_GAIN, wanted.gain};
  if (Result<void> r = controls_->set({settings.data(), count}); !r)
    return r;
  for (size_t i = 0; i < count; i++) {
    if (settings[i].id == V4L2_CID_EXPOSURE)
      codes_.exposure = settings[i].value;
    else
      codes_.gain = settings[i].value;
  }
  return {};
}

}  // namespace gstcam::v4l2
