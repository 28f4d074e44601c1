/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/hang-registry.h"

namespace gstcam {

const std::shared_ptr<HangRegistry>& HangRegistry::instance() {
  static const auto registry = std::make_shared<HangRegistry>();
  return registry;
}

void HangRegistry::add(const std::string& name) {
  const std::lock_guard lock(mutex_);
  names_.insert(name);
}

void HangRegistry::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto one = names_.find(name); one != names_.end())
    names_.erase(one);
}

bool HangRegistry::has(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return names_.contains(name);
}

}  // namespace gstcam
