/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VimcPipeline over a simulated kernel: its graph, streams alone and together, parameters in the
 * subdevices, damage, unplugging, every call failing. */
#include <linux/media-bus-format.h>

#include <cerrno>

#include "tests/core/v4l2/every-call-fails.h"
#include "tests/pipelines/vimc/vimc-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using v4l2::test::expect;
using v4l2::test::SimulatedKernel;

namespace {

using Code = Error::Code;
using vimc::kRawA;
using vimc::kRawB;
using vimc::kScaled;

void test_found() {
  SimulatedKernel kernel;
  const v4l2::test::LeakCheck leaks(kernel);
  g_assert_true(expect(vimc::find_vimc_cameras(kernel)).cameras.empty());
  v4l2::test::plug_vimc(kernel);
  const vimc::VimcCameras found = expect(vimc::find_vimc_cameras(kernel));
  g_assert_cmpuint(found.cameras.size(), ==, 1);
  g_assert_true(found.errors.empty());
  g_assert_cmpstr(found.cameras[0].id.c_str(), ==, "vimc/platform/vimc.0");
  g_assert_cmpstr(found.cameras[0].model.c_str(), ==, "Virtual Media Controller (vimc)");
  g_assert_cmpstr(found.cameras[0].properties.driver.c_str(), ==, "vimc");
  g_assert_cmpstr(found.cameras[0].properties.path.c_str(), ==, "/dev/media2");
  g_assert_true(found.devices == DeviceClaims{"platform/vimc.0"});
  g_assert_true(expect(vimc::find_vimc_cameras(kernel, {"platform/vimc.0"})).cameras.empty());

  kernel.fail_always(SimulatedKernel::kOpen, EACCES);
  const vimc::VimcCameras refused = expect(vimc::find_vimc_cameras(kernel));
  g_assert_true(refused.cameras.empty());
  g_assert_cmpuint(refused.errors.size(), ==, 1);
  g_assert_true(refused.errors[0].code == Code::Permission);
  g_assert_true(refused.devices.contains("platform/vimc.0"));
}

/* Another driver's media device is not ours. */
void test_others() {
  SimulatedKernel kernel;
  v4l2::test::plug_vimc(kernel);
  kernel.tamper(MEDIA_IOC_DEVICE_INFO, [](void* argument) {
    std::strcpy(static_cast<media_device_info*>(argument)->driver, "other");
  });
  const vimc::VimcCameras found = expect(vimc::find_vimc_cameras(kernel));
  g_assert_true(found.cameras.empty());
  g_assert_true(found.devices.empty());
}

void test_streams() {
  VimcFixture f;
  g_assert_cmpuint(f.camera().stream_count(), ==, 3);
  const std::string scaled = describe(f.camera().capabilities(kScaled));
  g_assert_cmpstr(scaled.c_str(), ==,
                  "RGB, BGR; 16x16 to 4096x2160 in steps of 2x2; 60 frames a second");
  const std::string raw = describe(f.camera().capabilities(kRawA));
  g_assert_cmpstr(raw.c_str(), ==,
                  "bggr, gbrg, grbg, rggb; 16x16 to 4096x2160 in steps of 2x2; 60 frames a second");
  g_assert_true((f.camera().capabilities(kRawB).preferred == Size{640, 480}));
}

/* The kernel validates every link, whoever streams. */
void test_formats() {
  VimcFixture f;
  f.run({vimc_stream(kScaled, {100, 50}), vimc_stream(kRawA, {320, 200})});
  g_assert_true(f.vimc.scaled(1));
  g_assert_false(f.vimc.scaled(0));
  const auto& a = f.vimc.units[0];
  const auto& b = f.vimc.units[1];
  g_assert_cmpuint(a.sensor->format(0).code, ==, MEDIA_BUS_FMT_SGRBG8_1X8);
  g_assert_true((a.sensor->format(0).size == Size{320, 200}));
  g_assert_true((b.sensor->format(0).size == Size{200, 100}));
  g_assert_true((f.vimc.scaler->format(0).size == Size{200, 100}));
  g_assert_cmpuint(f.vimc.scaler->format(1).code, ==, MEDIA_BUS_FMT_RGB888_1X24);
  g_assert_true((f.vimc.scaler->format(1).size == Size{100, 50}));
  g_assert_true((f.plan->sensor.width == 200 && f.plan->sensor.height == 100));
  g_assert_cmpuint(f.plan->streams.size(), ==, 2);
  CHECK_OK(f.camera().stop());

  /* Whatever it was before: another configuration fits too. */
  f.f->requests.clear();
  f.f->buffers.clear();
  f.configure({vimc_stream(kRawB, {4096, 2160})});
  g_assert_true((b.sensor->format(0).size == Size{4096, 2160}));
  f.make_requests(4);
  f.start();
  f.make_frames();
}

/* Each stream alone, and those that go together. */
void test_frames() {
  const std::vector<std::vector<uint32_t>> sets = {
      {kScaled}, {kRawA}, {kRawB}, {kScaled, kRawA}, {kRawA, kRawB}, {kRawA, kScaled}};
  for (const std::vector<uint32_t>& set : sets) {
    VimcFixture f;
    f.f->requeue = true;
    std::vector<StreamConfiguration> wanted;
    for (const uint32_t id : set)
      wanted.push_back(vimc_stream(id));
    f.run(wanted);
    for (const StreamConfiguration& stream : f.streams) {
      g_assert_true(stream.dmabufs);
      g_assert_cmpuint(stream.buffer_limit, >=, stream.buffer_count);
    }
    for (uint32_t n = 0; n < 30; n++) {
      f.f->on_completed = [&](Request& request) {
        g_assert_cmpuint(request.sequence, ==, n);
        g_assert_cmpint(request.timestamp, ==, int64_t{7000000000} + n * 1000);
        g_assert_true(request.metadata.has(ControlId::Brightness));
        g_assert_cmpint(request.metadata.get_or<int32_t>(ControlId::IpaState, -1), ==, kIpaStateOk);
        g_assert_cmpint(request.metadata.get_or<int32_t>(ControlId::IpaHost, -1), ==,
                        kIpaHostThread);
        for (const uint32_t id : set) {
          const FrameBuffer& frame = *request.buffer(id);
          g_assert_true(frame.memory() == FrameBuffer::Memory::DmaBuf);
          uint8_t byte = 0;
          g_assert_cmpint(pread(frame.fd(), &byte, 1, 0), ==, 1);
          g_assert_cmpuint(byte, ==, n);
        }
      };
      f.make_frames({.timestamp = int64_t{7000000000} + n * 1000});
    }
    f.f->on_completed = {};
    CHECK_OK(f.camera().stop());
  }
}

/* Streams of one sensor exclude each other; so do all three. */
void test_refused() {
  VimcFixture f;
  CHECK_OK(f.camera().acquire({}));
  std::vector<StreamConfiguration> both = {vimc_stream(kScaled), vimc_stream(kRawB)};
  CHECK_ERROR(f.camera().configure(both), Code::Unsupported);
  std::vector<StreamConfiguration> all = {vimc_stream(kScaled), vimc_stream(kRawA),
                                          vimc_stream(kRawB)};
  CHECK_ERROR(f.camera().configure(all), Code::Unsupported);
  std::vector<StreamConfiguration> odd = {vimc_stream(kScaled, {101, 50})};
  CHECK_ERROR(f.camera().configure(odd), Code::Invalid);
  f.configure({vimc_stream(kScaled)});
}

/* The follower takes a frame when the leader's next one is due, not as fast as it can. */
void test_paired() {
  VimcFixture f;
  f.f->requeue = true;
  f.run({vimc_stream(kScaled), vimc_stream(kRawA)});
  v4l2::test::SimulatedVideoNode& leader = f.vimc.node(kScaled);
  v4l2::test::SimulatedVideoNode& follower = f.vimc.node(kRawA);
  /* Two to begin with. */
  g_assert_true(follower.make_frame());
  g_assert_true(follower.make_frame());
  g_assert_false(follower.make_frame());
  f.sync();
  g_assert_cmpuint(f.f->done.size(), ==, 0);
  g_assert_true(leader.make_frame());
  f.f->wait_done(1);
  f.sync();
  g_assert_false(follower.make_frame());  // the next request has its frame already
  for (uint32_t n = 1; n < 10; n++) {
    g_assert_true(leader.make_frame());
    if (n > 1)
      g_assert_true(follower.make_frame());
    f.f->wait_done(n + 1);
    f.sync();
  }
  /* A slow follower holds nothing up but its own requests. */
  g_assert_true(leader.make_frame());
  g_assert_true(leader.make_frame());
  f.sync();
  g_assert_cmpuint(f.f->done.size(), ==, 10);
  g_assert_true(follower.make_frame());
  f.f->wait_done(11);
  CHECK_OK(f.camera().stop());
}

/* The application's controls arrive at both sensors with the frame that they are of. */
void test_parameters() {
  VimcFixture f;
  f.vimc.units[0].sensor->controls().set_value(V4L2_CID_HUE, 77);  // another program's
  f.run({vimc_stream(kScaled)});
  g_assert_cmpint(f.value(V4L2_CID_HUE), ==, 0);
  g_assert_cmpint(f.value(V4L2_CID_BRIGHTNESS), ==, 128);

  f.make_frames();
  Request& request = *f.f->done[0].request;
  request.reuse(true);
  request.controls.set(ControlId::Brightness, 0.5);
  const size_t written = f.kernel.count_of(VIDIOC_S_EXT_CTRLS);
  CHECK_OK(f.f->queue(request));
  f.sync();
  g_assert_cmpint(f.value(V4L2_CID_BRIGHTNESS), ==, 128);  // three frames are before it
  for (int i = 0; i < 3; i++) {
    f.f->on_completed = [](Request& r) {
      g_assert_cmpfloat(r.metadata.get_or(ControlId::Brightness, -1.0), ==, 0);
    };
    f.make_frames();
  }
  for (const size_t unit : {0U, 1U})
    g_assert_cmpint(f.value(V4L2_CID_BRIGHTNESS, unit), ==, 178);
  g_assert_cmpuint(f.kernel.count_of(VIDIOC_S_EXT_CTRLS), ==, written + 2);  // what changed, twice
  f.f->on_completed = [](Request& r) {
    g_assert_cmpfloat(r.metadata.get_or(ControlId::Brightness, -1.0), ==, 0.5);
  };
  f.make_frames();
  f.f->on_completed = {};
}

/* A frame that is damaged in any stream is left out of all, and numbers only grow. */
void test_damaged() {
  const v4l2::test::SimulatedFrame bad = {.flags = V4L2_BUF_FLAG_ERROR};
  {
    VimcFixture f;
    f.run({vimc_stream(kScaled)});
    g_assert_true(f.vimc.node(kScaled).make_frame(bad));
    g_assert_true(f.vimc.node(kScaled).make_frame({.bytes = 100}));
    f.make_frames();
    g_assert_cmpuint(f.f->done[0].sequence, ==, 2);
    for (int i = 0; i < 3; i++)
      f.make_frames();
    g_assert_cmpuint(f.f->done[3].sequence, ==, 5);
  }
  for (const uint32_t damaged : {kScaled, kRawA}) {
    VimcFixture f;
    f.f->requeue = true;
    f.run({vimc_stream(kScaled), vimc_stream(kRawA)});
    for (uint32_t n = 0; n < 20; n++) {
      for (const uint32_t id : {kScaled, kRawA})
        (void)f.vimc.node(id).make_frame(
            n % 5 == 2 && id == damaged ? bad : v4l2::test::SimulatedFrame());
      f.sync();
    }
    f.f->wait_done(12);
    CHECK_OK(f.camera().stop());
    uint32_t last = 0;
    for (const Done& done : f.f->done) {
      if (done.status != Request::Status::Complete)
        continue;
      g_assert_true(&done == f.f->done.data() || done.sequence > last);
      last = done.sequence;
    }
  }
}

void test_unplugged() {
  for (const bool together : {false, true}) {
    VimcFixture f;
    std::vector<StreamConfiguration> wanted = {vimc_stream(kScaled)};
    if (together)
      wanted.push_back(vimc_stream(kRawA));
    f.run(wanted);
    f.make_frames();
    v4l2::test::unplug_vimc(f.kernel);
    f.f->wait_failed();
    g_assert_true(f.f->failures[0].code == Code::Lost);
    f.f->wait_done(4);
    CHECK_OK(f.camera().stop());
    f.camera().release();
    CHECK_ERROR(f.camera().acquire({}), Code::NotFound);
    const auto told = f.vimc.on_streaming;
    f.vimc = v4l2::test::plug_vimc(f.kernel);
    *f.vimc.on_streaming = *told;
    f.f->requests.clear();
    f.f->buffers.clear();
    f.run(wanted);
    f.make_frames();
  }
}

/* It goes while nothing runs; and another device may have its node by then. */
void test_gone_while_idle() {
  for (const bool configured : {false, true}) {
    VimcFixture f;
    CHECK_OK(f.camera().acquire({}));
    if (configured)
      f.configure({vimc_stream(kRawA)});
    v4l2::test::unplug_vimc(f.kernel);
    f.f->wait_failed();
    g_assert_true(f.f->failures[0].code == Code::Lost);
    f.camera().release();
    f.kernel.plug("media2", {510, 2}, "platform/other", f.vimc.media);
    CHECK_ERROR(f.camera().acquire({}), Code::NotFound);
  }
}

/* Somebody else streams from a node of it. */
void test_busy() {
  VimcFixture f;
  f.run({vimc_stream(kRawA)});
  CameraFixture other(std::make_unique<vimc::VimcPipeline>(
      f.kernel, expect(vimc::find_vimc_cameras(f.kernel)).cameras.at(0),
      vimc::VimcOptions{.connect = ScriptedVimcIpa::connector(f.plan)}));
  CHECK_OK(other.camera->acquire({}));
  std::vector<StreamConfiguration> streams = {vimc_stream(kRawA, {128, 128})};
  CHECK_ERROR(other.camera->configure(streams), Code::Busy);
  f.make_frames();
}

void test_ipa_errors() {
  const Error wrong(Code::Invalid, "no such thing");
  for (std::optional<Error> VimcPlan::*where :
       {&VimcPlan::connect_error, &VimcPlan::init_error, &VimcPlan::configure_error,
        &VimcPlan::map_error, &VimcPlan::start_error}) {
    VimcFixture f;
    f.plan.get()->*where = wrong;
    Result<void> result = f.camera().acquire({});
    std::vector<StreamConfiguration> streams = {vimc_stream(kScaled)};
    if (result)
      result = f.camera().configure(streams);
    if (result)
      result = f.camera().start({});
    CHECK_ERROR(result, Code::Invalid);
    g_assert_true(result.error().message.find("no such thing") != std::string::npos);
  }
}

/* Each call of a whole life fails once: an error or a life without that detail, and no leak. */
void test_every_call_fails() {
  const auto life = [](VimcFixture& f) -> Result<void> {
    if (Result<void> r = f.camera().acquire({}); !r)
      return r;
    std::vector<StreamConfiguration> wanted = {vimc_stream(kScaled), vimc_stream(kRawA)};
    if (Result<void> r = f.camera().configure(wanted); !r)
      return r;
    f.streams = wanted;
    for (int i = 0; i < 2; i++) {
      f.f->requests.push_back(std::make_unique<Request>());
      for (const StreamConfiguration& stream : wanted) {
        Result<std::unique_ptr<FrameBuffer>> buffer = f.camera().allocate_buffer(stream.id);
        if (!buffer)
          return buffer.error();
        f.f->buffers.push_back(std::move(*buffer));
        CHECK_OK(f.f->requests.back()->add_buffer(f.f->buffers.back().get()));
      }
    }
    if (Result<void> r = f.camera().start({}); !r)
      return r;
    f.f->try_queue_all();
    f.f->wait([&f] { return f.streaming >= 2 || !f.f->failures.empty(); });
    f.sync();
    for (const uint32_t id : {kScaled, kRawA})
      (void)f.vimc.node(id).make_frame();
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
      v4l2::test::every_call_fails([] { return std::make_unique<VimcFixture>(); }, life);
  g_assert_cmpuint(counted.calls, >, 100);
  g_assert_cmpuint(counted.refused, >, 60);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  (void)g_main_context_default();  // GLib keeps it once it is made: before descriptors are counted
  g_test_add_func("/vimc/found", test_found);
  g_test_add_func("/vimc/others", test_others);
  g_test_add_func("/vimc/streams", test_streams);
  g_test_add_func("/vimc/formats", test_formats);
  g_test_add_func("/vimc/frames", test_frames);
  g_test_add_func("/vimc/refused", test_refused);
  g_test_add_func("/vimc/paired", test_paired);
  g_test_add_func("/vimc/parameters", test_parameters);
  g_test_add_func("/vimc/damaged", test_damaged);
  g_test_add_func("/vimc/unplugged", test_unplugged);
  g_test_add_func("/vimc/gone-while-idle", test_gone_while_idle);
  g_test_add_func("/vimc/busy", test_busy);
  g_test_add_func("/vimc/ipa-errors", test_ipa_errors);
  g_test_add_func("/vimc/every-call-fails", test_every_call_fails);
  return g_test_run();
}
