/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/io-thread.h"

#include <pthread.h>

namespace gstcam::ipc {

std::shared_ptr<IoThread> IoThread::get() {
  static std::mutex mutex;
  static std::weak_ptr<IoThread> shared;
  const std::lock_guard lock(mutex);
  std::shared_ptr<IoThread> thread = shared.lock();
  if (!thread) {
    thread.reset(new IoThread);  // NOLINT: the constructor is private
    shared = thread;
  }
  return thread;
}

IoThread::IoThread() : context_(g_main_context_new()) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "gst-camera-ipc");
    g_main_context_push_thread_default(context_.get());
    std::vector<std::function<void()>> work;
    while (!quit_) {
      {
        const std::lock_guard lock(mutex_);
        work.swap(queue_);
      }
      for (const auto& f : work)
        f();
      work.clear();
      if (!quit_)
        g_main_context_iteration(context_.get(), TRUE);
    }
    g_main_context_pop_thread_default(context_.get());
  });
}

IoThread::~IoThread() {
  post([this] { quit_ = true; });
  thread_.join();
}

void IoThread::post(std::function<void()> f) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(f));
  }
  g_main_context_wakeup(context_.get());
}

void IoThread::run(const std::function<void()>& f) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    f();
    return;
  }
  std::mutex mutex;
  std::condition_variable cond;
  bool done = false;
  post([&] {
    f();
    const std::lock_guard lock(mutex);
    done = true;
    cond.notify_one();
  });
  std::unique_lock lock(mutex);
  cond.wait(lock, [&] { return done; });
}

}  // namespace gstcam::ipc
