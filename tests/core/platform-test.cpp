/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Platform: what a factory answers, and one whose driver hangs. */
#include "core/platform.h"

#include <condition_variable>
#include <mutex>

#include "core/camera-manager.h"
#include "core/hang-registry.h"
#include "tests/core/camera-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    passed_++;
    changed_.wait(lock, [this] { return open_; });
  }
  void set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  int passed() {
    const std::lock_guard lock(mutex_);
    return passed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int passed_ = 0;
};

class GatedFactory : public PipelineFactory {
 public:
  GatedFactory(std::shared_ptr<Gate> gate, std::shared_ptr<FakeScript> script)
      : gate_(std::move(gate)), script_(std::move(script)) {}
  const char* name() const override { return "gated"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override {
    gate_->pass();
    FoundCameras found;
    found.claimed = taken;
    found.handlers.push_back(std::make_unique<FakePipeline>(script_));
    return found;
  }

 private:
  std::shared_ptr<Gate> gate_;
  std::shared_ptr<FakeScript> script_;
};

void test_answer() {
  const auto gate = std::make_shared<Gate>();
  Platform platform(std::make_unique<GatedFactory>(gate, std::make_shared<FakeScript>()));
  const Result<FoundCameras> found = platform.ask({"one"});
  CHECK_OK(found);
  g_assert_cmpuint(found->handlers.size(), ==, 1);
  g_assert_true(found->claimed == DeviceClaims{"one"});
}

/** Of who was left, when it comes back. */
void wait_until_free(const char* name) {
  const gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
  while (HangRegistry::instance()->has(name)) {
    g_assert_cmpint(g_get_monotonic_time(), <, limit);
    std::this_thread::yield();
  }
}

void test_hangs() {
  const auto gate = std::make_shared<Gate>();
  gate->set_open(false);
  const auto script = std::make_shared<FakeScript>();
  auto platform = std::make_unique<Platform>(std::make_unique<GatedFactory>(gate, script), 300ms);
  const Result<FoundCameras> found = platform->ask({});
  g_assert_true(found.error().code == Error::Code::Timeout);
  g_assert_nonnull(std::strstr(found.error().message.c_str(), "within 300 ms"));
  /* Nobody else hangs there, in another object for it neither. */
  Platform other(std::make_unique<GatedFactory>(gate, script), 300ms);
  for (Platform* one : {platform.get(), &other})
    CHECK_ERROR(one->ask({}), Error::Code::Timeout);
  g_assert_cmpint(gate->passed(), ==, 1);
  platform.reset();
  gate->set_open(true);
  wait_until_free("gated");
  CHECK_OK(other.ask({}));
}

/* Cameras that were known stay, and those of other platforms can be found. */
void test_in_the_list() {
  const auto gate = std::make_shared<Gate>();
  const auto script = std::make_shared<FakeScript>();
  std::vector<std::unique_ptr<PipelineFactory>> factories;
  factories.push_back(std::make_unique<GatedFactory>(gate, script));
  const auto theirs = std::make_shared<FakeScript>();
  theirs->id = "other/0";
  factories.push_back(std::make_unique<FakeFactory>(std::vector{theirs}));
  CameraManager manager(std::move(factories));
  manager.enumerate();
  g_assert_cmpuint(manager.cameras().size(), ==, 2);
  gate->set_open(false);
  const gint64 begin = g_get_monotonic_time();
  manager.enumerate();
  g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint(manager.cameras().size(), ==, 2);
  g_assert_cmpuint(manager.errors().size(), ==, 1);
  g_assert_nonnull(std::strstr(manager.errors()[0].message.c_str(), "'gated'"));
  CHECK_OK(manager.find("other/0"));
  gate->set_open(true);
  wait_until_free("gated");
  manager.enumerate();
  g_assert_cmpuint(manager.errors().size(), ==, 0);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/core/platform/answer", test_answer);
  g_test_add_func("/core/platform/hangs", test_hangs);
  g_test_add_func("/core/platform/in-the-list", test_in_the_list);
  return g_test_run();
}
