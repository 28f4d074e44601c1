/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimplePipeline over a simulated kernel, with an IPA that does as it is told: which cameras there
 * are, ways through the graph, frames, what the sensor is written and when, and what goes wrong.
 */
#include "pipelines/simple/simple-pipeline.h"

#include <linux/media-bus-format.h>

#include <cerrno>
#include <cmath>

#include "tests/core/v4l2/every-call-fails.h"
#include "tests/pipelines/simple/raw-camera-fixture.h"
#include "tests/pipelines/soft-isp/scripted-ipa.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::simple;
using v4l2::test::expect;
using v4l2::test::expect_error;
using v4l2::test::expect_text;
using v4l2::test::LeakCheck;
using v4l2::test::SimulatedKernel;

namespace {

using Code = Error::Code;

constexpr double kLine = 3448 / 182.4;  // µs, of the simulated imx219

struct Fixture : RawCameraFixture {
  explicit Fixture(
      std::shared_ptr<IpaPlan> p = std::make_shared<IpaPlan>(),
      const v4l2::test::SimulatedSensorDescription& sensor = v4l2::test::imx219_description())
      : RawCameraFixture(ScriptedIpa::connector(p), sensor), plan(std::move(p)) {}
  std::shared_ptr<IpaPlan> plan;
};

RawCameras found_in(SimulatedKernel& kernel, const DeviceClaims& taken = {}) {
  return expect(find_raw_cameras(kernel, taken));
}

void test_found() {
  SimulatedKernel kernel;
  const LeakCheck leaks(kernel);
  g_assert_true(found_in(kernel).cameras.empty());
  v4l2::test::plug_webcam(kernel);  // has a sensor in its graph, but none that anybody can set
  g_assert_true(found_in(kernel).cameras.empty());
  v4l2::test::SimulatedSensorDescription sensor = v4l2::test::imx219_description();
  sensor.rotation = 180;
  v4l2::test::plug_raw_camera(kernel, sensor);
  const RawCameras found = found_in(kernel);
  g_assert_cmpuint(found.cameras.size(), ==, 1);
  g_assert_true(found.errors.empty());
  const RawCameraDescription& camera = found.cameras[0];
  expect_text(camera.id, "simple/platform/soc/fe801000.csi/imx219 10-0010");
  expect_text(camera.model, "imx219");
  expect_text(camera.properties.driver, "unicam");
  expect_text(camera.properties.path, "/dev/video4");
  expect_text(camera.properties.product, "imx219");
  expect_text(camera.properties.location, "back");
  g_assert_cmpuint(camera.properties.orientation.value(), ==, 180);
  g_assert_true(found.devices == DeviceClaims{"platform/soc/fe801000.csi"});

  g_assert_true(found_in(kernel, found.devices).cameras.empty());
  kernel.fail_always(SimulatedKernel::kOpen, EACCES);
  const RawCameras refused = found_in(kernel);
  g_assert_true(refused.cameras.empty());
  g_assert_cmpuint(refused.errors.size(), ==, 2);
  g_assert_true(refused.errors[0].code == Code::Permission);
}

void test_no_way() {
  SimulatedKernel kernel;
  const v4l2::test::SimulatedRawCamera raw = v4l2::test::plug_raw_camera(kernel);
  raw.media->links.erase(raw.media->links.begin() + 1);  // receiver to node
  RawCameras found = found_in(kernel);
  g_assert_true(found.cameras.empty());
  g_assert_cmpuint(found.errors.size(), ==, 1);
  expect_text(found.errors[0].message,
              "/dev/media1 (unicam): no way leads from the sensor 'imx219 10-0010' to a node that "
              "captures raw frames");
  // A block that processes is no way for raw frames, either.
  v4l2::test::SimulatedKernel other;
  const v4l2::test::SimulatedRawCamera isp = v4l2::test::plug_raw_camera(other);
  isp.media->entities[1].function = MEDIA_ENT_F_PROC_VIDEO_ISP;
  found = found_in(other);
  g_assert_true(found.cameras.empty());
  g_assert_true(found.errors.at(0).code == Code::NotFound);
}

/* A receiver whose sensor did not come up is told of; a graph for something else is not. */
void test_no_sensor() {
  SimulatedKernel kernel;
  const v4l2::test::SimulatedRawCamera raw = v4l2::test::plug_raw_camera(kernel);
  raw.media->entities[0].function = MEDIA_ENT_F_LENS;
  RawCameras found = found_in(kernel);
  g_assert_true(found.cameras.empty());
  g_assert_cmpuint(found.errors.size(), ==, 1);
  expect_text(found.errors[0].message, "/dev/media1 (unicam) has a receiver, and no sensor");
  raw.media->entities[1].function = MEDIA_ENT_F_ATV_DECODER;
  found = found_in(kernel);
  g_assert_true(found.cameras.empty() && found.errors.empty());
}

void test_not_raw() {
  SimulatedKernel kernel;
  v4l2::test::SimulatedSensorDescription sensor = v4l2::test::imx219_description();
  sensor.codes = {MEDIA_BUS_FMT_UYVY8_1X16};
  v4l2::test::plug_raw_camera(kernel, sensor, "ov5640 1-003c");
  const RawCameras found = found_in(kernel);
  g_assert_true(found.cameras.empty());
  g_assert_true(found.errors.empty());
}

void test_modes() {
  Fixture f;
  const StreamCapabilities& can = f.camera().capabilities(0);
  g_assert_true((can.preferred == Size{1920, 1080}));
  const Size sizes[] = {{1920, 1080}, {3280, 2464}, {1640, 1232}, {640, 480}};
  g_assert_cmpuint(can.modes.size(), ==, 4);
  for (size_t i = 0; i < can.modes.size(); i++) {
    const StreamMode& mode = can.modes[i];
    g_assert_true(mode.min == sizes[i] && mode.max == sizes[i]);
    g_assert_true(mode.has_format(PixelFormat::Nv12));
    // Blanking of 32 lines to that of 65535.
    const auto lines = [](uint32_t count) { return std::llround(count * kLine * 1000); };
    g_assert_cmpint(std::abs(mode.frame_duration_min - lines(sizes[i].height + 32)), <=, 1);
    g_assert_cmpint(std::abs(mode.frame_duration_max - lines(0xffff)), <=, 1);
  }
}

void test_modes_busy() {
  Fixture f;
  // Somebody else streams of this very sensor: it is left as it is.
  const v4l2::PadFormat before = f.raw.sensor->format(0);
  for (media_v2_link& link : f.raw.media->links)
    link.flags |= MEDIA_LNK_FL_ENABLED;
  f.kernel.fail_always(VIDIOC_REQBUFS, EBUSY);
  CHECK_ERROR(f.camera().acquire({}), Code::Busy);
  g_assert_true(f.raw.sensor->format(0) == before);
  f.kernel.clear_faults();
  CHECK_OK(f.camera().acquire({}));
}

void assert_colour(const std::array<uint8_t, 3>& pixel, bool red, bool green, bool blue) {
  const std::array<bool, 3> high = {red, green, blue};
  for (size_t c = 0; c < 3; c++) {
    if (high[c])
      g_assert_cmpuint(pixel[c], >, 150);
    else
      g_assert_cmpuint(pixel[c], <, 60);
  }
}

void assert_quarters(const Fixture& f) {
  assert_colour(f.pixel(160, 120), true, false, false);
  assert_colour(f.pixel(480, 120), false, true, false);
  assert_colour(f.pixel(160, 360), false, false, true);
  assert_colour(f.pixel(480, 360), true, true, true);
}

/* Developed of what the driver wrote, and numbered and timed by it. */
void test_frames() {
  Fixture f;
  f.run();
  g_assert_cmpuint(f.raw.video->format().fourcc, ==, V4L2_PIX_FMT_SRGGB10P);
  for (uint32_t n = 0; n < 20; n++) {
    f.take_and_wait({.timestamp = int64_t{5000000000} + n * 33333000});
    const TakenFrame& frame = f.frames.back();
    g_assert_cmpuint(frame.sequence, ==, n);
    g_assert_cmpint(frame.timestamp, ==, int64_t{5000000000} + n * 33333000);
    g_assert_cmpint(frame.metadata.get_or<int64_t>(ControlId::SensorTimestamp, 0), ==,
                    frame.timestamp);
    assert_quarters(f);
  }
  CHECK_OK(f.camera().stop());
  // No frame was copied, none is kept: all buffers go round.
  g_assert_cmpuint(f.kernel.mappings(), ==, f.kernel.buffers());
  f.start();
  f.take_and_wait();
  g_assert_cmpuint(f.frames.back().sequence, ==, 0);
  CHECK_OK(f.camera().stop());
}

/* A stamp at the end of a frame is brought to its start. */
void test_timestamp_of_the_end() {
  Fixture f;
  f.raw.video->queue().timestamp_flags =
      V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_EOF;
  f.run();
  f.take_and_wait({.timestamp = int64_t{7000000000}});
  const int64_t duration = f.f->configuration.frame_duration;
  g_assert_cmpint(std::abs(duration - 1000000000), <, 20000);
  g_assert_cmpint(f.frames[0].timestamp, ==, int64_t{7000000000} - duration);
}

void test_eight_bits() {
  v4l2::test::SimulatedSensorDescription sensor = v4l2::test::imx219_description();
  sensor.codes = {MEDIA_BUS_FMT_SRGGB8_1X8};
  Fixture f(std::make_shared<IpaPlan>(), sensor);
  f.run();
  g_assert_cmpuint(f.raw.video->format().fourcc, ==, V4L2_PIX_FMT_SRGGB8);
  f.take_and_wait();
  assert_quarters(f);
  CHECK_OK(f.camera().stop());
}

ControlList sensor_controls(uint32_t frame) {
  ControlList list;
  list.set(ControlId::ExposureTime, static_cast<int32_t>(1000 + 500 * frame));
  list.set(ControlId::AnalogueGain, 1 + 0.5 * (frame % 7));
  return list;
}

/*
 * What came of frame n is written at the start of frame n + 2 and acts two frames later, exposure
 * and gain together although their delays differ; every frame's metadata says what the sensor had.
 */
void test_controls_follow(gconstpointer data) {
  const bool with_events = GPOINTER_TO_INT(data) != 0;
  auto plan = std::make_shared<IpaPlan>();
  plan->sensor_controls = sensor_controls;
  Fixture f(plan);
  if (with_events)
    f.raw.receiver->controls().event_types = {V4L2_EVENT_FRAME_SYNC};
  f.run();
  for (uint32_t n = 0; n < 30; n++) {
    f.take_and_wait();
    if (!with_events)
      continue;
    f.kernel.change([&] {
      v4l2_event event{};
      event.type = V4L2_EVENT_FRAME_SYNC;
      event.u.frame_sync.frame_sequence = n + 1;
      f.raw.receiver->controls().emit(event);
    });
    f.settle();
  }
  CHECK_OK(f.camera().stop());
  g_assert_cmpuint(f.frames.size(), ==, 30);
  for (uint32_t k = 4; k < 30; k++) {
    const ControlList& metadata = f.frames[k].metadata;
    const ControlList wanted = sensor_controls(k - 4);
    const auto exposure = metadata.get_or<int32_t>(ControlId::ExposureTime, 0);
    const auto gain = metadata.get_or(ControlId::AnalogueGain, 0.0);
    g_assert_cmpint(std::abs(exposure - wanted.get_or<int32_t>(ControlId::ExposureTime, 0)), <=,
                    10);
    g_assert_cmpfloat(std::abs(gain / wanted.get_or(ControlId::AnalogueGain, 1.0) - 1), <, 0.02);
    const v4l2::test::SimulatedSensor::Taken taken = f.taken(k);
    g_assert_cmpint(exposure, ==, std::llround(static_cast<double>(taken.exposure) * kLine));
    g_assert_cmpfloat(std::abs(gain - 256.0 / static_cast<double>(256 - taken.gain)), <, 1e-9);
    const auto duration = metadata.get_or<int64_t>(ControlId::FrameDuration, 0);
    g_assert_cmpint(
        std::abs(duration - std::llround(static_cast<double>(taken.vblank + 480) * kLine * 1000)),
        <=, 1);
  }
}

/* Lost frames change nothing of that. */
void test_controls_with_gaps() {
  auto plan = std::make_shared<IpaPlan>();
  plan->sensor_controls = sensor_controls;
  Fixture f(plan);
  f.run();
  for (uint32_t n = 0; n < 30; n++)
    f.take_and_wait({.lost = n % 5 == 3 ? n : 0U});
  CHECK_OK(f.camera().stop());
  for (const TakenFrame& frame : f.frames) {
    if (frame.sequence < 4)
      continue;
    const v4l2::test::SimulatedSensor::Taken taken = f.taken(frame.sequence);
    g_assert_cmpint(frame.metadata.get_or<int32_t>(ControlId::ExposureTime, 0), ==,
                    std::llround(static_cast<double>(taken.exposure) * kLine));
    g_assert_cmpfloat(std::abs(frame.metadata.get_or(ControlId::AnalogueGain, 0.0) -
                               256.0 / static_cast<double>(256 - taken.gain)),
                      <, 1e-9);
  }
}

/* A damaged frame is a missing number; its request takes the next one. */
void test_damaged() {
  Fixture f;
  f.run();
  g_assert_true(f.take({.flags = V4L2_BUF_FLAG_ERROR}));
  g_assert_true(f.take({.bytes = 100}));
  f.take_and_wait({.lost = 3});
  g_assert_cmpuint(f.frames[0].sequence, ==, 5);
  f.take_and_wait();
  g_assert_cmpuint(f.frames[1].sequence, ==, 6);
  // And as often as it may be: no buffer is lost with it.
  for (int i = 0; i < 50; i++) {
    g_assert_true(f.take({.flags = V4L2_BUF_FLAG_ERROR}));
    f.settle();
  }
  f.take_and_wait();
  g_assert_cmpuint(f.frames[2].sequence, ==, 57);
  CHECK_OK(f.camera().stop());
}

/* Frames that nobody asked for are gaps, too. */
void test_without_requests() {
  Fixture f;
  f.configure();
  f.f->make_requests(1);
  CHECK_OK(f.camera().start({}));
  f.settle();
  for (int i = 0; i < 20; i++) {
    g_assert_true(f.take());
    f.settle();
  }
  f.f->queue_all();
  f.settle();
  g_assert_true(f.take());
  f.f->wait_done(1);
  g_assert_cmpuint(f.f->done[0].sequence, ==, 20);
}

void test_unplugged() {
  for (const bool with_frame : {false, true}) {
    Fixture f;
    f.run();
    if (with_frame)
      f.take_and_wait();
    f.kernel.unplug_all();
    f.f->wait_failed();
    g_assert_true(f.f->failures[0].code == Code::Lost);
    g_assert_true(f.f->failures[0].message.find("/dev/video4") != std::string::npos);
    CHECK_OK(f.camera().stop());
    f.camera().release();
    CHECK_ERROR(f.camera().acquire({}), Code::NotFound);
    f.raw = v4l2::test::plug_raw_camera(f.kernel);
    f.f->requests.clear();
    f.f->buffers.clear();
    f.f->failures.clear();
    f.run();
    f.take_and_wait();
  }
}

/* Whether or not it streams: who has it open is told, once. */
void test_unplugged_idle() {
  const std::function<void(Fixture&)> lives[] = {
      [](Fixture& f) { CHECK_OK(f.camera().acquire({})); },
      [](Fixture& f) { f.configure(); },
      [](Fixture& f) {
        f.run();
        f.take_and_wait();
        f.f->requeue = false;
        CHECK_OK(f.camera().stop());
      },
  };
  for (const auto& life : lives) {
    Fixture f;
    life(f);
    f.kernel.unplug_all();
    f.f->wait_failed();
    g_assert_true(f.f->failures[0].code == Code::Lost);
    g_assert_true(f.f->failures[0].message.ends_with("was unplugged"));
    std::vector<StreamConfiguration> streams(1);
    CHECK_ERROR(f.camera().configure(streams), Code::Lost);
    g_assert_cmpuint(f.f->failures.size(), ==, 1);
  }
}

void test_another_on_its_node() {
  Fixture f;
  f.kernel.unplug_all();
  f.kernel.plug("media1", {510, 1}, "platform/other", f.raw.media);
  expect_error(f.camera().acquire({}), Code::NotFound, "another device");
}

/* At no pixel rate a line takes for ever. (One without that control streams: simple-hosts.) */
void test_no_pixel_rate() {
  v4l2::test::SimulatedSensorDescription sensor = v4l2::test::imx219_description();
  sensor.pixel_rate = 0;
  Fixture f(std::make_shared<IpaPlan>(), sensor);
  expect_error(f.camera().acquire({}), Code::Protocol, "3280 + 168 pixels at 0/s");
}

void test_hardware_fails() {
  Fixture f;
  f.run();
  f.raw.video->break_down();
  f.kernel.fail_always(VIDIOC_DQBUF, EIO);
  f.f->wait_failed();
  f.f->wait_done(4);
  g_assert_true(f.f->failures[0].code == Code::Failed || f.f->failures[0].code == Code::Lost);
}

/* A sensor that does not take what it is written is a camera that fails, not one that lies. */
void test_sensor_fails() {
  auto plan = std::make_shared<IpaPlan>();
  plan->sensor_controls = sensor_controls;
  Fixture f(plan);
  f.run();
  f.take_and_wait();
  f.kernel.fail_always(VIDIOC_S_EXT_CTRLS, EIO);
  for (size_t n = 2; n < 10 && f.f->failures.empty(); n++) {
    (void)f.take();
    f.f->wait([&f, n] { return f.frames.size() >= n || !f.f->failures.empty(); });
  }
  f.f->wait_failed();
  g_assert_true(f.f->failures[0].message.find("VIDIOC_S_EXT_CTRLS") != std::string::npos);
}

void test_link_refused() {
  Fixture f;
  f.raw.media->on_setup = [] { return EBUSY; };
  const Result<void> busy = f.camera().acquire({});
  expect_error(busy, Code::Busy, "enable the link 'csi2':1 -> 'unicam-image':0");
  f.raw.media->on_setup = nullptr;
  for (media_v2_link& link : f.raw.media->links) {
    if ((link.flags & MEDIA_LNK_FL_ENABLED) == 0)
      link.flags |= MEDIA_LNK_FL_IMMUTABLE;
  }
  expect_error(f.camera().acquire({}), Code::Invalid, "the hardware fixes it");
}

/* The receiver makes something else of it: told before anything streams. */
void test_receiver_differs() {
  Fixture f;
  f.kernel.tamper(VIDIOC_SUBDEV_S_FMT, [](void* argument) {
    auto& raw = *static_cast<v4l2_subdev_format*>(argument);
    if (raw.pad == 0 && raw.format.width == 1920)
      raw.format.width = 1916;
  });
  const Result<void> result = f.camera().acquire({});
  g_assert_false(result.ok());
  g_assert_true(result.error().message.find("1916x1080") != std::string::npos);
}

void test_kernel_refuses_to_stream() {
  Fixture f;
  f.configure();
  f.raw.video->queue().on_start = [] { return EPIPE; };
  const Result<void> started = f.camera().start({});
  expect_error(started, Code::Invalid, "VIDIOC_STREAMON");
  f.raw.video->queue().on_start = nullptr;
  f.start();
  f.take_and_wait();
}

/* Two sensors, one receiver: one at a time, and each its own way when it has its turn. */
void test_two_sensors() {
  auto plan = std::make_shared<IpaPlan>();
  Fixture f(plan);
  v4l2::test::SimulatedMedia& media = *f.raw.media;
  const std::shared_ptr<v4l2::test::SimulatedSensor> second =
      v4l2::test::SimulatedSensor::create(v4l2::test::imx219_description());
  f.kernel.plug("v4l-subdev2", {81, 7}, "platform/soc/fe801000.csi", second);
  const uint32_t entity = media.add_entity("imx219 11-0010", MEDIA_ENT_F_CAM_SENSOR);
  const uint32_t out = media.add_pad(entity, MEDIA_PAD_FL_SOURCE);
  const uint32_t first_out = media.links[0].source_id;
  const uint32_t receiver_in = media.links[0].sink_id;
  media.links[0].flags = MEDIA_LNK_FL_ENABLED;  // it may change
  media.add_link(out, receiver_in, 0);
  media.add_interface(entity, MEDIA_INTF_T_V4L_SUBDEV, {81, 7});
  f.raw.video->queue().on_start = nullptr;  // that looks at the first sensor only

  std::unique_ptr<CameraFixture> other = f.camera_of(ScriptedIpa::connector(plan), 1);
  expect_text(other->camera->id(), "simple/platform/soc/fe801000.csi/imx219 11-0010");
  f.run();
  f.take_and_wait();
  // Its modes can be told meanwhile, but it cannot run.
  g_assert_cmpuint(other->camera->capabilities(0).modes.size(), ==, 4);
  const Result<void> busy = other->camera->acquire({});
  expect_error(busy, Code::Busy,
               "'csi2', which the camera 'simple/platform/soc/fe801000.csi/imx219 "
               "10-0010' uses");
  f.take_and_wait();
  f.camera().release();
  CHECK_OK(other->camera->acquire({}));
  g_assert_true(media.enabled(out, receiver_in));
  g_assert_false(media.enabled(first_out, receiver_in));
  CHECK_ERROR(f.camera().acquire({}), Code::Busy);
  other.reset();
  CHECK_OK(f.camera().acquire({}));
  g_assert_false(media.enabled(out, receiver_in));
  g_assert_true(media.enabled(first_out, receiver_in));
}

/* What hangs on the same pads beside the way is made to fit: scalers, other nodes. */
void test_beside_the_way() {
  Fixture f;
  v4l2::test::SimulatedMedia& media = *f.raw.media;
  const v4l2::SizeRange any{{16, 16}, {4056, 4056}, {1, 1}};
  const std::vector<uint32_t> codes = v4l2::test::imx219_description().codes;
  const auto scaler = std::make_shared<v4l2::test::SimulatedSubdevice>(
      std::vector<v4l2::test::SimulatedPad>{{codes, {any}}, {{MEDIA_BUS_FMT_RGB888_1X24}, {any}}});
  scaler->selections[V4L2_SEL_TGT_CROP] = {0, 0, 100, 100};
  v4l2::test::SimulatedVideoDescription description;
  description.extra_capabilities = V4L2_CAP_IO_MC;
  description.formats = {{.fourcc = V4L2_PIX_FMT_RGB24, .bits = 24, .sizes = {any}}};
  const auto node = std::make_shared<v4l2::test::SimulatedVideoNode>(description);
  f.kernel.plug("v4l-subdev2", {81, 7}, "platform/soc/fe801000.csi", scaler);
  f.kernel.plug("video5", {81, 8}, "platform/soc/fe801000.csi", node);
  const uint32_t scaler_id = media.add_entity("scaler", MEDIA_ENT_F_PROC_VIDEO_SCALER);
  const uint32_t in = media.add_pad(scaler_id, MEDIA_PAD_FL_SINK);
  const uint32_t out = media.add_pad(scaler_id, MEDIA_PAD_FL_SOURCE);
  const uint32_t node_id = media.add_entity("scaled", MEDIA_ENT_F_IO_V4L);
  const uint32_t node_in = media.add_pad(node_id, MEDIA_PAD_FL_SINK);
  media.add_link(media.links[0].source_id, in, MEDIA_LNK_FL_ENABLED);
  media.add_link(out, node_in, MEDIA_LNK_FL_ENABLED);
  media.add_interface(scaler_id, MEDIA_INTF_T_V4L_SUBDEV, {81, 7});
  media.add_interface(node_id, MEDIA_INTF_T_V4L_VIDEO, {81, 8});

  f.run();
  g_assert_true(scaler->format(0).size == kSmall);
  g_assert_true(scaler->format(1).size == kSmall);
  g_assert_true((scaler->selections[V4L2_SEL_TGT_CROP] == v4l2::Rect{0, 0, 640, 480}));
  g_assert_true(node->format().size == kSmall);
  f.take_and_wait();
  CHECK_OK(f.camera().stop());

  // Where it cannot be, that is told where it may be the reason.
  f.kernel.unplug("v4l-subdev2");
  f.f->configure(PixelFormat::Bgr888, kSmall);
  f.raw.video->queue().on_start = [] { return EPIPE; };
  expect_error(f.camera().start({}), Code::Invalid, "could not be made to fit");
}

void test_tuning() {
  Fixture f;
  f.configure();
  f.camera().release();
  g_assert_true(f.plan->tuning.find("uncalibrated.yaml:") != std::string::npos);
  expect_text(f.plan->sensor.model, "imx219");
  g_assert_cmpuint(f.plan->sensor.black_level, ==, 4096);
  g_assert_cmpuint(f.plan->sensor.bits_per_sample, ==, 10);
  g_assert_cmpuint(f.plan->sensor.exposure_delay, ==, 2);
  g_assert_cmpuint(f.plan->sensor.gain_delay, ==, 1);
  g_assert_cmpuint(f.plan->sensor.line_duration, ==, 18904);
  CameraOptions options;
  options.tuning_file = "simulated.yaml";
  CHECK_OK(f.camera().acquire(options));
  g_assert_true(f.plan->tuning.find("simulated.yaml:") != std::string::npos);
}

/* Each call of a whole life fails once: an error or a life without that detail, and no leak. */
void test_every_call_fails() {
  const auto live = [](Fixture& f) -> Result<void> {
    if (Result<void> r = f.camera().acquire({}); !r)
      return r;
    std::vector<StreamConfiguration> streams(1);
    streams[0].format = PixelFormat::Bgr888;
    streams[0].size = kSmall;
    streams[0].frame_duration = 1000000000;
    if (Result<void> r = f.camera().configure(streams); !r)
      return r;
    f.f->configuration = streams[0];
    f.f->make_requests(2);
    if (Result<void> r = f.camera().start({}); !r)
      return r;
    f.f->try_queue_all();
    f.settle();
    for (size_t n = 1; n <= 3; n++) {
      f.f->requeue = n < 3;
      // A failure may have taken the way of the frame.
      if (!f.take() && f.f->failures.empty())
        return Error(Code::Failed, "no buffer for a frame");
      f.f->wait([&f, n] { return f.f->done.size() >= n || !f.f->failures.empty(); });
      f.settle();
    }
    Result<void> result;
    {
      const std::lock_guard lock(f.f->mutex);
      if (!f.f->failures.empty())
        result = f.f->failures[0];
    }
    if (Result<void> r = f.camera().stop(); !r)
      return r;
    f.camera().release();
    return result;
  };
  const auto life = [&live](Fixture& f) {
    Result<void> result = live(f);
    f.f->requeue = false;
    return result;
  };
  const auto make = [] {
    auto plan = std::make_shared<IpaPlan>();
    plan->sensor_controls = sensor_controls;
    return std::make_unique<Fixture>(plan);
  };
  const v4l2::test::EveryCall counted = v4l2::test::every_call_fails(make, life);
  g_assert_cmpuint(counted.calls, >, 100);
  g_assert_cmpuint(counted.refused, >, 50);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  (void)g_main_context_default();  // GLib keeps it once it is made: before descriptors are counted
  g_test_add_func("/simple/found", test_found);
  g_test_add_func("/simple/no-way", test_no_way);
  g_test_add_func("/simple/no-sensor", test_no_sensor);
  g_test_add_func("/simple/not-raw", test_not_raw);
  g_test_add_func("/simple/modes", test_modes);
  g_test_add_func("/simple/modes-busy", test_modes_busy);
  g_test_add_func("/simple/frames", test_frames);
  g_test_add_func("/simple/timestamp-of-the-end", test_timestamp_of_the_end);
  g_test_add_func("/simple/eight-bits", test_eight_bits);
  g_test_add_data_func("/simple/controls-follow/dequeue", GINT_TO_POINTER(0), test_controls_follow);
  g_test_add_data_func("/simple/controls-follow/events", GINT_TO_POINTER(1), test_controls_follow);
  g_test_add_func("/simple/controls-with-gaps", test_controls_with_gaps);
  g_test_add_func("/simple/damaged", test_damaged);
  g_test_add_func("/simple/without-requests", test_without_requests);
  g_test_add_func("/simple/unplugged", test_unplugged);
  g_test_add_func("/simple/unplugged-idle", test_unplugged_idle);
  g_test_add_func("/simple/another-on-its-node", test_another_on_its_node);
  g_test_add_func("/simple/no-pixel-rate", test_no_pixel_rate);
  g_test_add_func("/simple/hardware-fails", test_hardware_fails);
  g_test_add_func("/simple/sensor-fails", test_sensor_fails);
  g_test_add_func("/simple/link-refused", test_link_refused);
  g_test_add_func("/simple/receiver-differs", test_receiver_differs);
  g_test_add_func("/simple/kernel-refuses-to-stream", test_kernel_refuses_to_stream);
  g_test_add_func("/simple/two-sensors", test_two_sensors);
  g_test_add_func("/simple/beside-the-way", test_beside_the_way);
  g_test_add_func("/simple/tuning", test_tuning);
  g_test_add_func("/simple/every-call-fails", test_every_call_fails);
  return g_test_run();
}
