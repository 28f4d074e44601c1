/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DeviceControls and EventQueue: what controls there are, their values, and news of them. */
#include "core/v4l2/device-controls.h"

#include <cerrno>
#include <cstring>
#include <limits>

#include "core/v4l2/video-device.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

using Kind = ControlDescription::Kind;

struct Fixture {
  SimulatedKernel kernel;
  LeakCheck leaks{kernel};
  SimulatedWebcam webcam = plug_webcam(kernel);
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video0"));
  SimulatedControls& simulated() { return webcam.video->controls(); }
  DeviceControls query() { return expect(DeviceControls::query(video.device())); }
};

void test_query() {
  Fixture f;
  f.simulated().add({.id = V4L2_CID_PIXEL_RATE,
                     .type = V4L2_CTRL_TYPE_INTEGER64,
                     .name = "Pixel Rate",
                     .max = int64_t{1} << 40,
                     .def = 182400000000,
                     .flags = V4L2_CTRL_FLAG_READ_ONLY});
  f.simulated().add({.id = V4L2_CID_LINK_FREQ,
                     .type = V4L2_CTRL_TYPE_INTEGER_MENU,
                     .name = "Link Frequency",
                     .max = 1,
                     .numbers = {456000000, 728000000}});
  f.simulated().add({.id = V4L2_CID_FOCUS_ABSOLUTE + 100,
                     .type = V4L2_CTRL_TYPE_STRING,
                     .name = "Name",
                     .max = 32});
  f.simulated().add({.id = V4L2_CID_CAMERA_CLASS,
                     .type = V4L2_CTRL_TYPE_CTRL_CLASS,
                     .name = "Camera Controls",
                     .flags = V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_WRITE_ONLY});
  f.simulated().add({.id = V4L2_CID_SHARPNESS, .name = "Gone", .flags = V4L2_CTRL_FLAG_DISABLED});
  const DeviceControls controls = f.query();
  g_assert_cmpuint(controls.all().size(), ==, 8);
  const ControlDescription& brightness = *controls.find(V4L2_CID_BRIGHTNESS);
  expect_text(brightness.name, "Brightness");
  g_assert_cmpint(brightness.min, ==, -64);
  g_assert_true(brightness.readable() && brightness.writable() && !brightness.inactive());
  const ControlDescription& automatic = *controls.find(V4L2_CID_EXPOSURE_AUTO);
  g_assert_true(automatic.kind == Kind::Menu);
  g_assert_cmpuint(automatic.menu.size(), ==, 2);  // two are gaps
  expect_text(automatic.find_item(3)->name, "Aperture Priority Mode");
  g_assert_null(automatic.find_item(0));
  g_assert_true(controls.find(V4L2_CID_EXPOSURE_ABSOLUTE)->inactive());
  const ControlDescription& frequency = *controls.find(V4L2_CID_LINK_FREQ);
  g_assert_cmpint(frequency.find_item(1)->value, ==, 728000000);
  g_assert_false(controls.find(V4L2_CID_PIXEL_RATE)->writable());
  g_assert_true(controls.find(V4L2_CID_FOCUS_ABSOLUTE + 100)->kind == Kind::Compound);
  g_assert_null(controls.find(V4L2_CID_SHARPNESS));
  g_assert_null(controls.find(0));
  // A node without controls has none.
  f.kernel.fail(VIDIOC_QUERY_EXT_CTRL, 0, ENOTTY);
  g_assert_true(f.query().all().empty());
  f.kernel.fail(VIDIOC_QUERY_EXT_CTRL, 2, EIO);
  expect_error(DeviceControls::query(f.video.device()), Error::Code::Failed, "list its controls");
  f.kernel.fail(VIDIOC_QUERYMENU, 0, EIO);
  expect_error(DeviceControls::query(f.video.device()), Error::Code::Failed,
               "list the menu 'Power Line Frequency'");
}

void test_garbage() {
  Fixture f;
  // A range upside down, an empty menu, a step of nothing, a default out of range, endless menu.
  f.simulated().add({.id = V4L2_CID_CONTRAST, .name = "Upside down", .min = 5, .max = 4});
  f.simulated().add(
      {.id = V4L2_CID_COLORFX, .type = V4L2_CTRL_TYPE_MENU, .name = "Empty", .max = INT32_MAX});
  f.simulated().add(
      {.id = V4L2_CID_SATURATION, .name = "Odd", .min = 0, .max = 10, .step = 0, .def = 99});
  f.simulated().add({.id = V4L2_CID_HUE,
                     .name = "Huge",
                     .min = std::numeric_limits<int64_t>::min(),
                     .max = std::numeric_limits<int64_t>::max(),
                     .step = std::numeric_limits<uint64_t>::max()});
  DeviceControls controls = f.query();
  g_assert_null(controls.find(V4L2_CID_CONTRAST));
  g_assert_null(controls.find(V4L2_CID_COLORFX));
  g_assert_cmpuint(f.kernel.count_of(VIDIOC_QUERYMENU), <, 1000);
  g_assert_cmpint(controls.find(V4L2_CID_SATURATION)->step, ==, 1);
  g_assert_cmpint(controls.find(V4L2_CID_SATURATION)->def, ==, 10);
  g_assert_cmpint(controls.find(V4L2_CID_HUE)->max, ==, INT32_MAX);
  g_assert_cmpint(controls.find(V4L2_CID_HUE)->min, ==, INT32_MIN);
  g_assert_cmpuint(f.video.device().remarks().size(), ==, 3);
  // Values out of the range they told, and of the menu.
  f.simulated().find(V4L2_CID_BRIGHTNESS)->value = 1000;
  g_assert_cmpint(expect(controls.get(V4L2_CID_BRIGHTNESS)), ==, 64);
  f.simulated().find(V4L2_CID_EXPOSURE_AUTO)->value = 2;
  expect_error(controls.get(V4L2_CID_EXPOSURE_AUTO), Error::Code::Protocol, "'Auto Exposure' is 2");
  // A list that goes round.
  f.kernel.tamper(VIDIOC_QUERY_EXT_CTRL, [](void* argument) {
    static_cast<v4l2_query_ext_ctrl*>(argument)->id = V4L2_CID_BRIGHTNESS;
  });
  expect_error(DeviceControls::query(f.video.device()), Error::Code::Protocol, "goes back");
}

/* Lists controls for ever. */
class Endless final : public SimulatedNode {
 public:
  int ioctl(SimulatedFile& /*file*/, unsigned long request, void* argument) override {
    if (request == VIDIOC_QUERYCAP) {
      static_cast<v4l2_capability*>(argument)->capabilities =
          V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      return 0;
    }
    auto& raw = *static_cast<v4l2_query_ext_ctrl*>(argument);
    raw.id = (raw.id & V4L2_CTRL_ID_MASK) + 1;
    raw.type = V4L2_CTRL_TYPE_INTEGER;
    std::memset(raw.name, 'n', sizeof raw.name);
    return 0;
  }
};

void test_endless() {
  SimulatedKernel kernel;
  kernel.plug("video9", {81, 9}, "platform/endless", std::make_shared<Endless>());
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video9"));
  expect_error(DeviceControls::query(video.device()), Error::Code::Protocol, "does not end");
  g_assert_cmpuint(kernel.calls(), <, 2000);
}

void test_values() {
  Fixture f;
  f.simulated().add({.id = V4L2_CID_PIXEL_RATE,
                     .type = V4L2_CTRL_TYPE_INTEGER64,
                     .name = "Pixel Rate",
                     .max = int64_t{1} << 40,
                     .def = 182400000000});
  f.simulated().add(
      {.id = V4L2_CID_GAIN, .name = "Gain", .min = 16, .max = 256, .step = 16, .def = 16});
  f.simulated().add({.id = V4L2_CID_DETECT_MD_MODE,
                     .type = V4L2_CTRL_TYPE_BITMASK,
                     .name = "Mask",
                     .max = static_cast<int32_t>(0x80000003U),
                     .def = 0});
  f.simulated().find(V4L2_CID_DETECT_MD_MODE)->max = 0x80000003;
  f.simulated().add({.id = V4L2_CID_DO_WHITE_BALANCE,
                     .type = V4L2_CTRL_TYPE_BUTTON,
                     .name = "Do White Balance",
                     .flags = V4L2_CTRL_FLAG_WRITE_ONLY});
  DeviceControls controls = f.query();
  ControlSetting all[] = {{V4L2_CID_BRIGHTNESS}, {V4L2_CID_PIXEL_RATE}, {V4L2_CID_EXPOSURE_AUTO}};
  expect(controls.get(all));
  g_assert_cmpint(all[0].value, ==, 0);
  g_assert_cmpint(all[1].value, ==, 182400000000);
  g_assert_cmpint(all[2].value, ==, 3);
  ControlSetting set[] = {{V4L2_CID_BRIGHTNESS, -5},
                          {V4L2_CID_PIXEL_RATE, int64_t{1} << 39},
                          {V4L2_CID_GAIN, 100},
                          {V4L2_CID_DETECT_MD_MODE, 0x80000001},
                          {V4L2_CID_DO_WHITE_BALANCE, 1}};
  const size_t calls = f.kernel.calls();
  expect(controls.set(set));
  g_assert_cmpuint(f.kernel.calls(), ==, calls + 1);
  g_assert_cmpint(f.simulated().value(V4L2_CID_BRIGHTNESS), ==, -5);
  g_assert_cmpint(f.simulated().value(V4L2_CID_PIXEL_RATE), ==, int64_t{1} << 39);
  g_assert_cmpint(set[2].value, ==, 96);  // what the driver made of it
  g_assert_cmpint(expect(controls.get(V4L2_CID_DETECT_MD_MODE)), ==, 0x80000001);
  expect(controls.set({}));

  const ControlDescription& gain = *controls.find(V4L2_CID_GAIN);
  g_assert_cmpint(gain.nearest(100), ==, 96);
  g_assert_cmpint(gain.nearest(105), ==, 112);
  g_assert_cmpint(gain.nearest(-7), ==, 16);
  g_assert_cmpint(gain.nearest(INT64_MAX), ==, 256);
  g_assert_cmpint(controls.find(V4L2_CID_EXPOSURE_AUTO)->nearest(0), ==, 3);
}

void test_refusals() {
  Fixture f;
  f.simulated().add({.id = V4L2_CID_PIXEL_RATE,
                     .type = V4L2_CTRL_TYPE_INTEGER64,
                     .name = "Pixel Rate",
                     .max = 1000,
                     .def = 1,
                     .flags = V4L2_CTRL_FLAG_READ_ONLY});
  f.simulated().add({.id = V4L2_CID_GAIN, .name = "Gain", .max = 100});
  f.simulated().add(
      {.id = V4L2_CID_DO_WHITE_BALANCE, .type = V4L2_CTRL_TYPE_BUTTON, .name = "Do White Balance"});
  DeviceControls controls = f.query();
  const size_t calls = f.kernel.calls();
  expect_error(controls.set(V4L2_CID_SHARPNESS, 1), Error::Code::Unsupported, "no control 0x");
  expect_error(controls.set(V4L2_CID_PIXEL_RATE, 1), Error::Code::Invalid, "'Pixel Rate'");
  expect_error(controls.get(V4L2_CID_DO_WHITE_BALANCE), Error::Code::Invalid, "cannot read");
  expect_error(controls.set(V4L2_CID_BRIGHTNESS, 65), Error::Code::Invalid,
               "'Brightness' cannot be 65");
  expect_error(controls.set(V4L2_CID_EXPOSURE_AUTO, 0), Error::Code::Invalid, "cannot be 0");
  std::vector<ControlSetting> many(33, {V4L2_CID_GAIN, 1});
  expect_error(controls.set(many), Error::Code::Invalid, "too many");
  expect_error(controls.get(many), Error::Code::Invalid, "too many");
  g_assert_cmpuint(f.kernel.calls(), ==, calls);

  // The kernel hides which one failed its checks: it is found all the same.
  f.simulated().set_flags(V4L2_CID_GAIN, V4L2_CTRL_FLAG_GRABBED);
  ControlSetting set[] = {{V4L2_CID_BRIGHTNESS, 7}, {V4L2_CID_GAIN, 5}};
  expect_error(controls.set(set), Error::Code::Busy, "write control 'Gain' (VIDIOC_S_EXT_CTRLS)");
  g_assert_cmpint(f.simulated().value(V4L2_CID_BRIGHTNESS), ==, 0);
  f.simulated().set_flags(V4L2_CID_GAIN, 0);
  // A range that became narrower without our knowledge moves the value; one that the hardware
  // refuses is told.
  f.simulated().on_check = [](const SimulatedControl& control, int64_t value) {
    return control.id == V4L2_CID_GAIN && value > 3 ? ERANGE : 0;
  };
  Result<void> r = controls.set(set);
  expect_error(r, Error::Code::Invalid, "write control 'Gain'");
  g_assert_nonnull(std::strstr(r.error().hint.c_str(), "0 to 100"));
  f.kernel.fail(VIDIOC_S_EXT_CTRLS, 0, EIO);
  f.kernel.fail(VIDIOC_TRY_EXT_CTRLS, 0, EIO);
  expect_error(controls.set(V4L2_CID_BRIGHTNESS, 1), Error::Code::Failed, "VIDIOC_S_EXT_CTRLS");
  f.kernel.fail(VIDIOC_G_EXT_CTRLS, 0, EIO);
  expect_error(controls.get(V4L2_CID_BRIGHTNESS), Error::Code::Failed, "read control");
  f.kernel.unplug_all();
  expect_error(controls.set(V4L2_CID_BRIGHTNESS, 1), Error::Code::Lost, "write controls");
}

void test_events() {
  Fixture f;
  DeviceControls controls = f.query();
  EventQueue events(f.video.device());
  g_assert_false(expect(events.dequeue()).has_value());
  expect(events.subscribe(V4L2_EVENT_CTRL, V4L2_CID_EXPOSURE_ABSOLUTE));
  expect(events.subscribe(V4L2_EVENT_CTRL, V4L2_CID_BRIGHTNESS));
  expect_error(events.subscribe(V4L2_EVENT_FRAME_SYNC), Error::Code::Invalid,
               "VIDIOC_SUBSCRIBE_EVENT");
  // Our own writing is no news, what follows from it is.
  expect(controls.set(V4L2_CID_BRIGHTNESS, 5));
  expect(controls.set(V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL));
  Event event = expect(events.dequeue()).value();
  g_assert_cmpuint(event.id, ==, V4L2_CID_EXPOSURE_ABSOLUTE);
  g_assert_cmpuint(event.changes, ==, V4L2_EVENT_CTRL_CH_FLAGS);
  g_assert_true(controls.find(event.id)->inactive());
  controls.apply(event);
  g_assert_false(controls.find(event.id)->inactive());
  g_assert_false(expect(events.dequeue()).has_value());
  // Another program writes.
  f.kernel.change([&] { f.simulated().set_value(V4L2_CID_BRIGHTNESS, 9); });
  event = expect(events.dequeue()).value();
  g_assert_cmpint(event.value, ==, 9);
  f.kernel.change([&] { f.simulated().set_range(V4L2_CID_EXPOSURE_ABSOLUTE, 1, 300, 100); });
  event = expect(events.dequeue()).value();
  controls.apply(event);
  g_assert_cmpint(controls.find(V4L2_CID_EXPOSURE_ABSOLUTE)->max, ==, 300);
  // Garbage changes nothing.
  event.minimum = 400;
  controls.apply(event);
  g_assert_cmpint(controls.find(V4L2_CID_EXPOSURE_ABSOLUTE)->min, ==, 1);
  event.id = 1;
  controls.apply(event);
  f.simulated().find(V4L2_CID_EXPOSURE_ABSOLUTE)->max = 200;
  expect(controls.refresh(V4L2_CID_EXPOSURE_ABSOLUTE));
  g_assert_cmpint(controls.find(V4L2_CID_EXPOSURE_ABSOLUTE)->max, ==, 200);
  f.simulated().find(V4L2_CID_EXPOSURE_ABSOLUTE)->min = 201;
  expect_error(controls.refresh(V4L2_CID_EXPOSURE_ABSOLUTE), Error::Code::Protocol, "lost its");
  expect_error(controls.refresh(1), Error::Code::Unsupported, "no control");
  expect(events.unsubscribe(V4L2_EVENT_ALL));
  f.kernel.change([&] { f.simulated().set_value(V4L2_CID_BRIGHTNESS, 1); });
  g_assert_false(expect(events.dequeue()).has_value());
  f.kernel.fail(VIDIOC_DQEVENT, 0, ENODEV);
  expect_error(events.dequeue(), Error::Code::Lost, "get an event");
  // A file that asks for feedback hears itself.
  expect(events.subscribe(V4L2_EVENT_CTRL, V4L2_CID_BRIGHTNESS, true));
  expect(controls.set(V4L2_CID_BRIGHTNESS, 33));
  g_assert_cmpint(expect(events.dequeue()).value().value, ==, 33);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/controls/query", test_query);
  g_test_add_func("/v4l2/controls/garbage", test_garbage);
  g_test_add_func("/v4l2/controls/endless", test_endless);
  g_test_add_func("/v4l2/controls/values", test_values);
  g_test_add_func("/v4l2/controls/refusals", test_refusals);
  g_test_add_func("/v4l2/controls/events", test_events);
  return g_test_run();
}
