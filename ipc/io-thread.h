/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IoThread: a thread with a GMainContext for what connections and workers have to notice while
 * their users are busy or blocked: the end of a stream, the exit of a process, text on its stderr.
 *
 * One for all users of a process, as long as there is a user. Nothing in it may block.
 */
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/glib-ptr.h"
#include "base/result.h"

namespace gstcam::ipc {

class IoThread {
 public:
  /** The one of this process, started where there is none; ends with its last user. */
  static Result<std::shared_ptr<IoThread>> start();
  /** The one that somebody holds who began with start(). */
  static std::shared_ptr<IoThread> get();
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] GMainContext* context() const { return context_.get(); }
  /** Runs `f` in the thread and waits for it. */
  void run(const std::function<void()>& f);
  /** Runs `f` in the thread, later. */
  void post(std::function<void()> f);

 private:
  IoThread();
  void main();

  MainContextPtr context_;
  std::mutex mutex_;
  std::vector<std::function<void()>> queue_;
  bool quit_ = false;  // touched in the thread only
  std::thread thread_;
};

}  // namespace gstcam::ipc
