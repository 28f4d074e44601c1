/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UvcvideoPipeline over a simulated kernel: modes, frames, controls, damage, unplugging. */
#include "pipelines/uvcvideo/uvcvideo-pipeline.h"

#include <cerrno>
#include <cmath>

#include "pipelines/uvcvideo/webcams.h"
#include "tests/core/camera-fixture.h"
#include "tests/core/v4l2/every-call-fails.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::uvcvideo;
using v4l2::test::expect;
using v4l2::test::LeakCheck;
using v4l2::test::SimulatedKernel;
using v4l2::test::SimulatedWebcam;

namespace {

using Code = Error::Code;

constexpr Size kSmall{320, 240};

struct Fixture {
  SimulatedKernel kernel;
  SimulatedWebcam webcam = v4l2::test::plug_webcam(kernel);
  LeakCheck leaks{kernel};
  std::unique_ptr<CameraFixture> f = std::make_unique<CameraFixture>(
      std::make_unique<UvcvideoPipeline>(kernel, expect(find_webcams(kernel)).cameras.at(0)));

  ~Fixture() { f.reset(); }
  Camera& camera() { return *f->camera; }
  void configure(PixelFormat format = PixelFormat::Yuyv, Size size = kSmall) {
    CHECK_OK(camera().acquire({}));
    f->configure(format, size);
  }
  void run(PixelFormat format = PixelFormat::Yuyv, Size size = kSmall) {
    configure(format, size);
    f->make_requests(4);
    CHECK_OK(camera().start({}));
    f->queue_all();
    wait_streaming();
  }
  /** queue_request() returns before the camera's thread has done it. */
  void wait_streaming() { (void)camera().controls(); }
  void queue_again(size_t done, const ControlList& controls) {
    Request& request = *f->done.at(done).request;
    request.reuse(true);
    request.controls = controls;
    CHECK_OK(f->queue(request));
    wait_streaming();
  }
  void make_frame(const v4l2::test::SimulatedFrame& frame = {}) {
    const size_t before = f->done.size();
    g_assert_true(webcam.video->make_frame(frame));
    f->wait_done(before + 1);
  }
};

std::vector<uint8_t> bytes_of(const FrameBuffer& frame) {
  std::vector<uint8_t> bytes(frame.layout().size);
  g_assert_cmpint(pread(frame.fd(), bytes.data(), bytes.size(), 0), ==, bytes.size());
  return bytes;
}

void test_identity() {
  const auto properties_now = [](SimulatedKernel& kernel) {
    return expect(find_webcams(kernel)).cameras.at(0).properties;
  };
  SimulatedKernel kernel;
  v4l2::test::plug_webcam(kernel);
  const std::string device = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/";
  kernel.set_text(device + "product", "Not read\n");
  CameraProperties properties = properties_now(kernel);
  g_assert_cmpstr(properties.product.c_str(), ==, "");
  kernel.set_text(device + "idVendor", "046d\n");  // now it is a USB device
  kernel.set_text(device + "manufacturer", "Some \xff Vendor\n");
  kernel.set_text(device + "product", std::string(100000, 'x'));
  kernel.set_text(device + "serial", "A1\033[2J\n");
  kernel.set_text(device + "removable", "removable\n");
  properties = properties_now(kernel);
  g_assert_cmpstr(properties.vendor.c_str(), ==, "Some \uFFFD Vendor");
  g_assert_cmpuint(properties.product.size(), <, 1000);
  g_assert_cmpstr(properties.serial.c_str(), ==, "A1?[2J");
  g_assert_cmpstr(properties.location.c_str(), ==, "external");
  kernel.set_text(device + "physical_location/panel", "front\n");
  properties = properties_now(kernel);
  g_assert_cmpstr(properties.location.c_str(), ==, "front");
}

void test_found() {
  SimulatedKernel kernel;
  const LeakCheck leaks(kernel);
  g_assert_true(expect(find_webcams(kernel)).cameras.empty());
  v4l2::test::plug_webcam(kernel);
  const Webcams found = expect(find_webcams(kernel));
  g_assert_cmpuint(found.cameras.size(), ==, 1);
  g_assert_true(found.errors.empty());
  const WebcamDescription& camera = found.cameras[0];
  g_assert_cmpstr(camera.id.c_str(), ==, "uvcvideo/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0");
  g_assert_cmpstr(camera.model.c_str(), ==, "HD Webcam");
  g_assert_cmpstr(camera.path.c_str(), ==, "/dev/video0");
  g_assert_cmpstr(camera.properties.path.c_str(), ==, "/dev/video0");
  g_assert_cmpstr(camera.properties.driver.c_str(), ==, "uvcvideo");
  g_assert_cmpstr(camera.properties.vendor.c_str(), ==, "");
  kernel.fail_always(SimulatedKernel::kOpen, EACCES);
  const Webcams refused = expect(find_webcams(kernel));
  g_assert_true(refused.cameras.empty());
  g_assert_cmpuint(refused.errors.size(), ==, 1);
  g_assert_true(refused.errors[0].code == Code::Permission);
}

void test_modes() {
  Fixture f;
  const StreamCapabilities& can = f.camera().capabilities(0);
  const std::string text = describe(can);
  g_assert_cmpstr(text.c_str(), ==,
                  "YUY2; 1280x720, 640x480, 320x240; 15 to 30 frames a second, or JPEG; 1280x720, "
                  "640x480; 30 frames a second");
  g_assert_true((can.preferred == Size{1280, 720}));
  g_assert_cmpint(can.frame_duration_preferred, ==, 33333333);
}

/* Frames are where the driver wrote them, and go round. */
void test_frames() {
  Fixture f;
  f.f->requeue = true;
  f.run();
  g_assert_true(f.camera().capabilities(0).dmabufs);
  g_assert_true(f.f->configuration.dmabufs);
  g_assert_false(f.f->configuration.copied);
  const uint32_t limit = f.f->configuration.buffer_limit;
  g_assert_cmpuint(limit, >=, 4);
  for (uint32_t n = 0; n < 20; n++) {
    f.f->on_completed = [n](Request& request) {
      const FrameBuffer& frame = *request.buffer(0);
      g_assert_true(frame.memory() == FrameBuffer::Memory::DmaBuf);
      g_assert_null(frame.data());
      g_assert_cmpuint(request.sequence, ==, n);
      g_assert_cmpint(request.timestamp, ==, int64_t{5000000000} + n * 33333000);
      for (const uint8_t byte : bytes_of(frame))
        g_assert_cmpuint(byte, ==, n);
      g_assert_true(request.metadata.has(ControlId::FrameDuration));
    };
    f.make_frame({.timestamp = int64_t{5000000000} + n * 33333000});
    f.wait_streaming();
  }
  f.f->on_completed = {};
  CHECK_OK(f.camera().stop());
}

void test_coded() {
  Fixture f;
  f.run(PixelFormat::Jpeg, {640, 480});
  f.f->on_completed = [](Request& request) {
    if (request.status == Request::Status::Complete)
      g_assert_cmpuint(request.bytes_used[0], ==, 777);
  };
  f.make_frame({.bytes = 777});
}

void test_copied() {
  Fixture f;
  f.webcam.video->queue().can_export = false;
  f.run();
  g_assert_false(f.camera().capabilities(0).dmabufs);
  g_assert_false(f.f->configuration.dmabufs);
  g_assert_true(f.f->configuration.copied);
  f.f->on_completed = [](Request& request) {
    const FrameBuffer& frame = *request.buffer(0);
    g_assert_true(frame.memory() == FrameBuffer::Memory::Memfd);
    for (size_t i = 0; i < frame.layout().size; i++)
      g_assert_cmpuint(frame.data()[i], ==, 0);
  };
  f.make_frame();
  f.f->on_completed = {};
}

/* It has the request to export, so dmabufs can be hoped for, and refuses. */
void test_export_refused() {
  Fixture f;
  f.kernel.fail_always(VIDIOC_EXPBUF, EINVAL);
  f.run();
  g_assert_true(f.camera().capabilities(0).dmabufs);
  g_assert_false(f.f->configuration.dmabufs);
  g_assert_true(f.f->configuration.copied);
  f.make_frame();
}

/* Every buffer there is, and one more; one that is given back can be had again. */
void test_all_buffers() {
  Fixture f;
  f.configure();
  const uint32_t limit = f.f->configuration.buffer_limit;
  f.f->make_requests(limit);
  CHECK_ERROR(f.camera().allocate_buffer(0), Code::NoSpace);
  f.f->requests.clear();
  f.f->buffers.erase(f.f->buffers.begin());
  CHECK_OK(f.camera().allocate_buffer(0));
}

/* Frames in the hands of others outlive camera and device. */
void test_buffers_outlive() {
  Fixture f;
  f.run();
  f.make_frame({.fill = [](uint32_t, std::span<uint8_t> memory) {
    std::fill(memory.begin(), memory.end(), uint8_t{0xab});
  }});
  f.camera().release();
  const std::vector<uint8_t> bytes = bytes_of(*f.f->buffers[0]);
  g_assert_cmpuint(bytes.front(), ==, 0xab);
  g_assert_cmpuint(bytes.back(), ==, 0xab);
}

/* A damaged frame is a missing number; its buffer is filled again. */
void test_damaged() {
  Fixture f;
  f.run();
  g_assert_true(f.webcam.video->make_frame({.flags = V4L2_BUF_FLAG_ERROR}));
  g_assert_true(f.webcam.video->make_frame({.bytes = 100}));
  f.make_frame({.lost = 3});
  g_assert_cmpuint(f.f->done[0].sequence, ==, 5);
  g_assert_true(f.f->done[0].status == Request::Status::Complete);
  for (int i = 0; i < 3; i++)
    f.make_frame();
  g_assert_cmpuint(f.f->done[3].sequence, ==, 8);
}

void test_unplugged() {
  for (const bool with_frame : {false, true}) {
    Fixture f;
    f.run();
    if (with_frame)
      f.make_frame();
    f.kernel.unplug("video0");
    f.f->wait_failed();
    g_assert_true(f.f->failures[0].code == Code::Lost);
    g_assert_true(f.f->failures[0].message.find("/dev/video0") != std::string::npos);
    f.f->wait_done(4);
    CHECK_OK(f.camera().stop());
    f.camera().release();
    CHECK_ERROR(f.camera().acquire({}), Code::NotFound);
    f.webcam = v4l2::test::plug_webcam(f.kernel);
    f.f->requests.clear();
    f.f->buffers.clear();
    f.run();
    f.make_frame();
  }
}

/* Nodes are numbered anew: another camera on the node of before is not the one that was asked for.
 */
void test_another_on_its_node() {
  Fixture f;
  f.kernel.unplug_all();
  v4l2::test::plug_webcam(f.kernel, {.port = 7, .node = 0});
  const Result<void> acquired = f.camera().acquire({});
  CHECK_ERROR(acquired, Code::NotFound);
  g_assert_nonnull(strstr(acquired.error().message.c_str(), "another device"));
  f.webcam = v4l2::test::plug_webcam(f.kernel);
  f.run();
  f.make_frame();
}

/* Whether or not it streams: who has it open is told, once. */
void test_unplugged_idle() {
  const std::function<void(Fixture&)> lives[] = {
      [](Fixture& f) { CHECK_OK(f.camera().acquire({})); },
      [](Fixture& f) { f.configure(); },
      [](Fixture& f) {
        f.run();
        CHECK_OK(f.camera().stop());
      },
  };
  for (const auto& life : lives) {
    Fixture f;
    life(f);
    f.kernel.unplug("video0");
    f.f->wait_failed();
    g_assert_true(f.f->failures[0].code == Code::Lost);
    g_assert_true(f.f->failures[0].message.ends_with("was unplugged"));
    std::vector<StreamConfiguration> streams(1);
    CHECK_ERROR(f.camera().configure(streams), Code::Lost);
    g_assert_cmpuint(f.f->failures.size(), ==, 1);
  }
}

void test_hardware_fails() {
  Fixture f;
  f.run();
  f.webcam.video->break_down();
  f.kernel.fail_always(VIDIOC_DQBUF, EIO);
  (void)f.webcam.video->make_frame();
  f.f->wait_failed();
  f.f->wait_done(4);
}

void test_controls() {
  Fixture f;
  f.run();
  const ControlRanges ranges = expect(f.camera().controls());
  const ControlRange* exposure = ranges.find(ControlId::ExposureTime);
  g_assert_nonnull(exposure);
  g_assert_cmpint(std::get<int32_t>(exposure->min), ==, 100);
  g_assert_cmpint(std::get<int32_t>(exposure->max), ==, 500000);
  g_assert_cmpint(std::get<int32_t>(exposure->def), ==, 15700);
  g_assert_false(ranges.has(ControlId::AnalogueGain));

  v4l2::test::SimulatedControls& device = f.webcam.video->controls();
  f.make_frame();
  ControlList controls;
  /* Automatics rule: kept, and written with the mode. */
  controls.set(ControlId::ExposureTime, int32_t{20000});
  f.queue_again(0, controls);
  g_assert_cmpint(device.value(V4L2_CID_EXPOSURE_ABSOLUTE), ==, 157);
  f.make_frame();
  controls.clear();
  controls.set(ControlId::AeMode, int32_t{kAeModeManual});
  controls.set(ControlId::Brightness, -1.0);
  controls.set(ControlId::AeFlickerPeriod, int32_t{8333});
  f.queue_again(1, controls);
  g_assert_cmpint(device.value(V4L2_CID_EXPOSURE_AUTO), ==, V4L2_EXPOSURE_MANUAL);
  g_assert_cmpint(device.value(V4L2_CID_EXPOSURE_ABSOLUTE), ==, 200);
  g_assert_cmpint(device.value(V4L2_CID_BRIGHTNESS), ==, -64);
  g_assert_cmpint(device.value(V4L2_CID_POWER_LINE_FREQUENCY), ==, 2);
  bool told = false;
  f.f->on_completed = [&](Request& r) {
    told = r.metadata.get_or<int32_t>(ControlId::ExposureTime, 0) == 20000 &&
           r.metadata.get_or<int32_t>(ControlId::AeMode, -1) == kAeModeManual;
  };
  f.make_frame();
  g_assert_true(told);
}

/* Each call of a whole life fails once: an error or a life without that detail, and no leak. */
void test_every_call_fails() {
  const auto life = [](Fixture& f) -> Result<void> {
    if (Result<void> r = f.camera().acquire({}); !r)
      return r;
    std::vector<StreamConfiguration> streams(1);
    streams[0].format = PixelFormat::Yuyv;
    streams[0].size = kSmall;
    if (Result<void> r = f.camera().configure(streams); !r)
      return r;
    std::vector<std::unique_ptr<FrameBuffer>> buffers;
    std::vector<std::unique_ptr<Request>> requests;
    for (int i = 0; i < 2; i++) {
      Result<std::unique_ptr<FrameBuffer>> buffer = f.camera().allocate_buffer(0);
      if (!buffer)
        return buffer.error();
      buffers.push_back(std::move(*buffer));
      requests.push_back(std::make_unique<Request>());
      CHECK_OK(requests.back()->add_buffer(buffers.back().get()));
    }
    if (Result<void> r = f.camera().start({}); !r)
      return r;
    for (const auto& request : requests)
      (void)f.camera().queue_request(request.get());
    f.wait_streaming();
    (void)f.webcam.video->make_frame();
    f.f->wait([&f] { return !f.f->done.empty() || !f.f->failures.empty(); });
    Result<void> result;
    if (!f.f->failures.empty())
      result = f.f->failures[0];
    if (Result<void> r = f.camera().stop(); !r)
      return r;
    f.camera().release();
    return result;
  };
  const v4l2::test::EveryCall counted =
      v4l2::test::every_call_fails([] { return std::make_unique<Fixture>(); }, life);
  g_assert_cmpuint(counted.calls, >, 50);
  g_assert_cmpuint(counted.refused, >, 10);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  (void)g_main_context_default();  // GLib keeps it once it is made: before descriptors are counted
  g_test_add_func("/uvcvideo/found", test_found);
  g_test_add_func("/uvcvideo/identity", test_identity);
  g_test_add_func("/uvcvideo/modes", test_modes);
  g_test_add_func("/uvcvideo/frames", test_frames);
  g_test_add_func("/uvcvideo/coded", test_coded);
  g_test_add_func("/uvcvideo/copied", test_copied);
  g_test_add_func("/uvcvideo/export-refused", test_export_refused);
  g_test_add_func("/uvcvideo/all-buffers", test_all_buffers);
  g_test_add_func("/uvcvideo/buffers-outlive", test_buffers_outlive);
  g_test_add_func("/uvcvideo/damaged", test_damaged);
  g_test_add_func("/uvcvideo/unplugged", test_unplugged);
  g_test_add_func("/uvcvideo/another-on-its-node", test_another_on_its_node);
  g_test_add_func("/uvcvideo/unplugged-idle", test_unplugged_idle);
  g_test_add_func("/uvcvideo/hardware-fails", test_hardware_fails);
  g_test_add_func("/uvcvideo/controls", test_controls);
  g_test_add_func("/uvcvideo/every-call-fails", test_every_call_fails);
  return g_test_run();
}
