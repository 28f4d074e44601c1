/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/shared-manager.h"

#include <algorithm>
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

/**
 * Where all that went wrong while cameras were looked for is of one kind, that is the cause of
 * finding none: a webcam that nobody may open is refused to each platform that looks at it.
 */
Error explained(const Error& error, const std::vector<Error>& causes) {
  if (error.code != Error::Code::NotFound || causes.empty())
    return error;
  const Error::Code code = causes.front().code;
  std::vector<std::string> hints;
  for (const Error& cause : causes) {
    if (cause.code != code)
      return error;
    if (!cause.hint.empty() && std::ranges::find(hints, cause.hint) == hints.end())
      hints.push_back(cause.hint);
  }
  if (!error.hint.empty())
    hints.push_back(error.hint);
  std::string hint;
  for (const std::string& part : hints)
    hint += (hint.empty() ? "" : "; ") + part;
  return Error(code, error.message, hint);
}

Error none_found(const std::vector<Error>& errors) {
  std::string message = "no camera was found";
  for (const Error& error : errors)
    message += "; " + error.message;
  return explained(Error(Error::Code::NotFound, message), errors);
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
  manager.enumerate();
  if (name.empty()) {
    std::vector<std::shared_ptr<Camera>> cameras = manager.cameras();
    if (cameras.empty())
      return none_found(manager.errors());
    return cameras.front();
  }
  Result<std::shared_ptr<Camera>> found = manager.find(name);
  if (!found)
    return explained(found.error(), manager.errors());
  return found;
}

}  // namespace gstcam
