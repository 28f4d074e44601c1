/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A driver that hangs: whoever calls gets an error in time, the camera is left to itself, gives
 * nothing back behind the application's back, and is there again when its driver comes back.
 */
#include <thread>

#include "tests/core/camera-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

/* What the camera has until it comes back, and that it let go of it. */
class Kept {
 public:
  std::shared_ptr<void> keep() {
    return {nullptr, [this](void*) {
              const std::lock_guard lock(mutex_);
              gone_ = true;
              changed_.notify_all();
            }};
  }
  [[nodiscard]] bool gone() {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  void wait_gone() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 60s, [this] { return gone_; }))
      g_error("the camera did not let go");
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool gone_ = false;
};

/** Letting go is the last but one thing it does. */
void acquire_again(Camera& camera) {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  Result<void> acquired = camera.acquire({});
  while (!acquired && std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();
    acquired = camera.acquire({});
  }
  CHECK_OK(acquired);
}

void make_it_hang(CameraFixture& f, const char* method) {
  f.script->time_limit = 400ms;
  f.script->hang_in = method;
}

void check_hangs(CameraFixture& f, const Result<void>& result, const char* what) {
  g_assert_false(result.ok());
  g_assert_cmpstr(to_string(result.error().code), ==, to_string(Error::Code::Timeout));
  const std::string text = std::string("hangs: ") + what + " did not come back within 400 ms";
  g_assert_nonnull(std::strstr(result.error().message.c_str(), text.c_str()));
  g_assert_false(result.error().hint.empty());
  g_assert_true(f.camera->hangs());
  g_assert_true(f.camera->failed());
}

/* At once, all of them: one wait is enough. */
void check_all_refuse(CameraFixture& f) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<StreamConfiguration> streams(1);
  CHECK_ERROR(f.camera->configure(streams), Error::Code::Timeout);
  CHECK_ERROR(f.camera->controls(), Error::Code::Timeout);
  CHECK_ERROR(f.camera->allocate_buffer(0), Error::Code::Timeout);
  CHECK_ERROR(f.camera->start({}), Error::Code::Timeout);
  CHECK_ERROR(f.camera->stop(), Error::Code::Timeout);
  g_assert_cmpint(f.camera->ipa_pid(), ==, 0);
  g_assert_true(std::chrono::steady_clock::now() - begin < 400ms);
}

void leave_and_come_back(CameraFixture& f) {
  Kept kept;
  g_assert_true(f.camera->release(kept.keep()) == Camera::Released::Left);
  const size_t done = f.done.size();
  CHECK_ERROR(f.camera->acquire({}), Error::Code::Busy);
  g_assert_nonnull(std::strstr(f.camera->acquire({}).error().message.c_str(), "hangs since"));
  g_assert_false(kept.gone());
  f.script->pace = FakeScript::Pace::Fast;  // after this
  f.script->come_back();
  kept.wait_gone();
  g_assert_cmpuint(f.done.size(), ==, done);
  g_assert_cmpint(f.script->opened, ==, f.script->closed);
  g_assert_cmpint(f.script->started, ==, f.script->stopped);
  for (const std::unique_ptr<Request>& request : f.requests)
    g_assert_false(request->in_flight());
  /* As if nothing had been. */
  acquire_again(*f.camera);
  f.listen();
  f.camera->release();
  f.run();
  f.queue_all();
  f.wait_done(done + 4);
  g_assert_false(f.camera->hangs());
  g_assert_false(f.camera->failed());
}

void test_open() {
  CameraFixture f;
  make_it_hang(f, "open");
  check_hangs(f, f.camera->acquire({}), "opening it");
  /* It is left already. */
  g_assert_true(f.camera->release() == Camera::Released::Done);
  CHECK_ERROR(f.camera->acquire({}), Error::Code::Busy);
  f.script->come_back();
  acquire_again(*f.camera);
  f.listen();
  f.camera->release();
  f.run();
  f.queue_all();
  f.wait_done(4);
}

void test_configure() {
  CameraFixture f;
  make_it_hang(f, "configure");
  CHECK_OK(f.camera->acquire({}));
  std::vector<StreamConfiguration> streams(1);
  streams[0].format = PixelFormat::Nv12;
  streams[0].size = {64, 48};
  check_hangs(f, f.camera->configure(streams), "configure()");
  check_all_refuse(f);
  leave_and_come_back(f);
}

void test_allocate() {
  CameraFixture f;
  make_it_hang(f, "allocate_buffer");
  CHECK_OK(f.camera->acquire({}));
  f.configure();
  const Result<std::unique_ptr<FrameBuffer>> buffer = f.camera->allocate_buffer(0);
  check_hangs(f, buffer ? Result<void>() : Result<void>(buffer.error()), "allocate_buffer()");
  check_all_refuse(f);
  leave_and_come_back(f);
}

void test_start() {
  CameraFixture f;
  make_it_hang(f, "start");
  CHECK_OK(f.camera->acquire({}));
  f.configure();
  f.make_requests(4);
  check_hangs(f, f.camera->start({}), "start()");
  CHECK_ERROR(f.queue(*f.requests[0]), Error::Code::Timeout);
  check_all_refuse(f);
  leave_and_come_back(f);
}

/* With requests that the driver has. */
void test_stop() {
  CameraFixture f;
  f.script->pace = FakeScript::Pace::Hold;
  make_it_hang(f, "stop");
  f.run();
  f.queue_all();
  check_hangs(f, f.camera->stop(), "stop()");
  g_assert_true(f.requests[0]->status == Request::Status::Pending);
  check_all_refuse(f);
  leave_and_come_back(f);
}

/* Nobody heard of it before. */
void test_release() {
  for (const char* method : {"stop", "close"}) {
    CameraFixture f;
    f.script->pace = FakeScript::Pace::Hold;
    make_it_hang(f, method);
    f.run();
    f.queue_all();
    leave_and_come_back(f);
  }
}

/* Nor the application, which is gone: what is left of the camera outlives it. */
void test_forgotten() {
  auto script = std::make_shared<FakeScript>();
  Kept kept;
  {
    CameraFixture f(script);
    make_it_hang(f, "start");
    CHECK_OK(f.camera->acquire({}));
    f.configure();
    check_hangs(f, f.camera->start({}), "start()");
    g_assert_true(f.camera->release(kept.keep()) == Camera::Released::Left);
    f.camera.reset();
  }
  /* Another object for the same camera would hang beside it. */
  Camera another(std::make_unique<FakePipeline>(script));
  CHECK_ERROR(another.acquire({}), Error::Code::Busy);
  script->come_back();
  kept.wait_gone();
  g_assert_cmpint(script->closed, ==, 1);
  g_assert_cmpint(script->wrong_order, ==, 0);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/core/camera-hang/open", test_open);
  g_test_add_func("/core/camera-hang/configure", test_configure);
  g_test_add_func("/core/camera-hang/allocate", test_allocate);
  g_test_add_func("/core/camera-hang/start", test_start);
  g_test_add_func("/core/camera-hang/stop", test_stop);
  g_test_add_func("/core/camera-hang/release", test_release);
  g_test_add_func("/core/camera-hang/forgotten", test_forgotten);
  return g_test_run();
}
