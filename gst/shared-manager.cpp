/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/shared-manager.h"

#include <mutex>
#include <utility>

namespace gstcam {

namespace {

struct Shared {
  std::mutex mutex;
  FactoryMaker maker;
  std::weak_ptr<CameraManager> manager;
};

Shared& shared() {
  static Shared instance;
  return instance;
}

Result<std::shared_ptr<Camera>> look_up(const CameraManager& manager, const std::string& name) {
  if (!name.empty())
    return manager.find(name);
  std::vector<std::shared_ptr<Camera>> cameras = manager.cameras();
  if (!cameras.empty())
    return cameras.front();
  std::string message = "no camera was found";
  std::string hint;
  const std::vector<Error> errors = manager.errors();
  for (const Error& error : errors) {
    message += "; " + error.message;
    if (!error.hint.empty())
      hint = error.hint;
  }
  /* Where one cause is known it is that, not its consequence. */
  const Error::Code code = errors.size() == 1 ? errors.front().code : Error::Code::NotFound;
  return Error(code, message, hint);
}

}  // namespace

void set_pipeline_factories(FactoryMaker maker) {
  const std::lock_guard lock(shared().mutex);
  shared().maker = std::move(maker);
  shared().manager.reset();
}

std::shared_ptr<CameraManager> shared_camera_manager() {
  const std::lock_guard lock(shared().mutex);
  std::shared_ptr<CameraManager> manager = shared().manager.lock();
  if (!manager) {
    std::vector<std::unique_ptr<PipelineFactory>> factories;
    if (shared().maker)
      factories = shared().maker();
    manager = std::make_shared<CameraManager>(std::move(factories));
    shared().manager = manager;
  }
  return manager;
}

Result<std::shared_ptr<Camera>> find_camera(CameraManager& manager, const std::string& name) {
  Result<std::shared_ptr<Camera>> known = look_up(manager, name);
  if (known)
    return known;
  manager.enumerate();
  return look_up(manager, name);
}

}  // namespace gstcam
