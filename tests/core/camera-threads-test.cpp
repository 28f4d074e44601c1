/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Camera: everything at once from many threads: no deadlock, no request lost or returned twice. */
#include <map>
#include <random>
#include <thread>

#include "tests/core/camera-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

constexpr int kThreads = 4;
constexpr int kCalls = 1500;

/* Requests with memory of their own: any thread may queue them whatever the camera's state. */
struct Pool {
  explicit Pool(size_t count) {
    Result<FrameLayout> layout = frame_layout(PixelFormat::Nv12, {64, 48});
    CHECK_OK(layout);
    for (size_t i = 0; i < count; i++) {
      Result<SharedMemory> memory = SharedMemory::create("frame", layout->size);
      CHECK_OK(memory);
      buffers.push_back(std::make_unique<FrameBuffer>(0U, *layout, std::move(memory).value()));
      requests.push_back(std::make_unique<Request>());
      CHECK_OK(requests.back()->add_buffer(buffers.back().get()));
    }
  }
  std::vector<std::unique_ptr<FrameBuffer>> buffers;
  std::vector<std::unique_ptr<Request>> requests;
};

void hammer(Camera& camera, Pool& pool, unsigned seed, std::atomic<int>& queued) {
  std::minstd_rand random(seed);
  std::vector<StreamConfiguration> streams(1);
  for (int i = 0; i < kCalls; i++) {
    Result<void> result;
    switch (random() % 16) {
      case 0:
        camera.release();
        break;
      case 1:
        result = camera.stop();
        break;
      case 2:
      case 3:
        result = camera.acquire({});
        break;
      case 4:
      case 5:
        streams[0] = StreamConfiguration();
        streams[0].size = {64, 48};
        result = camera.configure(streams);
        break;
      case 6:
      case 7:
        result = camera.start({});
        break;
      case 8:
        (void)camera.ipa_pid();
        break;
      case 9:
        if (Result<std::unique_ptr<FrameBuffer>> buffer = camera.allocate_buffer(0); !buffer)
          result = buffer.error();
        break;
      default:
        result = camera.queue_request(pool.requests[random() % pool.requests.size()].get());
        if (result)
          queued++;
    }
    // Whatever comes in between: an answer, and one of those that this can have.
    if (!result)
      g_assert_true(result.error().code == Error::Code::WrongState ||
                    result.error().code == Error::Code::Busy ||
                    result.error().code == Error::Code::Invalid ||
                    result.error().code == Error::Code::Lost);
  }
}

void hammer_with(const std::shared_ptr<FakeScript>& script) {
  std::atomic<int> queued{0};
  std::atomic<int> returned{0};
  {
    Camera camera(std::make_unique<FakePipeline>(script));
    camera.set_handlers([&](Request&) { returned++; }, [](const Error&) {});
    Pool pool(16);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; i++)
      threads.emplace_back([&, i] { hammer(camera, pool, static_cast<unsigned>(i) + 1, queued); });
    for (std::thread& thread : threads)
      thread.join();
    camera.release();
    for (const std::unique_ptr<Request>& request : pool.requests)
      g_assert_false(request->in_flight());
  }
  g_assert_cmpint(queued, >, 0);
  g_assert_cmpint(queued, ==, returned);
  g_assert_cmpint(script->wrong_thread, ==, 0);
  g_assert_cmpint(script->wrong_order, ==, 0);
  g_assert_cmpint(script->opened, ==, script->closed);
  g_assert_cmpint(script->started, ==, script->stopped);
}

void test_hammer() {
  hammer_with(std::make_shared<FakeScript>());
}

void test_hammer_hold() {
  auto script = std::make_shared<FakeScript>();
  script->pace = FakeScript::Pace::Hold;
  hammer_with(script);
}

void test_hammer_failing() {
  auto script = std::make_shared<FakeScript>();
  script->fail_at_frame = 3;
  hammer_with(script);
}

/* A failure told while everybody stops: once, and never while somebody waits for ever. */
void test_failure_against_stop() {
  for (int i = 0; i < 200; i++) {
    auto script = std::make_shared<FakeScript>();
    script->fail_at_frame = static_cast<uint32_t>(i % 4);
    CameraFixture f(script);
    f.requeue = true;
    f.run(4);
    f.try_queue_all();
    std::thread other([&f] { f.camera->release(); });
    (void)f.camera->stop().ok();
    other.join();
    g_assert_cmpuint(f.failures.size(), <=, 1);
    for (const std::unique_ptr<Request>& request : f.requests)
      g_assert_false(request->in_flight());
  }
}

/* Two who want it at a time: one gets it. */
void test_acquire_race() {
  for (int i = 0; i < 50; i++) {
    CameraFixture f;
    std::atomic<int> won{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; t++) {
      threads.emplace_back([&] {
        Result<void> r = f.camera->acquire({});
        if (r)
          won++;
        else
          g_assert_true(r.error().code == Error::Code::Busy);
      });
    }
    for (std::thread& thread : threads)
      thread.join();
    g_assert_cmpint(won, ==, 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/camera-threads/hammer", test_hammer);
  g_test_add_func("/camera-threads/hammer-hold", test_hammer_hold);
  g_test_add_func("/camera-threads/hammer-failing", test_hammer_failing);
  g_test_add_func("/camera-threads/failure-against-stop", test_failure_against_stop);
  g_test_add_func("/camera-threads/acquire-race", test_acquire_race);
  return g_test_run();
}
