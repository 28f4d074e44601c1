/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PathUsers: which of the cameras of this process has which parts of a media graph, so that two
 * sensors that share a receiver or a node do not take it from each other.
 *
 * Thread safe. A Use gives its parts back when it goes, in any thread.
 */
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"

namespace gstcam::simple {

class PathUsers {
 public:
  class Use {
   public:
    Use() = default;
    Use(Use&& other) noexcept = default;
    Use& operator=(Use&& other) noexcept;
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { end(); }
    void end();

   private:
    friend class PathUsers;
    std::shared_ptr<PathUsers> users_;
    std::vector<std::string> parts_;
  };

  /**
   * All of these `entities` of a device, or none: Busy, with who has the one that is not free.
   */
  static Result<Use> take(const std::shared_ptr<PathUsers>& users, const std::string& device,
                          const std::vector<std::string>& entities, const std::string& camera);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> users_;  // of "device/entity": the camera's id
};

}  // namespace gstcam::simple
