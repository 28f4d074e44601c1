/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HangRegistry: what hangs in this process and was left to itself, by name: ids of cameras
 * (Camera::release()) and names of platforms (Platform::ask()). Whoever makes another object for
 * the same thing asks here, or would only hang beside the first. Any thread.
 */
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace gstcam {

class HangRegistry {
 public:
  /** The process's. A thread that was left keeps a reference: it may outlive the statics. */
  static const std::shared_ptr<HangRegistry>& instance();

  void add(const std::string& name);
  void remove(const std::string& name);
  [[nodiscard]] bool has(const std::string& name) const;

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> names_;  // there may be two objects for one thing
};

}  // namespace gstcam
