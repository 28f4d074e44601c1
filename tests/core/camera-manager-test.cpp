/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CameraManager: enumeration, names, errors of platforms, lifetimes. */
#include "core/camera-manager.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "tests/core/camera-fixture.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

std::shared_ptr<FakeScript> script(const char* id, const char* model) {
  auto s = std::make_shared<FakeScript>();
  s->id = id;
  s->model = model;
  return s;
}

struct Platforms {
  Platforms() {
    auto first =
        std::make_unique<FakeFactory>(std::vector{script("a/0", "Door"), script("a/1", "Desk")});
    auto second = std::make_unique<FakeFactory>(std::vector{script("b/0", "Door")});
    a = first.get();
    b = second.get();
    std::vector<std::unique_ptr<PipelineFactory>> list;
    list.push_back(std::move(first));
    list.push_back(std::move(second));
    manager = std::make_unique<CameraManager>(std::move(list));
    manager->enumerate();
  }
  FakeFactory* a;
  FakeFactory* b;
  std::unique_ptr<CameraManager> manager;
};

void test_find() {
  Platforms p;
  g_assert_cmpuint(p.manager->cameras().size(), ==, 3);
  g_assert_cmpstr(p.manager->cameras()[0]->id().c_str(), ==, "a/0");
  Result<std::shared_ptr<Camera>> found = p.manager->find("b/0");
  CHECK_OK(found);
  g_assert_cmpstr((*found)->model().c_str(), ==, "Door");
  found = p.manager->find("Desk");
  CHECK_OK(found);
  g_assert_cmpstr((*found)->id().c_str(), ==, "a/1");
  found = p.manager->find("Door");
  CHECK_ERROR(found, Error::Code::Invalid);
  g_assert_nonnull(strstr(found.error().message.c_str(), "'a/0' (Door), 'b/0' (Door)"));
  found = p.manager->find("nowhere");
  CHECK_ERROR(found, Error::Code::NotFound);
  for (const char* id : {"'a/0' (Door)", "'a/1' (Desk)", "'b/0' (Door)"})
    g_assert_nonnull(strstr(found.error().hint.c_str(), id));
  CHECK_ERROR(p.manager->find(""), Error::Code::NotFound);
}

void test_none() {
  CameraManager manager({});
  manager.enumerate();
  g_assert_true(manager.cameras().empty());
  CHECK_ERROR(manager.find("any"), Error::Code::NotFound);
}

void test_enumerate_again() {
  Platforms p;
  std::shared_ptr<Camera> known = p.manager->cameras()[1];
  p.a->scripts().erase(p.a->scripts().begin());
  p.a->scripts().push_back(script("a/2", "Roof"));
  p.a->scripts().push_back(script("a/2", "Another roof"));
  p.manager->enumerate();
  g_assert_cmpuint(p.manager->cameras().size(), ==, 3);
  g_assert_true(p.manager->cameras()[0] == known);
  CHECK_ERROR(p.manager->find("a/0"), Error::Code::NotFound);
  CHECK_OK(p.manager->find("Roof"));
  g_assert_cmpuint(p.manager->errors().size(), ==, 1);
  g_assert_nonnull(strstr(p.manager->errors()[0].message.c_str(), "a/2"));
}

void test_platform_errors() {
  Platforms p;
  p.a->error = Error(Error::Code::Invalid, "cameras.yaml:3: what is this?", "mend it");
  p.manager->enumerate();
  // Known cameras stay, the other platform's too, and the error can be read.
  g_assert_cmpuint(p.manager->cameras().size(), ==, 3);
  g_assert_cmpuint(p.manager->errors().size(), ==, 1);
  Result<std::shared_ptr<Camera>> found = p.manager->find("nowhere");
  CHECK_ERROR(found, Error::Code::NotFound);
  g_assert_nonnull(strstr(found.error().message.c_str(), "cameras.yaml:3"));
  p.a->error.reset();
  p.manager->enumerate();
  g_assert_true(p.manager->errors().empty());
}

/* Whoever is asked first has the hardware, and keeps it while it cannot be asked. */
void test_claims() {
  Platforms p;
  p.a->claimed = {"platform/isp0", "pci/camera"};
  p.b->claimed = {"platform/isp1"};
  p.manager->enumerate();
  g_assert_true(p.a->taken_before.empty());
  g_assert_true(p.b->taken_before == p.a->claimed);
  p.a->error = Error(Error::Code::Failed, "cannot be asked");
  p.manager->enumerate();
  g_assert_true(p.b->taken_before == (DeviceClaims{"platform/isp0", "pci/camera"}));
  p.a->error.reset();
  p.a->claimed.erase("pci/camera");
  p.manager->enumerate();
  g_assert_true(p.b->taken_before == DeviceClaims{"platform/isp0"});
}

/* What a watcher was told, to wait for. */
class Told {
 public:
  CameraManager::ChangeHandler handler() {
    return [this](const CameraManager::Change& change) {
      const std::lock_guard lock(mutex_);
      for (const auto& camera : change.added)
        list_.push_back(camera);
      for (const auto& camera : change.removed)
        g_assert_cmpuint(std::erase(list_, camera), ==, 1);
      calls_++;
      changed_.notify_all();
    };
  }
  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& camera : list_)
      ids.push_back(camera->id());
    return ids;
  }
  void wait_for(const std::vector<std::string>& wanted) {
    std::unique_lock lock(mutex_);
    g_assert_true(
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return ids() == wanted; }));
  }
  [[nodiscard]] int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Camera>> list_;
  int calls_ = 0;
};

struct Watched {
  Watched() {
    std::vector<std::unique_ptr<PipelineFactory>> list;
    list.push_back(std::make_unique<FakePortFactory>(port));
    list.push_back(std::make_unique<FakeFactory>(std::vector{script("b/0", "Desk")}));
    manager = std::make_unique<CameraManager>(std::move(list));
  }
  std::shared_ptr<FakePort> port = std::make_shared<FakePort>(std::vector{script("a/0", "Door")});
  std::unique_ptr<CameraManager> manager;
};

void test_watch() {
  Watched w;
  Told told;
  Result<std::unique_ptr<CameraManager::Watch>> watch = w.manager->watch(told.handler());
  CHECK_OK(watch);
  /* All there are, before watch() returned. */
  g_assert_cmpint(told.calls(), ==, 1);
  told.wait_for({"a/0", "b/0"});
  w.port->plug(script("a/1", "Roof"));
  told.wait_for({"a/0", "b/0", "a/1"});
  CHECK_OK(w.manager->find("Roof"));
  w.port->unplug("a/0");
  told.wait_for({"b/0", "a/1"});
  CHECK_ERROR(w.manager->find("a/0"), Error::Code::NotFound);
  w.port->plug(script("a/0", "Door"));
  told.wait_for({"b/0", "a/1", "a/0"});
  /* One who comes late is told of all; one who goes, of nothing any more. */
  Told late;
  Result<std::unique_ptr<CameraManager::Watch>> second = w.manager->watch(late.handler());
  CHECK_OK(second);
  late.wait_for({"a/1", "a/0", "b/0"});
  watch->reset();
  const int calls = told.calls();
  w.port->unplug("a/1");
  late.wait_for({"a/0", "b/0"});
  g_assert_cmpint(told.calls(), ==, calls);
  g_assert_cmpuint(w.port->ears(), ==, 1);
  second->reset();
  g_assert_cmpuint(w.port->ears(), ==, 0);
}

void test_watch_others_enumerate() {
  Watched w;
  w.port->watch_error = Error(Error::Code::Permission, "nobody may listen");
  Told told;
  Result<std::unique_ptr<CameraManager::Watch>> watch = w.manager->watch(told.handler());
  CHECK_OK(watch);
  told.wait_for({"a/0", "b/0"});
  g_assert_cmpuint(w.manager->errors().size(), ==, 1);
  g_assert_nonnull(strstr(w.manager->errors()[0].message.c_str(), "nobody may listen"));
  w.port->plug(script("a/1", "Roof"));
  w.manager->enumerate();
  told.wait_for({"a/0", "b/0", "a/1"});
  watch->reset();
  g_assert_true(w.manager->errors().empty());
}

/* Pulled out and in again while nobody looked: the object of before has a node that is gone. */
void test_watch_replaced() {
  Watched w;
  w.manager->enumerate();
  const std::shared_ptr<Camera> before = w.manager->cameras()[0];
  w.manager->enumerate();
  g_assert_true(w.manager->cameras()[0] == before);
  Told told;
  Result<std::unique_ptr<CameraManager::Watch>> watch = w.manager->watch(told.handler());
  CHECK_OK(watch);
  told.wait_for({"a/0", "b/0"});
  w.port->set_error(Error(Error::Code::Failed, "in the middle of it"));
  w.port->unplug("a/0");
  auto again = script("a/0", "Door");
  again->properties.path = "/dev/video7";
  w.port->plug(again);
  w.port->set_error(std::nullopt);
  told.wait_for({"b/0", "a/0"});
  const std::shared_ptr<Camera> after = w.manager->cameras()[0];
  g_assert_true(after != before);
  g_assert_cmpstr(after->properties().path.c_str(), ==, "/dev/video7");
}

void test_watch_again_and_again() {
  Watched w;
  w.manager->enumerate();
  const Holdings before;
  for (int i = 0; i < 50; i++) {
    Told told;
    Result<std::unique_ptr<CameraManager::Watch>> watch = w.manager->watch(told.handler());
    CHECK_OK(watch);
    w.port->plug(script("a/1", "Roof"));
    told.wait_for({"a/0", "b/0", "a/1"});
    w.port->unplug("a/1");
    told.wait_for({"a/0", "b/0"});
  }
  const Holdings after;
  g_assert_cmpuint(after.fds, ==, before.fds);
  /* Each of the 50 had a thread. The last is joined before /proc has forgotten it. */
  g_assert_cmpuint(after.threads, <=, before.threads + 4);
}

void test_camera_outlives_manager() {
  Platforms p;
  std::shared_ptr<Camera> camera = p.manager->cameras()[0];
  CHECK_OK(camera->acquire({}));
  p.manager.reset();
  std::vector<StreamConfiguration> streams(1);
  streams[0].size = {64, 48};
  CHECK_OK(camera->configure(streams));
  CHECK_OK(camera->start({}));
  CHECK_OK(camera->stop());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/camera-manager/find", test_find);
  g_test_add_func("/camera-manager/none", test_none);
  g_test_add_func("/camera-manager/enumerate-again", test_enumerate_again);
  g_test_add_func("/camera-manager/platform-errors", test_platform_errors);
  g_test_add_func("/camera-manager/claims", test_claims);
  g_test_add_func("/camera-manager/watch", test_watch);
  g_test_add_func("/camera-manager/watch-others-enumerate", test_watch_others_enumerate);
  g_test_add_func("/camera-manager/watch-replaced", test_watch_replaced);
  g_test_add_func("/camera-manager/watch-again-and-again", test_watch_again_and_again);
  g_test_add_func("/camera-manager/camera-outlives-manager", test_camera_outlives_manager);
  return g_test_run();
}
