/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/sensor-controls.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace gstcam::vimc {

namespace {

/* Private controls of the driver: VIMC_CID_VIMC_BASE + 1 of drivers/media/test-drivers/vimc
 * (V4L2_CTRL_CLASS_USER's neighbour 0x00f00000 with V4L2's bit for private ones, 0xf000). */
constexpr uint32_t kMeanWindow = 0x00f0f001;

/** The range that both have in common. */
Result<void> narrow(const v4l2::DeviceControls& controls, const v4l2::Device& device, uint32_t id,
                    const char* name, DriverLimits::Range& range, bool first) {
  const v4l2::ControlDescription* c = controls.find(id);
  if (!c || !c->writable())
    return Error(Error::Code::Unsupported, device.label() + " has no control '" + name + "' to set",
                 "this handler knows the vimc of Linux 5.10 and newer");
  if (first)
    range = {c->min, c->max, c->step};
  else
    range = {std::max(range.min, c->min), std::min(range.max, c->max),
             std::max(range.step, c->step)};
  return {};
}

}  // namespace

Result<SensorControls> SensorControls::query(const Devices& devices) {
  std::optional<v4l2::DeviceControls> all[2][2];
  for (size_t i = 0; i < devices.sensors.size(); i++) {
    v4l2::Subdevice* const pair[] = {devices.sensors[i], devices.debayers[i]};
    for (size_t k = 0; k < 2; k++) {
      Result<v4l2::DeviceControls> controls = v4l2::DeviceControls::query(pair[k]->device());
      if (!controls)
        return controls.error();
      all[i][k].emplace(std::move(*controls));
    }
  }
  SensorControls result({Unit{std::move(*all[0][0]), std::move(*all[0][1])},
                         Unit{std::move(*all[1][0]), std::move(*all[1][1])}});
  if (Result<void> r = result.find_limits(devices); !r)
    return r.error();
  return result;
}

Result<void> SensorControls::find_limits(const Devices& devices) {
  DriverLimits::Range flips;
  struct Row {
    uint32_t id;
    const char* name;
    DriverLimits::Range* range;
    bool of_debayer;
  };
  const Row rows[] = {{V4L2_CID_BRIGHTNESS, "brightness", &limits_.brightness, false},
                      {V4L2_CID_CONTRAST, "contrast", &limits_.contrast, false},
                      {V4L2_CID_SATURATION, "saturation", &limits_.saturation, false},
                      {V4L2_CID_HUE, "hue", &limits_.hue, false},
                      {V4L2_CID_HFLIP, "horizontal flip", &flips, false},
                      {V4L2_CID_VFLIP, "vertical flip", &flips, false},
                      {kMeanWindow, "debayer mean window", &limits_.mean_window, true}};
  for (size_t i = 0; i < units_.size(); i++) {
    for (const Row& row : rows) {
      const v4l2::DeviceControls& controls = row.of_debayer ? units_[i].debayer : units_[i].sensor;
      const v4l2::Subdevice& device = row.of_debayer ? *devices.debayers[i] : *devices.sensors[i];
      if (Result<void> r = narrow(controls, device.device(), row.id, row.name, *row.range, i == 0);
          !r)
        return r;
    }
  }
  return {};
}

Result<void> SensorControls::write(const GstCameraVimcParameters& p) {
  struct Row {
    uint32_t id;
    int64_t value;
    bool same;
  };
  const std::optional<GstCameraVimcParameters> before = std::exchange(written_, std::nullopt);
  const auto same = [&before](auto field, auto value) { return before && *before.*field == value; };
  using P = GstCameraVimcParameters;
  const Row rows[] = {
      {V4L2_CID_BRIGHTNESS, p.brightness, same(&P::brightness, p.brightness)},
      {V4L2_CID_CONTRAST, p.contrast, same(&P::contrast, p.contrast)},
      {V4L2_CID_SATURATION, p.saturation, same(&P::saturation, p.saturation)},
      {V4L2_CID_HUE, p.hue, same(&P::hue, p.hue)},
      {V4L2_CID_HFLIP, p.horizontal_flip, same(&P::horizontal_flip, p.horizontal_flip)},
      {V4L2_CID_VFLIP, p.vertical_flip, same(&P::vertical_flip, p.vertical_flip)},
  };
  std::array<v4l2::ControlSetting, std::size(rows)> changed;
  size_t count = 0;
  for (const Row& row : rows) {
    if (!row.same)
      changed[count++] = {row.id, row.value};
  }
  for (Unit& unit : units_) {
    if (count > 0) {
      std::array<v4l2::ControlSetting, std::size(rows)> settings = changed;
      if (Result<void> r = unit.sensor.set(std::span(settings.data(), count)); !r)
        return r;
    }
    if (!same(&P::mean_window, p.mean_window)) {
      if (Result<void> r = unit.debayer.set(kMeanWindow, p.mean_window); !r)
        return r;
    }
  }
  written_ = p;
  in_force_.set(ControlId::Brightness, p.brightness_value);
  in_force_.set(ControlId::Contrast, p.contrast_value);
  in_force_.set(ControlId::Saturation, p.saturation_value);
  return {};
}

}  // namespace gstcam::vimc
