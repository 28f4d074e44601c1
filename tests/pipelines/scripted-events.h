/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ScriptedEvents: the events of an IPA that a test plays, from the main loop and in order, as from
 * a real host; each may be late at random.
 *
 * Used in the context's thread; destroyed in any, and then waits for an event that another thread
 * is just in, as a real proxy does.
 */
#pragma once

#include <glib.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>

#include "core/wakeup.h"

namespace gstcam::test {

class ScriptedEvents {
 public:
  /** Each event is late by up to `jitter_us`, which is read whenever one is sent. */
  ScriptedEvents(GMainContext* context, const uint32_t& jitter_us)
      : jitter_us_(jitter_us),
        wakeup_(std::make_unique<Wakeup>(context, "scripted ipa", [this, guard = guard_] {
          const std::lock_guard lock(guard->mutex);
          if (!guard->gone)
            deliver();
        })) {}
  ~ScriptedEvents() {
    const std::lock_guard lock(guard_->mutex);
    guard_->gone = true;
  }
  ScriptedEvents(const ScriptedEvents&) = delete;
  ScriptedEvents& operator=(const ScriptedEvents&) = delete;

  void start() { running_ = true; }
  void stop() {
    running_ = false;
    queue_.clear();
    wakeup_->cancel();
  }
  void send(std::function<void()> event) {
    queue_.push_back(std::move(event));
    wait();
  }

 private:
  void wait() {
    if (jitter_us_ == 0)
      wakeup_->signal();
    else
      wakeup_->signal_at(g_get_monotonic_time() + static_cast<int64_t>(random_() % jitter_us_));
  }
  void deliver() {
    if (queue_.empty() || !running_)
      return;
    const std::function<void()> event = std::move(queue_.front());
    queue_.pop_front();
    event();
    if (!queue_.empty())
      wait();
  }

  struct Guard {
    std::recursive_mutex mutex;
    bool gone = false;
  };
  const uint32_t& jitter_us_;
  const std::shared_ptr<Guard> guard_ = std::make_shared<Guard>();
  std::unique_ptr<Wakeup> wakeup_;
  std::deque<std::function<void()>> queue_;
  std::minstd_rand random_{std::random_device{}()};
  bool running_ = false;
};

}  // namespace gstcam::test
