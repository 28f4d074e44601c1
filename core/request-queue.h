/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RequestQueue: the requests a camera has, oldest first: those its handler has, then those still to
 * be handed to it. A ring of fixed size, so that queueing allocates nothing. Thread safe.
 */
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "core/request.h"
#include "core/wakeup.h"

namespace gstcam {

class RequestQueue {
 public:
  static constexpr uint32_t kCapacity = 64;

  /** Takes requests from now on, and signals `wakeup` for each. */
  void open(Wakeup* wakeup);
  /** Refuses requests from now on, and forgets the wakeup. */
  void close();
  enum class Pushed : uint8_t { Yes, Closed, Full };
  Pushed push(Request* request);
  /** The next one for the handler; nullptr when it has them all. */
  Request* hand_over();
  /** Removes the oldest that the handler has, if it is `request`. */
  bool pop(const Request* request);
  /** Makes the oldest that the handler has, if it is `request`, the youngest of those. */
  bool put_back(const Request* request);
  /** Removes the oldest of all; nullptr where there is none. */
  Request* pop_any();

 private:
  std::mutex mutex_;
  Wakeup* wakeup_ = nullptr;  // closed where there is none
  /* Counts since the beginning: done <= handed <= queued. */
  uint32_t done_ = 0;
  uint32_t handed_ = 0;
  uint32_t queued_ = 0;
  std::array<Request*, kCapacity> ring_{};
};

}  // namespace gstcam
