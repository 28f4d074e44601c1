/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/camera-manager.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/context-thread.h"
#include "core/platform.h"
#include "core/wakeup.h"

namespace gstcam {

namespace {

struct Entry {
  size_t platform;
  std::shared_ptr<Camera> camera;
};

std::shared_ptr<Camera> find_id(const std::vector<Entry>& entries, std::string_view id) {
  auto it = std::ranges::find_if(entries, [id](const Entry& e) { return e.camera->id() == id; });
  return it == entries.end() ? nullptr : it->camera;
}

/** What is in `all` and not in `others`. */
std::vector<std::shared_ptr<Camera>> without(const std::vector<std::shared_ptr<Camera>>& all,
                                             const std::vector<std::shared_ptr<Camera>>& others) {
  std::vector<std::shared_ptr<Camera>> rest;
  std::ranges::copy_if(all, std::back_inserter(rest), [&](const std::shared_ptr<Camera>& camera) {
    return std::ranges::find(others, camera) == others.end();
  });
  return rest;
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
  explicit Private(std::vector<std::unique_ptr<PipelineFactory>> factories)
      : claims(factories.size()) {
    for (std::unique_ptr<PipelineFactory>& factory : factories)
      platforms.emplace_back(std::move(factory));
  }

  void enumerate();
  [[nodiscard]] std::vector<std::shared_ptr<Camera>> cameras() const;

  /* watch_mutex is held. */
  Result<void> start_watching();
  void stop_watching();
  /* Watching thread. */
  void tell_all();
  void tell(Watch::Private& watch) const;

  std::vector<Platform> platforms;   // who they are is fixed
  std::mutex enumerate_mutex;        // one enumeration at a time
  std::vector<DeviceClaims> claims;  // by platform, of its last answer; under enumerate_mutex
  mutable std::mutex mutex;          // the four below
  std::vector<Entry> entries;
  std::vector<Error> errors;
  std::vector<Error> watch_errors;
  std::unique_ptr<Wakeup> list_changed;  // there while somebody watches

  std::mutex watch_mutex;  // of the thread: it is made and ended by one at a time
  std::unique_ptr<ContextThread> thread;
  /* Watching thread. */
  std::vector<Watch::Private*> watches;
  std::vector<std::unique_ptr<CameraWatch>> platform_watches;
};

class CameraManager::Watch::Private {
 public:
  Private(CameraManager::Private& m, ChangeHandler h) : manager(m), handler(std::move(h)) {}

  CameraManager::Private& manager;
  const ChangeHandler handler;
  std::vector<std::shared_ptr<Camera>> known;  // watching thread
};

CameraManager::CameraManager(std::vector<std::unique_ptr<PipelineFactory>> factories)
    : d_(std::make_unique<Private>(std::move(factories))) {}

CameraManager::~CameraManager() = default;

void CameraManager::enumerate() {
  d_->enumerate();
}

void CameraManager::Private::enumerate() {
  std::lock_guard enumerating(enumerate_mutex);
  std::vector<Entry> known;
  {
    std::lock_guard lock(mutex);
    known = entries;
  }
  std::vector<Entry> found_entries;
  std::vector<Error> found_errors;
  DeviceClaims taken;
  for (size_t i = 0; i < platforms.size(); i++) {
    Result<FoundCameras> found = platforms[i].ask(taken);
    if (found)
      claims[i] = std::move(found->claimed);
    taken.insert(claims[i].begin(), claims[i].end());
    const std::string whose = "cameras of '" + platforms[i].name() + "'";
    if (!found) {
      found_errors.push_back(found.error().within(whose));
      std::ranges::copy_if(known, std::back_inserter(found_entries),
                           [i](const Entry& e) { return e.platform == i; });
      continue;
    }
    for (const Error& error : found->errors)
      found_errors.push_back(error.within(whose));
    for (std::unique_ptr<PipelineHandler>& handler : found->handlers) {
      if (find_id(found_entries, handler->id())) {
        found_errors.emplace_back(
            Error::Code::Invalid,
            "there are two cameras with the id '" + handler->id() + "', the second is left out",
            "give each camera a name of its own");
        continue;
      }
      std::shared_ptr<Camera> camera = find_id(known, handler->id());
      /* Pulled out and plugged in again while nobody looked, it may be another node by now. */
      if (!camera || camera->properties() != handler->properties())
        camera = std::make_shared<Camera>(std::move(handler));
      found_entries.push_back({i, std::move(camera)});
    }
  }
  std::lock_guard lock(mutex);
  entries.swap(found_entries);
  errors.swap(found_errors);
  if (list_changed)
    list_changed->signal();
}

std::vector<std::shared_ptr<Camera>> CameraManager::cameras() const {
  return d_->cameras();
}

std::vector<std::shared_ptr<Camera>> CameraManager::Private::cameras() const {
  std::lock_guard lock(mutex);
  std::vector<std::shared_ptr<Camera>> result;
  for (const Entry& entry : entries)
    result.push_back(entry.camera);
  return result;
}

Result<void> CameraManager::Private::start_watching() {
  Result<std::unique_ptr<ContextThread>> made = ContextThread::create("camera-watch");
  if (!made)
    return made.error();
  thread = std::move(made).value();
  thread->invoke([this] {
    std::vector<Error> failed;
    /* First the ears, then the eyes: nothing falls between. */
    for (const Platform& platform : platforms) {
      Result<std::unique_ptr<CameraWatch>> watch =
          platform.factory().watch(thread->context(), [this] { enumerate(); });
      if (!watch)
        failed.push_back(watch.error().within("cameras of '" + platform.name() + "'"));
      else if (*watch)
        platform_watches.push_back(std::move(*watch));
    }
    {
      std::lock_guard lock(mutex);
      watch_errors = std::move(failed);
      list_changed =
          std::make_unique<Wakeup>(thread->context(), "camera list", [this] { tell_all(); });
    }
    enumerate();
  });
  return {};
}

void CameraManager::Private::stop_watching() {
  thread->invoke([this] {
    platform_watches.clear();
    std::lock_guard lock(mutex);
    list_changed.reset();
    watch_errors.clear();
  });
  thread.reset();
}

void CameraManager::Private::tell_all() {
  for (Watch::Private* watch : watches)
    tell(*watch);
}

void CameraManager::Private::tell(Watch::Private& watch) const {
  std::vector<std::shared_ptr<Camera>> now = cameras();
  Change change{without(now, watch.known), without(watch.known, now)};
  watch.known = std::move(now);
  if (!change.added.empty() || !change.removed.empty())
    watch.handler(change);
}

Result<std::unique_ptr<CameraManager::Watch>> CameraManager::watch(ChangeHandler handler) {
  std::lock_guard lock(d_->watch_mutex);
  if (!d_->thread) {
    if (Result<void> r = d_->start_watching(); !r)
      return r.error();
  }
  auto d = std::make_unique<Watch::Private>(*d_, std::move(handler));
  d_->thread->invoke([&] {
    d_->watches.push_back(d.get());
    d_->tell(*d);
  });
  return std::unique_ptr<Watch>(new Watch(std::move(d)));  // NOLINT: private constructor
}

CameraManager::Watch::Watch(std::unique_ptr<Private> d) : d_(std::move(d)) {}

CameraManager::Watch::~Watch() {
  CameraManager::Private& manager = d_->manager;
  std::lock_guard lock(manager.watch_mutex);
  const bool last = manager.thread->invoke([&] {
    std::erase(manager.watches, d_.get());
    return manager.watches.empty();
  });
  if (last)
    manager.stop_watching();
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
  std::vector<Error> all = d_->errors;
  all.insert(all.end(), d_->watch_errors.begin(), d_->watch_errors.end());
  return all;
}

}  // namespace gstcam
