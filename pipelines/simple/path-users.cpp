/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/path-users.h"

#include <utility>

namespace gstcam::simple {

namespace {

std::string part_of(std::string device, const std::string& entity) {
  return device.append("/").append(entity);
}

}  // namespace

PathUsers::Use& PathUsers::Use::operator=(Use&& other) noexcept {
  if (this != &other) {
    end();
    users_ = std::exchange(other.users_, nullptr);
    parts_ = std::exchange(other.parts_, {});
  }
  return *this;
}

void PathUsers::Use::end() {
  const std::shared_ptr<PathUsers> users = std::move(users_);
  if (!users)
    return;
  const std::lock_guard lock(users->mutex_);
  for (const std::string& part : parts_)
    users->users_.erase(part);
  parts_.clear();
}

Result<PathUsers::Use> PathUsers::take(const std::shared_ptr<PathUsers>& users,
                                       const std::string& device,
                                       const std::vector<std::string>& entities,
                                       const std::string& camera) {
  Use use;
  const std::lock_guard lock(users->mutex_);
  for (const std::string& entity : entities) {
    const auto it = users->users_.find(part_of(device, entity));
    if (it != users->users_.end())
      return Error(
          Error::Code::Busy,
          "its way leads through '" + entity + "', which the camera '" + it->second + "' uses",
          "close that camera first: both cannot run at once");
  }
  for (const std::string& entity : entities) {
    use.parts_.push_back(part_of(device, entity));
    users->users_.emplace(use.parts_.back(), camera);
  }
  use.users_ = users;
  return use;
}

}  // namespace gstcam::simple
