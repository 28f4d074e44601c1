/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-sensor.h"

#include <linux/media-bus-format.h>

#include <algorithm>
#include <iterator>

namespace gstcam::v4l2::test {

namespace {

SimulatedPad pad_of(const SimulatedSensorDescription& d) {
  SimulatedPad pad;
  pad.codes = d.codes;
  for (const SimulatedSensorMode& mode : d.modes)
    pad.sizes.push_back({mode.size, mode.size, {1, 1}});
  return pad;
}

int64_t at(const std::map<uint32_t, int64_t>& values, uint32_t frame) {
  return std::prev(values.upper_bound(frame))->second;
}

}  // namespace

std::shared_ptr<SimulatedSensor> SimulatedSensor::create(
    const SimulatedSensorDescription& description) {
  return std::shared_ptr<SimulatedSensor>(new SimulatedSensor(description));  // NOLINT: private
}

SimulatedSensor::SimulatedSensor(const SimulatedSensorDescription& description)
    : SimulatedSubdevice({pad_of(description)}), d_(description) {
  selections[V4L2_SEL_TGT_NATIVE_SIZE] = {0, 0, d_.array.width, d_.array.height};
  if (d_.timed)
    add_times();
  controls().add({.id = V4L2_CID_CAMERA_ORIENTATION,
                  .type = V4L2_CTRL_TYPE_MENU,
                  .name = "Camera Orientation",
                  .max = 2,
                  .def = d_.orientation,
                  .flags = V4L2_CTRL_FLAG_READ_ONLY,
                  .items = {"Front", "Back", "External"}});
  controls().add({.id = V4L2_CID_CAMERA_SENSOR_ROTATION,
                  .name = "Camera Sensor Rotation",
                  .min = d_.rotation,
                  .max = d_.rotation,
                  .def = d_.rotation,
                  .flags = V4L2_CTRL_FLAG_READ_ONLY});
  controls().on_written = [this](const SimulatedControl& control) { written(control); };
  on_format = [this](uint32_t, const PadFormat& format) { mode_changed(format); };
  mode_changed(format(0));
}

void SimulatedSensor::add_times() {
  controls().add({.id = V4L2_CID_PIXEL_RATE,
                  .type = V4L2_CTRL_TYPE_INTEGER64,
                  .name = "Pixel Rate",
                  .min = d_.pixel_rate,
                  .max = d_.pixel_rate,
                  .def = d_.pixel_rate,
                  .flags = V4L2_CTRL_FLAG_READ_ONLY});
  controls().add({.id = V4L2_CID_LINK_FREQ,
                  .type = V4L2_CTRL_TYPE_INTEGER_MENU,
                  .name = "Link Frequency",
                  .flags = V4L2_CTRL_FLAG_READ_ONLY,
                  .numbers = {d_.link_frequency}});
  controls().add({.id = V4L2_CID_HBLANK,
                  .name = "Horizontal Blanking",
                  .max = d_.line_length,
                  .flags = V4L2_CTRL_FLAG_READ_ONLY});
  controls().add({.id = V4L2_CID_VBLANK,
                  .name = "Vertical Blanking",
                  .min = d_.vblank_min,
                  .max = d_.frame_lines_max,
                  .def = d_.vblank_min});
  controls().add({.id = V4L2_CID_EXPOSURE,
                  .name = "Exposure",
                  .min = d_.exposure_min,
                  .max = d_.frame_lines_max,
                  .def = 1000});
  controls().add({.id = V4L2_CID_ANALOGUE_GAIN,
                  .name = "Analogue Gain",
                  .min = d_.gain_min,
                  .max = d_.gain_max,
                  .def = d_.gain_min});
}

void SimulatedSensor::mode_changed(const PadFormat& format) {
  const auto mode = std::ranges::find(d_.modes, format.size, &SimulatedSensorMode::size);
  if (mode == d_.modes.end())
    return;
  height_ = mode->size.height;
  selections[V4L2_SEL_TGT_CROP] = mode->crop;
  if (!d_.timed)
    return;
  const int64_t hblank = d_.line_length - mode->size.width;
  controls().set_range(V4L2_CID_HBLANK, hblank, hblank, hblank);
  const int64_t vblank = int64_t{mode->lines} - height_;
  controls().set_range(V4L2_CID_VBLANK, d_.vblank_min, d_.frame_lines_max - height_, vblank);
  controls().set_value(V4L2_CID_VBLANK, vblank);
  update_exposure_range();
  exposure_ = {{0, controls().value(V4L2_CID_EXPOSURE)}};
  gain_ = {{0, controls().value(V4L2_CID_ANALOGUE_GAIN)}};
  vblank_ = {{0, vblank}};
  sequence_ = 0;
}

void SimulatedSensor::update_exposure_range() {
  const int64_t max = height_ + controls().value(V4L2_CID_VBLANK) - d_.exposure_margin;
  controls().set_range(V4L2_CID_EXPOSURE, d_.exposure_min, max, std::min<int64_t>(1600, max));
}

void SimulatedSensor::written(const SimulatedControl& control) {
  switch (control.id) {
    case V4L2_CID_EXPOSURE:
      exposure_[sequence_ + d_.exposure_delay] = control.value;
      break;
    case V4L2_CID_ANALOGUE_GAIN:
      gain_[sequence_ + d_.gain_delay] = control.value;
      break;
    case V4L2_CID_VBLANK: {
      vblank_[sequence_ + d_.vblank_delay] = control.value;
      const int64_t before = controls().value(V4L2_CID_EXPOSURE);
      update_exposure_range();
      if (controls().value(V4L2_CID_EXPOSURE) != before)
        exposure_[sequence_ + d_.exposure_delay] = controls().value(V4L2_CID_EXPOSURE);
      break;
    }
    default:
      break;
  }
}

void SimulatedSensor::frame_start(uint32_t sequence) {
  sequence_ = sequence;
}

SimulatedSensor::Taken SimulatedSensor::taken(uint32_t sequence) const {
  return {at(exposure_, sequence), at(gain_, sequence), at(vblank_, sequence)};
}

SimulatedSensorDescription imx219_description() {
  SimulatedSensorDescription d;
  d.codes = {MEDIA_BUS_FMT_SRGGB10_1X10, MEDIA_BUS_FMT_SRGGB8_1X8};
  d.modes = {
      {{3280, 2464}, {8, 8, 3280, 2464}, 3526},
      {{1920, 1080}, {688, 700, 1920, 1080}, 1763},
      {{1640, 1232}, {8, 8, 3280, 2464}, 1763},
      {{640, 480}, {1008, 760, 1280, 960}, 1763},
  };
  d.array = {3296, 2480};
  d.pixel_rate = 182400000;
  d.line_length = 3448;
  d.vblank_min = 32;
  d.frame_lines_max = 0xffff;
  d.exposure_min = 4;
  d.exposure_margin = 4;
  d.gain_min = 0;
  d.gain_max = 232;
  d.link_frequency = 456000000;
  d.exposure_delay = 2;
  d.gain_delay = 1;
  d.vblank_delay = 2;
  return d;
}

}  // namespace gstcam::v4l2::test
