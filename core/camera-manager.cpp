/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/camera-manager.h"

#include <algorithm>
#include <mutex>

namespace gstcam {

namespace {

struct Entry {
  size_t factory;
  std::shared_ptr<Camera> camera;
};

std::shared_ptr<Camera> find_id(const std::vector<Entry>& entries, std::string_view id) {
  auto it = std::ranges::find_if(entries, [id](const Entry& e) { return e.camera->id() == id; });
  return it == entries.end() ? nullptr : it->camera;
}

std::string list_of(const std::vector<Entry>& entries) {
  std::string list;
  for (const Entry& entry : entries)
    list += (list.empty() ? "'" : ", '") + entry.camera->id() + "' (" + entry.camera->model() + ")";
  return list;
}

}  // namespace

class CameraManager::Private {
 public:
  explicit Private(std::vector<std::unique_ptr<PipelineFactory>> f) : factories(std::move(f)) {}

  const std::vector<std::unique_ptr<PipelineFactory>> factories;
  std::mutex enumerate_mutex;  // one enumeration at a time
  std::mutex mutex;            // the two below
  std::vector<Entry> entries;
  std::vector<Error> errors;
};

CameraManager::CameraManager(std::vector<std::unique_ptr<PipelineFactory>> factories)
    : d_(std::make_unique<Private>(std::move(factories))) {}

CameraManager::~CameraManager() = default;

void CameraManager::enumerate() {
  std::lock_guard enumerating(d_->enumerate_mutex);
  std::vector<Entry> known;
  {
    std::lock_guard lock(d_->mutex);
    known = d_->entries;
  }
  std::vector<Entry> entries;
  std::vector<Error> errors;
  for (size_t i = 0; i < d_->factories.size(); i++) {
    PipelineFactory& factory = *d_->factories[i];
    Result<FoundCameras> found = factory.enumerate();
    const std::string whose = "cameras of '" + std::string(factory.name()) + "'";
    if (!found) {
      errors.push_back(found.error().within(whose));
      std::ranges::copy_if(known, std::back_inserter(entries),
                           [i](const Entry& e) { return e.factory == i; });
      continue;
    }
    for (const Error& error : found->errors)
      errors.push_back(error.within(whose));
    for (std::unique_ptr<PipelineHandler>& handler : found->handlers) {
      if (find_id(entries, handler->id())) {
        errors.emplace_back(
            Error::Code::Invalid,
            "there are two cameras with the id '" + handler->id() + "', the second is left out",
            "give each camera a name of its own");
        continue;
      }
      std::shared_ptr<Camera> camera = find_id(known, handler->id());
      if (!camera)
        camera = std::make_shared<Camera>(std::move(handler));
      entries.push_back({i, std::move(camera)});
    }
  }
  std::lock_guard lock(d_->mutex);
  d_->entries.swap(entries);
  d_->errors.swap(errors);
}

std::vector<std::shared_ptr<Camera>> CameraManager::cameras() const {
  std::lock_guard lock(d_->mutex);
  std::vector<std::shared_ptr<Camera>> result;
  for (const Entry& entry : d_->entries)
    result.push_back(entry.camera);
  return result;
}

Result<std::shared_ptr<Camera>> CameraManager::find(std::string_view name) const {
  std::lock_guard lock(d_->mutex);
  if (std::shared_ptr<Camera> camera = find_id(d_->entries, name))
    return camera;
  std::vector<Entry> same;
  std::ranges::copy_if(d_->entries, std::back_inserter(same),
                       [name](const Entry& e) { return e.camera->model() == name; });
  if (same.size() == 1)
    return same.front().camera;
  const std::string quoted = "'" + std::string(name) + "'";
  if (same.size() > 1)
    return Error(
        Error::Code::Invalid,
        std::to_string(same.size()) + " cameras are called " + quoted + ": " + list_of(same),
        "name one of them by its id");
  std::string message = "there is no camera " + quoted;
  for (const Error& error : d_->errors)
    message += "; " + error.message;
  if (d_->entries.empty())
    return Error(Error::Code::NotFound, message + "; no camera was found at all");
  return Error(Error::Code::NotFound, message, "cameras there are: " + list_of(d_->entries));
}

std::vector<Error> CameraManager::errors() const {
  std::lock_guard lock(d_->mutex);
  return d_->errors;
}

}  // namespace gstcam
