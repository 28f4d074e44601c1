/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CameraSensor and SensorProperties: modes, times and gains, and what frames are taken with. */
#include "core/v4l2/camera-sensor.h"

#include <linux/media-bus-format.h>

#include <cerrno>
#include <cmath>
#include <random>
#include <set>

#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

constexpr double kLine = 3448 * 1e9 / 182400000;  // of the imx219, ns

struct Fixture {
  explicit Fixture(const std::string& name = "imx219 10-0010",
                   const SimulatedSensorDescription& description = imx219_description())
      : entity(name), camera(plug_raw_camera(kernel, description, name)) {}
  SimulatedKernel kernel;
  LeakCheck leaks{kernel};
  std::string entity;
  SimulatedRawCamera camera;

  SimulatedControls& simulated() { return camera.sensor->controls(); }
  std::unique_ptr<CameraSensor> open() {
    return expect(CameraSensor::open(kernel, "/dev/v4l-subdev0", entity));
  }
  /** In the mode of that size. */
  std::unique_ptr<CameraSensor> configured(Size size = {3280, 2464}) {
    std::unique_ptr<CameraSensor> sensor = open();
    PadFormat format;
    format.code = MEDIA_BUS_FMT_SRGGB10_1X10;
    format.size = size;
    g_assert_true(expect(sensor->configure(format)).size == size);
    return sensor;
  }
};

ControlList wanted(int32_t exposure_us, double gain, int64_t duration) {
  ControlList list;
  if (exposure_us != 0)
    list.set(ControlId::ExposureTime, exposure_us);
  if (gain != 0)
    list.set(ControlId::AnalogueGain, gain);
  if (duration != 0)
    list.set(ControlId::FrameDuration, duration);
  return list;
}

void test_open() {
  SimulatedSensorDescription description = imx219_description();
  description.rotation = 180;
  Fixture f("imx219 10-0010", description);
  const std::unique_ptr<CameraSensor> sensor = f.open();
  expect_text(sensor->model(), "imx219");
  g_assert_true(sensor->location() == CameraSensor::Location::Back);
  g_assert_cmpuint(sensor->rotation(), ==, 180);
  g_assert_true(sensor->array_size() == (Size{3296, 2480}));
  g_assert_cmpuint(sensor->modes().size(), ==, 8);
  const SensorMode& largest = sensor->modes().front();
  g_assert_true(largest.size.max == (Size{3280, 2464}));
  g_assert_true(largest.format.cfa == CfaOrder::Rggb && largest.format.bits == 10);
  g_assert_true(sensor->modes().back().size.max == (Size{640, 480}));
  g_assert_true(sensor->delays() == (SensorDelays{2, 1, 2}));
  g_assert_nonnull(sensor->properties());
  expect_error(sensor->limits(), Error::Code::Unsupported, "times of the sensor are not known");
  expect_error(sensor->write(wanted(1000, 0, 0)), Error::Code::Unsupported, "not known");
  g_assert_true(sensor->nearest(wanted(1000, 1, 1)).empty());
  g_assert_true(sensor->current().empty());
}

void test_limits() {
  Fixture f;
  const std::unique_ptr<CameraSensor> sensor = f.configured();
  const SensorLimits limits = expect(sensor->limits());
  g_assert_cmpfloat_with_epsilon(limits.line_duration, kLine, 1e-6);
  g_assert_cmpint(limits.exposure_time_min, ==, std::llround(4 * kLine));
  g_assert_cmpint(limits.exposure_time_max, ==, std::llround((0xffff - 4) * kLine));
  g_assert_cmpint(limits.frame_duration_min, ==, std::llround((2464 + 32) * kLine));
  g_assert_cmpint(limits.frame_duration_max, ==, std::llround(0xffff * kLine));
  g_assert_cmpfloat(limits.analogue_gain_min, ==, 1.0);
  g_assert_cmpfloat_with_epsilon(limits.analogue_gain_max, 256.0 / 24, 1e-9);
  g_assert_true(sensor->crop() == (Rect{8, 8, 3280, 2464}));
  g_assert_cmpint(sensor->current().get_or(ControlId::FrameDuration, int64_t{0}), ==,
                  std::llround(3526 * kLine));

  // Another mode, other limits.
  const std::unique_ptr<CameraSensor> small = f.configured({640, 480});
  g_assert_cmpint(expect(small->limits()).frame_duration_min, ==, std::llround((480 + 32) * kLine));
  g_assert_true(small->crop() == (Rect{1008, 760, 1280, 960}));
}

void test_write() {
  Fixture f;
  const std::unique_ptr<CameraSensor> sensor = f.configured();
  // Longer than the frame of before: the frame has to become longer first.
  expect(sensor->write(wanted(200000, 2.0, 210000000)));
  g_assert_cmpint(f.simulated().value(V4L2_CID_VBLANK), ==, std::llround(210000000 / kLine) - 2464);
  g_assert_cmpint(f.simulated().value(V4L2_CID_EXPOSURE), ==, std::llround(200e6 / kLine));
  g_assert_cmpint(f.simulated().value(V4L2_CID_ANALOGUE_GAIN), ==, 128);
  const ControlList now = sensor->current();
  g_assert_cmpint(std::abs(now.get_or(ControlId::ExposureTime, int32_t{0}) - 200000), <=, 10);
  g_assert_cmpfloat(now.get_or(ControlId::AnalogueGain, 0.0), ==, 2.0);
  // The same again asks the driver nothing.
  const size_t calls = f.kernel.calls();
  expect(sensor->write(now));
  g_assert_cmpuint(f.kernel.calls(), ==, calls);
  // Back: the exposure goes with the frame.
  expect(sensor->write(wanted(0, 0, 50000000)));
  const ControlList shorter = sensor->current();
  g_assert_cmpint(shorter.get_or(ControlId::ExposureTime, int32_t{0}), <=, 50000);
  g_assert_cmpint(f.simulated().value(V4L2_CID_EXPOSURE), ==,
                  2464 + f.simulated().value(V4L2_CID_VBLANK) - 4);
  // What cannot be is moved to what can.
  for (const ControlList& list :
       {wanted(INT32_MAX, 1e9, INT64_MAX), wanted(1, 1e-9, 1), wanted(-5, -5, -5)}) {
    const ControlList nearest = sensor->nearest(list);
    expect(sensor->write(list));
    g_assert_true(sensor->current() == nearest);
  }
  const ControlList none = sensor->nearest(ControlList());
  g_assert_true(none.empty());
  ControlList other;
  other.set(ControlId::Brightness, 0.5);
  g_assert_true(sensor->nearest(other).empty());

  f.kernel.fail(VIDIOC_S_EXT_CTRLS, 0, EREMOTEIO);
  expect_error(sensor->write(wanted(500, 0, 0)), Error::Code::Failed,
               "/dev/v4l-subdev0 (imx219 10-0010): cannot write control");
  f.kernel.unplug_all();
  expect_error(sensor->write(wanted(700, 0, 0)), Error::Code::Lost, "/dev/v4l-subdev0");
}

/* What DelayedControls says of a frame is what the sensor took it with. */
void test_delays() {
  struct Row {
    const char* entity;
    uint32_t exposure;
    uint32_t gain;
    uint32_t vblank;
  };
  for (const Row& row : {Row{"imx219 10-0010", 2, 1, 2}, Row{"imx290 1-001a", 2, 2, 2},
                         Row{"imx477 10-001a", 2, 2, 3}}) {
    SimulatedSensorDescription description = imx219_description();
    description.exposure_delay = row.exposure;
    description.gain_delay = row.gain;
    description.vblank_delay = row.vblank;
    Fixture f(row.entity, description);
    const std::unique_ptr<CameraSensor> sensor = f.configured();
    DelayedControls delayed = sensor->delayed_controls();
    delayed.reset(sensor->current());
    std::minstd_rand random(7);
    int64_t duration = 70000000;
    for (uint32_t n = 0; n < 200; n++) {
      // Frames grow only: see CameraSensor::write() for what else may happen.
      duration += row.vblank == row.exposure
                      ? static_cast<int64_t>(random() % 9) * 1000000 - 4000000
                      : static_cast<int64_t>(random() % 5) * 1000000;
      duration = std::max<int64_t>(duration, 60000000);
      if (random() % 3 == 0) {
        const auto exposure = static_cast<int32_t>(random() % 90000 + 100);
        const double gain = 1.0 + static_cast<double>(random() % 80) / 10;
        ControlList list = wanted(exposure, gain, duration);
        list = sensor->nearest(list);
        // nearest() is of the frame now; an exposure that the next one has no room for is cut.
        delayed.push(list);
      }
      f.kernel.change([&] { f.camera.sensor->frame_start(n); });
      expect(sensor->write(delayed.frame_start(n)));
      const SimulatedSensor::Taken taken = f.camera.sensor->taken(n);
      const ControlList applied = delayed.applied(n);
      const double us = static_cast<double>(taken.exposure) * kLine / 1000;
      g_assert_cmpfloat_with_epsilon(applied.get_or(ControlId::ExposureTime, int32_t{0}), us, 1.0);
      g_assert_cmpfloat_with_epsilon(
          applied.get_or(ControlId::AnalogueGain, 0.0),
          sensor->properties()->gain.gain(static_cast<double>(taken.gain)), 1e-9);
      g_assert_cmpint(applied.get_or(ControlId::FrameDuration, int64_t{0}), ==,
                      std::llround(static_cast<double>(2464 + taken.vblank) * kLine));
    }
  }
}

void test_unknown() {
  SimulatedSensorDescription description = imx219_description();
  description.gain_min = 16;
  description.gain_max = 160;
  {
    Fixture f("nobody 1-0001", description);
    const std::unique_ptr<CameraSensor> sensor = f.configured();
    g_assert_null(sensor->properties());
    g_assert_true(sensor->delays() == (SensorDelays{2, 1, 2}));
    g_assert_cmpfloat(expect(sensor->limits()).analogue_gain_max, ==, 10.0);
    expect(sensor->write(wanted(0, 4.0, 0)));
    g_assert_cmpint(f.simulated().value(V4L2_CID_ANALOGUE_GAIN), ==, 64);
    g_assert_cmpuint(sensor->subdevice().device().remarks().size(), ==, 1);
  }
  description.gain_min = 0;
  {
    Fixture f("nobody 1-0001", description);
    const std::unique_ptr<CameraSensor> sensor = f.configured();
    g_assert_cmpfloat(expect(sensor->limits()).analogue_gain_max, ==, 1.0);
    g_assert_false(sensor->current().has(ControlId::AnalogueGain));
    g_assert_true(sensor->nearest(wanted(0, 4.0, 0)).empty());
  }
  // A sensor that leads itself: pictures, no times.
  description.codes = {MEDIA_BUS_FMT_UYVY8_1X16};
  Fixture f("ov5640 1-003c", description);
  f.simulated().find(V4L2_CID_PIXEL_RATE)->flags |= V4L2_CTRL_FLAG_DISABLED;
  const std::unique_ptr<CameraSensor> sensor = f.open();
  PadFormat format;
  format.code = MEDIA_BUS_FMT_UYVY8_1X16;
  format.size = {640, 480};
  expect(sensor->configure(format));
  expect_error(sensor->limits(), Error::Code::Unsupported, "not known");
}

void test_automatics() {
  Fixture f;
  f.simulated().add({.id = V4L2_CID_EXPOSURE_AUTO,
                     .type = V4L2_CTRL_TYPE_MENU,
                     .name = "Auto Exposure",
                     .max = 1,
                     .def = V4L2_EXPOSURE_AUTO,
                     .items = {"Auto", "Manual"}});
  f.simulated().add({.id = V4L2_CID_AUTOGAIN,
                     .type = V4L2_CTRL_TYPE_BOOLEAN,
                     .name = "Gain, Automatic",
                     .max = 1,
                     .def = 1});
  const std::unique_ptr<CameraSensor> sensor = f.configured();
  g_assert_cmpint(f.simulated().value(V4L2_CID_EXPOSURE_AUTO), ==, V4L2_EXPOSURE_MANUAL);
  g_assert_cmpint(f.simulated().value(V4L2_CID_AUTOGAIN), ==, 0);
}

void test_garbage() {
  struct Row {
    uint32_t id;
    int64_t value;
  };
  // No pixels, no rate, a rate of light, a frame of less than nothing.
  for (const Row& row : {Row{V4L2_CID_PIXEL_RATE, 0}, Row{V4L2_CID_PIXEL_RATE, -5},
                         Row{V4L2_CID_PIXEL_RATE, INT64_MAX}, Row{V4L2_CID_HBLANK, -100000},
                         Row{V4L2_CID_VBLANK, -3000}}) {
    Fixture f;
    const std::unique_ptr<CameraSensor> sensor = f.open();
    f.camera.sensor->on_format = [&](uint32_t, const PadFormat&) {
      SimulatedControl& control = *f.simulated().find(row.id);
      control.min = control.max = control.def = control.value = row.value;
    };
    PadFormat format;
    format.code = MEDIA_BUS_FMT_SRGGB10_1X10;
    format.size = {640, 480};
    expect_error(sensor->configure(format), Error::Code::Protocol, "makes no sense");
    g_assert_false(sensor->limits().ok());
    f.camera.sensor->on_format = nullptr;
  }
  SimulatedSensorDescription description = imx219_description();
  description.codes = {4711};
  Fixture f("imx219 10-0010", description);
  expect_error(CameraSensor::open(f.kernel, "/dev/v4l-subdev0", f.entity), Error::Code::Unsupported,
               "no mode that is known");
}

void test_table() {
  std::set<std::string_view> models;
  for (const SensorProperties& row : all_sensor_properties()) {
    g_assert_true(models.insert(row.model).second);
    g_assert_false(row.source.empty());
    g_assert_true(find_sensor_properties(row.model) == &row);
    g_assert_cmpuint(row.pixel_pitch, >, 500);
    if (row.black_level) {
      g_assert_cmpuint(row.black_level->bits, >=, 8);
      g_assert_cmpuint(row.black_level->level, <, 1U << row.black_level->bits);
    }
    // There and back.
    for (const double gain : {1.0, 1.5, 2.0, 7.9}) {
      const double code = row.gain.code(gain);
      g_assert_cmpfloat_with_epsilon(row.gain.gain(code), gain, 1e-9);
    }
  }
  struct Row {
    const char* model;
    double code;
    double gain;
  };
  // The ends of what Linux drivers allow, and what datasheets say of them.
  for (const Row& row : {Row{"imx219", 0, 1}, Row{"imx219", 232, 256.0 / 24},
                         Row{"imx258", 480, 16}, Row{"imx477", 978, 1024.0 / 46},
                         Row{"imx708", 960, 16}, Row{"imx290", 20, std::pow(10.0, 0.3)},
                         Row{"ov5640", 16, 1}, Row{"ov5647", 32, 2}, Row{"ov9281", 255, 255.0 / 16},
                         Row{"ov13858", 128, 1}, Row{"imx335", 100, std::pow(10.0, 1.5)}}) {
    g_assert_cmpfloat_with_epsilon(find_sensor_properties(row.model)->gain.gain(row.code), row.gain,
                                   1e-9);
  }
  g_assert_true(find_sensor_properties("imx708_wide_noir") == find_sensor_properties("imx708"));
  g_assert_null(find_sensor_properties("imx"));
  g_assert_null(find_sensor_properties(""));
  g_assert_cmpuint(find_sensor_properties("imx219")->black_level->at(16), ==, 4096);
  g_assert_cmpuint(find_sensor_properties("imx290")->black_level->at(10), ==, 60);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/sensor/open", test_open);
  g_test_add_func("/v4l2/sensor/limits", test_limits);
  g_test_add_func("/v4l2/sensor/write", test_write);
  g_test_add_func("/v4l2/sensor/delays", test_delays);
  g_test_add_func("/v4l2/sensor/unknown", test_unknown);
  g_test_add_func("/v4l2/sensor/automatics", test_automatics);
  g_test_add_func("/v4l2/sensor/garbage", test_garbage);
  g_test_add_func("/v4l2/sensor/table", test_table);
  return g_test_run();
}
