/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CameraManager: enumeration, names, errors of platforms, lifetimes. */
#include "core/camera-manager.h"

#include "tests/core/camera-fixture.h"

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
  g_test_add_func("/camera-manager/camera-outlives-manager", test_camera_outlives_manager);
  return g_test_run();
}
