/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Camera: states, requests, failure, what is refused. */
#include <cmath>

#include "tests/core/camera-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

using Code = Error::Code;
using State = Camera::State;

void test_states() {
  CameraFixture f;
  std::vector<StreamConfiguration> streams(1);
  streams[0].size = {64, 48};

  g_assert_true(f.camera->state() == State::Available);
  CHECK_ERROR(f.camera->configure(streams), Code::WrongState);
  CHECK_ERROR(f.camera->controls(), Code::WrongState);
  CHECK_ERROR(f.camera->start({}), Code::WrongState);
  CHECK_ERROR(f.camera->stop(), Code::WrongState);
  g_assert_cmpint(f.camera->ipa_pid(), ==, 0);
  f.camera->release();

  CameraOptions options;
  options.ipa_isolation = IpaIsolation::Thread;
  options.tuning_file = "some.yaml";
  f.script->pid = 42;
  CHECK_OK(f.camera->acquire(options));
  g_assert_true(f.script->isolation == IpaIsolation::Thread);
  g_assert_cmpstr(f.script->tuning_file.c_str(), ==, "some.yaml");
  g_assert_cmpint(f.camera->ipa_pid(), ==, 42);
  g_assert_true(f.camera->state() == State::Acquired);
  CHECK_ERROR(f.camera->acquire({}), Code::Busy);
  CHECK_ERROR(f.camera->start({}), Code::WrongState);
  CHECK_ERROR(f.camera->stop(), Code::WrongState);
  CHECK_ERROR(f.camera->allocate_buffer(0), Code::WrongState);
  CHECK_OK(f.camera->controls());

  CHECK_OK(f.camera->configure(streams));
  g_assert_true(f.camera->state() == State::Configured);
  g_assert_cmpuint(streams[0].layout.size, ==, 64 * 48 * 3 / 2);
  g_assert_cmpint(streams[0].frame_duration, ==, 10000000);
  f.make_requests(1);
  CHECK_ERROR(f.camera->queue_request(f.requests[0].get()), Code::WrongState);
  CHECK_ERROR(f.camera->allocate_buffer(1), Code::Invalid);
  CHECK_ERROR(f.camera->allocate_buffer(UINT32_MAX), Code::Invalid);
  CHECK_ERROR(f.camera->stop(), Code::WrongState);

  CHECK_OK(f.camera->start({}));
  g_assert_true(f.camera->state() == State::Running);
  CHECK_ERROR(f.camera->start({}), Code::WrongState);
  CHECK_ERROR(f.camera->configure(streams), Code::WrongState);
  CHECK_ERROR(f.camera->acquire({}), Code::Busy);
  CHECK_OK(f.camera->stop());
  g_assert_true(f.camera->state() == State::Configured);
  CHECK_OK(f.camera->start({}));
  f.camera->release();
  g_assert_true(f.camera->state() == State::Available);
  f.camera->release();
  g_assert_cmpint(f.script->opened, ==, 1);
  g_assert_cmpint(f.script->closed, ==, 1);
  g_assert_cmpint(f.script->started, ==, 2);
  g_assert_cmpint(f.script->stopped, ==, 2);
}

void test_configure_says_what_is_possible() {
  CameraFixture f;
  CHECK_OK(f.camera->acquire({}));
  std::vector<StreamConfiguration> streams;
  CHECK_ERROR(f.camera->configure(streams), Code::Invalid);
  auto hint_of = [&](auto change) {
    streams.assign(1, {});
    streams[0].size = {64, 48};
    change(streams[0]);
    Result<void> r = f.camera->configure(streams);
    g_assert_false(r.ok());
    g_assert_true(r.error().code == Code::Invalid);
    return r.error().hint;
  };
  std::string hint = hint_of([](StreamConfiguration& c) { c.format = PixelFormat::Yuyv; });
  g_assert_cmpstr(hint.c_str(), ==, "possible formats: NV12, BGRx");
  const Size impossible[] = {{0, 0},   {1, 1},      {14, 48},       {642, 48},
                             {63, 48}, {64, 10000}, {65536, 65536}, {UINT32_MAX, UINT32_MAX}};
  for (Size size : impossible) {
    hint = hint_of([size](StreamConfiguration& c) { c.size = size; });
    g_assert_cmpstr(hint.c_str(), ==, "possible sizes: 16x16 to 640x480 in steps of 2x2");
  }
  for (int64_t duration : {int64_t{-1}, int64_t{1}, int64_t{1} << 62U, INT64_MIN}) {
    hint = hint_of([duration](StreamConfiguration& c) { c.frame_duration = duration; });
    g_assert_cmpstr(hint.c_str(), ==, "possible rates: 1 fps (1000.000 ms) to 1000 fps (1.000 ms)");
  }
  hint_of([](StreamConfiguration& c) { c.id = 1; });
  hint_of([](StreamConfiguration& c) { c.id = UINT32_MAX; });
  streams.assign(2, {});
  streams[0].size = streams[1].size = {64, 48};
  CHECK_ERROR(f.camera->configure(streams), Code::Invalid);
  g_assert_cmpint(f.script->configured, ==, 0);
  g_assert_true(f.camera->state() == State::Acquired);

  f.configure();
  f.script->configure_error = Error(Code::Unsupported, "no");
  streams.resize(1);
  CHECK_ERROR(f.camera->configure(streams), Code::Unsupported);
  // What was configured before is not any more.
  g_assert_true(f.camera->state() == State::Acquired);
  CHECK_ERROR(f.camera->start({}), Code::WrongState);
  f.script->configure_error.reset();
  f.configure(PixelFormat::Xrgb8888, {640, 480});
  g_assert_cmpuint(f.configuration.layout.size, ==, 640 * 480 * 4);
}

void test_open_and_start_errors() {
  CameraFixture f;
  f.script->open_error = Error(Code::Permission, "closed to you");
  CHECK_ERROR(f.camera->acquire({}), Code::Permission);
  g_assert_true(f.camera->state() == State::Available);
  g_assert_cmpint(f.script->closed, ==, 0);
  f.script->open_error.reset();
  CHECK_OK(f.camera->acquire({}));
  f.configure();
  f.script->start_error = Error(Code::Failed, "no light");
  CHECK_ERROR(f.camera->start({}), Code::Failed);
  g_assert_true(f.camera->state() == State::Configured);
  f.make_requests(1);
  CHECK_ERROR(f.camera->queue_request(f.requests[0].get()), Code::WrongState);
  f.script->start_error.reset();
  CHECK_OK(f.camera->start({}));
}

void test_frames() {
  CameraFixture f;
  f.script->lost_frames = {2, 3};
  f.requeue = true;
  f.run(4);
  f.queue_all();
  f.wait_done(100);
  CHECK_OK(f.camera->stop());
  // Every request is back, and nothing comes afterwards.
  const size_t done = f.done.size();
  uint32_t cancelled = 0;
  uint32_t expected = 0;
  for (size_t i = 0; i < done; i++) {
    g_assert_true(f.done[i].request == f.queued[i]);
    if (f.done[i].status == Request::Status::Cancelled) {
      cancelled++;
      continue;
    }
    g_assert_cmpuint(cancelled, ==, 0);
    if (expected == 2)
      expected = 4;
    g_assert_cmpuint(f.done[i].sequence, ==, expected++);
  }
  for (const std::unique_ptr<Request>& request : f.requests)
    g_assert_false(request->in_flight());
  CHECK_ERROR(f.camera->queue_request(f.requests[0].get()), Code::WrongState);
  f.camera->release();
  g_assert_cmpuint(f.done.size(), ==, done);
}

void test_live_gaps() {
  CameraFixture f;
  f.script->pace = FakeScript::Pace::Live;
  f.script->streams[0].frame_duration_preferred = 1000000;
  f.camera = std::make_unique<Camera>(std::make_unique<FakePipeline>(f.script));
  uint32_t sequences[2] = {};
  uint32_t count = 0;
  f.camera->set_handlers(
      [&](Request& r) {
        std::lock_guard lock(f.mutex);
        if (count < 2)
          sequences[count] = r.sequence;
        count++;
        f.changed.notify_all();
      },
      nullptr);
  f.run(1);
  f.queue_all();
  f.wait([&] { return count == 1; });
  // While nobody asks frames go by.
  f.pass_time(std::chrono::milliseconds(6));
  f.queue_all();
  f.wait([&] { return count == 2; });
  g_assert_cmpuint(sequences[1], >, sequences[0] + 3);
}

void test_stop_returns_requests() {
  CameraFixture f;
  f.script->pace = FakeScript::Pace::Hold;
  f.run(4);
  for (int round = 0; round < 20; round++) {
    f.done.clear();
    f.queue_all();
    CHECK_OK(f.camera->stop());
    g_assert_cmpuint(f.done.size(), ==, 4);
    for (size_t i = 0; i < 4; i++) {
      g_assert_true(f.done[i].request == f.requests[i].get());
      g_assert_true(f.done[i].status == Request::Status::Cancelled);
    }
    CHECK_OK(f.camera->start({}));
  }
  f.done.clear();
  f.queue_all();
  f.camera->release();
  g_assert_cmpuint(f.done.size(), ==, 4);
  // A handler that keeps what it was given cannot keep it from the application.
  f.script->keep_on_stop = true;
  f.done.clear();
  f.run(4);
  f.queue_all();
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(f.done.size(), ==, 4);
}

void test_requests_refused() {
  CameraFixture f;
  f.script->pace = FakeScript::Pace::Hold;
  f.run(2);
  CHECK_ERROR(f.camera->queue_request(nullptr), Code::Invalid);
  Request empty;
  CHECK_ERROR(f.camera->queue_request(&empty), Code::Invalid);

  Request& request = *f.requests[0];
  request.controls.set(ControlId::ExposureTime, 1.0);
  CHECK_ERROR(f.camera->queue_request(&request), Code::Invalid);
  request.controls.set(ControlId::ExposureTime, int32_t{-1});
  CHECK_ERROR(f.camera->queue_request(&request), Code::Invalid);
  request.reuse(true);
  request.controls.set(ControlId::AnalogueGain, std::nan(""));
  CHECK_ERROR(f.camera->queue_request(&request), Code::Invalid);
  request.reuse(true);
  request.controls.set(ControlId::Lux, 10.0);
  CHECK_ERROR(f.camera->queue_request(&request), Code::Invalid);
  request.reuse(true);
  g_assert_false(request.in_flight());

  // Out of this camera's range, inside of the table's: moved into it.
  request.controls.set(ControlId::ExposureTime, int32_t{1000000});
  CHECK_OK(f.camera->queue_request(&request));
  CHECK_ERROR(f.camera->queue_request(&request), Code::WrongState);
  CHECK_ERROR(request.add_buffer(f.buffers[1].get()), Code::WrongState);
  CHECK_OK(f.camera->stop());
  g_assert_cmpint(f.script->queued, <=, 1);

  // A buffer of another configuration.
  f.configure(PixelFormat::Xrgb8888);
  CHECK_OK(f.camera->start({}));
  request.reuse(true);
  CHECK_ERROR(f.camera->queue_request(&request), Code::Invalid);
  f.camera->release();

  f.done.clear();
  f.run(Camera::kMaxRequests + 1);
  for (size_t i = 0; i < Camera::kMaxRequests; i++)
    CHECK_OK(f.camera->queue_request(f.requests[i].get()));
  CHECK_ERROR(f.camera->queue_request(f.requests.back().get()), Code::NoSpace);
  g_assert_false(f.requests.back()->in_flight());
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(f.done.size(), ==, Camera::kMaxRequests);
}

void test_controls_reach_the_handler() {
  CameraFixture f;
  CHECK_OK(f.camera->acquire({}));
  f.configure();
  f.make_requests(1);
  ControlList controls;
  controls.set(ControlId::Lux, 1.0);
  CHECK_ERROR(f.camera->start(controls), Code::Invalid);
  controls.clear();
  controls.set(ControlId::ExposureTime, int32_t{1});
  CHECK_OK(f.camera->start(controls));
  f.requests[0]->controls.set(ControlId::AnalogueGain, 100.0);
  f.queue_all();
  f.wait_done(1);
  CHECK_OK(f.camera->stop());
  g_assert_cmpint(f.script->start_controls.get_or(ControlId::ExposureTime, int32_t{0}), ==, 100);
  g_assert_cmpfloat(f.script->last_controls.get_or(ControlId::AnalogueGain, 0.0), ==, 16.0);
  Result<ControlRanges> ranges = f.camera->controls();
  CHECK_OK(ranges);
  g_assert_true(ranges->has(ControlId::AeMode));
  g_assert_false(ranges->has(ControlId::Lux));
}

void test_failure() {
  CameraFixture f;
  f.script->fail_at_frame = 10;
  f.requeue = true;
  f.run(4);
  f.try_queue_all();
  f.wait_failed();
  g_assert_cmpuint(f.failures.size(), ==, 1);
  g_assert_true(f.failures[0].code == Code::Lost);
  // Everything was back before the failure was told.
  g_assert_cmpuint(f.done.size(), ==, f.accepted);
  for (size_t i = 0; i < f.done.size(); i++)
    g_assert_true(f.done[i].status ==
                  (i < 10 ? Request::Status::Complete : Request::Status::Cancelled));
  g_assert_true(f.camera->state() == State::Running);
  CHECK_ERROR(f.camera->queue_request(f.requests[0].get()), Code::Lost);
  CHECK_OK(f.camera->stop());
  g_assert_cmpint(f.script->stopped, ==, 1);
  CHECK_ERROR(f.camera->start({}), Code::Lost);
  std::vector<StreamConfiguration> streams = {f.configuration};
  CHECK_ERROR(f.camera->configure(streams), Code::Lost);
  f.camera->release();
  g_assert_cmpuint(f.failures.size(), ==, 1);

  // As new after it was released.
  f.script->fail_at_frame.reset();
  f.done.clear();
  f.run(4);
  f.queue_all();
  f.wait_done(20);
  // And released right out of a failure.
  f.camera->release();
  f.script->fail_at_frame = 0;
  f.failures.clear();
  f.run(1);
  f.queue_all();
  f.wait_failed();
  f.camera->release();
  g_assert_cmpint(f.script->opened, ==, f.script->closed);
}

void test_failure_in_start() {
  CameraFixture f;
  f.script->fail_in_start = true;
  f.run(1);
  CHECK_ERROR(f.camera->queue_request(f.requests[0].get()), Code::Lost);
  // Told once, by the main loop or by stop(), whichever comes first.
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(f.failures.size(), ==, 1);
  f.camera->release();
  g_assert_cmpuint(f.failures.size(), ==, 1);
}

/* One that fails before anybody listens, as when it is unplugged while it is opened. */
void test_failure_unheard() {
  CameraFixture f;
  f.camera->set_handlers({}, {});
  f.script->fail_in_start = true;
  f.run(1);
  CHECK_OK(f.camera->stop());
  g_assert_true(f.camera->failed());
  std::vector<Error> told;
  f.camera->set_handlers({}, [&told](const Error& e) { told.push_back(e); });
  g_assert_cmpuint(told.size(), ==, 1);
  g_assert_true(told[0].code == Code::Lost);
  f.camera->set_handlers({}, [&told](const Error& e) { told.push_back(e); });
  f.camera->release();
  f.camera->set_handlers({}, [&told](const Error& e) { told.push_back(e); });
  g_assert_cmpuint(told.size(), ==, 1);
}

void test_calls_from_callbacks() {
  CameraFixture f;
  f.script->pid = 7;
  std::vector<Code> codes;
  bool done = false;
  f.camera->set_handlers(
      [&](Request& request) {
        if (request.status != Request::Status::Complete)
          return;
        std::vector<StreamConfiguration> streams;
        codes.push_back(f.camera->acquire({}).error().code);
        codes.push_back(f.camera->configure(streams).error().code);
        codes.push_back(f.camera->controls().error().code);
        codes.push_back(f.camera->allocate_buffer(0).error().code);
        codes.push_back(f.camera->start({}).error().code);
        codes.push_back(f.camera->stop().error().code);
        g_assert_true(f.camera->state() == State::Running);
        g_assert_cmpint(f.camera->ipa_pid(), ==, 7);
        g_assert_cmpuint(f.camera->stream_count(), ==, 1);
        std::lock_guard lock(f.mutex);
        done = true;
        f.changed.notify_all();
      },
      nullptr);
  f.run(1);
  f.queue_all();
  f.wait([&] { return done; });
  CHECK_OK(f.camera->stop());
  g_assert_cmpuint(codes.size(), ==, 6);
  for (Code code : codes)
    g_assert_true(code == Code::WrongState);
}

void test_destroyed_running() {
  auto script = std::make_shared<FakeScript>();
  {
    CameraFixture f(script);
    f.run(64);
    f.queue_all();
    f.camera.reset();
    g_assert_cmpuint(f.done.size(), ==, 64);
  }
  g_assert_cmpint(script->stopped, ==, 1);
  g_assert_cmpint(script->closed, ==, 1);
  g_assert_cmpint(script.use_count(), ==, 1);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/camera/states", test_states);
  g_test_add_func("/camera/configure-says-what-is-possible", test_configure_says_what_is_possible);
  g_test_add_func("/camera/open-and-start-errors", test_open_and_start_errors);
  g_test_add_func("/camera/frames", test_frames);
  g_test_add_func("/camera/live-gaps", test_live_gaps);
  g_test_add_func("/camera/stop-returns-requests", test_stop_returns_requests);
  g_test_add_func("/camera/requests-refused", test_requests_refused);
  g_test_add_func("/camera/controls-reach-the-handler", test_controls_reach_the_handler);
  g_test_add_func("/camera/failure", test_failure);
  g_test_add_func("/camera/failure-in-start", test_failure_in_start);
  g_test_add_func("/camera/failure-unheard", test_failure_unheard);
  g_test_add_func("/camera/calls-from-callbacks", test_calls_from_callbacks);
  g_test_add_func("/camera/destroyed-running", test_destroyed_running);
  return g_test_run();
}
