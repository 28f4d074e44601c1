/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraFixture: a Camera over a FakePipeline (or another handler), requests with buffers, and a
 * record of what came back that a test can wait on.
 */
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "tests/core/fake-pipeline.h"

namespace gstcam::test {

/** Fails the running g_test with the error's text. */
template <typename T>
void check_ok(const Result<T>& result, const char* what) {
  if (!result)
    g_error("%s: %s (%s)", what, result.error().message.c_str(), result.error().hint.c_str());
}
#define CHECK_OK(expression) ::gstcam::test::check_ok((expression), #expression)
#define CHECK_ERROR(expression, wanted)                                 \
  do {                                                                  \
    const auto check_result = (expression);                             \
    g_assert_false(check_result.ok());                                  \
    g_assert_cmpstr(::gstcam::to_string(check_result.error().code), ==, \
                    ::gstcam::to_string(wanted));                       \
    g_assert_false(check_result.error().message.empty());               \
  } while (false)

struct Done {
  Request* request;
  Request::Status status;
  uint32_t sequence;
};

class CameraFixture {
 public:
  explicit CameraFixture(std::shared_ptr<FakeScript> s = std::make_shared<FakeScript>())
      : script(std::move(s)),
        camera(std::make_unique<Camera>(std::make_unique<FakePipeline>(script))) {
    listen();
  }
  explicit CameraFixture(std::unique_ptr<PipelineHandler> handler)
      : camera(std::make_unique<Camera>(std::move(handler))) {
    listen();
  }
  ~CameraFixture() {
    if (camera)
      camera->release();
    camera.reset();
    if (!script)
      return;
    g_assert_cmpint(script->wrong_thread, ==, 0);
    g_assert_cmpint(script->wrong_order, ==, 0);
  }

  void configure(PixelFormat format = PixelFormat::Nv12, Size size = {64, 48}) {
    std::vector<StreamConfiguration> streams(1);
    streams[0].format = format;
    streams[0].size = size;
    streams[0].frame_duration = frame_duration;
    CHECK_OK(camera->configure(streams));
    configuration = streams[0];
  }
  /** From available to running, with `count` requests that are not queued. */
  void run(size_t count = 4) {
    CHECK_OK(camera->acquire({}));
    configure();
    make_requests(count);
    CHECK_OK(camera->start({}));
  }
  void make_requests(size_t count) {
    requests.clear();
    buffers.clear();
    for (size_t i = 0; i < count; i++) {
      Result<std::unique_ptr<FrameBuffer>> buffer = camera->allocate_buffer(0);
      CHECK_OK(buffer);
      buffers.push_back(std::move(buffer).value());
      requests.push_back(std::make_unique<Request>());
      CHECK_OK(requests.back()->add_buffer(buffers.back().get()));
    }
  }
  void queue_all() {
    for (const std::unique_ptr<Request>& request : requests)
      CHECK_OK(queue(*request));
  }
  /** The same for a camera that may have failed by now. */
  void try_queue_all() {
    for (const std::unique_ptr<Request>& request : requests)
      (void)queue(*request).ok();
  }
  Result<void> queue(Request& request) {
    // The test and the callback may queue at once: the lock makes their order known.
    const std::lock_guard lock(queue_mutex);
    Result<void> taken = camera->queue_request(&request);
    if (taken) {
      accepted++;
      queued.push_back(&request);
    }
    return taken;
  }
  /** Waits for so many completed requests in all; a minute without them fails the test. */
  void wait_done(size_t count) {
    wait([this, count] { return done.size() >= count; });
  }
  void wait_failed() {
    wait([this] { return !failures.empty(); });
  }
  template <typename F>
  void wait(F condition) {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, std::chrono::minutes(1), condition))
      g_error("nothing came back for a minute");
  }
  /** For what has to happen without an event: frames that nobody asks for. */
  void pass_time(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, time, [] { return false; });
  }

  std::shared_ptr<FakeScript> script;
  std::unique_ptr<Camera> camera;
  StreamConfiguration configuration;
  std::vector<std::unique_ptr<FrameBuffer>> buffers;
  std::vector<std::unique_ptr<Request>> requests;
  int64_t frame_duration = 0;       // asked for by configure()
  std::atomic<size_t> accepted{0};  // requests that the camera took
  /** Looks at each request before the record and requeue do; camera's thread. */
  std::function<void(Request&)> on_completed;
  bool requeue = false;  // completed requests are queued again from the callback

  std::mutex queue_mutex;
  std::vector<Request*> queued;  // in order

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Done> done;
  std::vector<Error> failures;
  std::vector<Notice> notices;

  /** Of a new camera done by itself; one that was left has forgotten. */
  void listen() {
    camera->set_handlers([this](Request& r) { completed(r); },
                         [this](const Error& e) { failed(e); },
                         [this](const Notice& n) { noticed(n); });
  }

 private:
  void completed(Request& request) {
    g_assert_false(request.in_flight());
    if (on_completed)
      on_completed(request);
    {
      std::lock_guard lock(mutex);
      done.push_back({&request, request.status, request.sequence});
      changed.notify_all();
    }
    if (requeue && request.status == Request::Status::Complete) {
      request.reuse(true);
      Result<void> again = queue(request);
      if (!again)
        g_assert_true(again.error().code == Error::Code::WrongState ||
                      again.error().code == Error::Code::Lost);
    }
  }
  void noticed(const Notice& notice) {
    std::lock_guard lock(mutex);
    notices.push_back(notice);
    changed.notify_all();
  }
  void failed(const Error& error) {
    std::lock_guard lock(mutex);
    failures.push_back(error);
    changed.notify_all();
  }
};

}  // namespace gstcam::test
