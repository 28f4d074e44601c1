/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/io-thread.h"

#include <utility>

#include "base/thread.h"

namespace gstcam::ipc {

Result<std::shared_ptr<IoThread>> IoThread::start() {
  static std::mutex mutex;
  static std::weak_ptr<IoThread> shared;
  const std::lock_guard lock(mutex);
  if (std::shared_ptr<IoThread> running = shared.lock())
    return running;
  std::shared_ptr<IoThread> self(new IoThread);  // NOLINT: the constructor is private
  Result<std::thread> thread = start_thread("gst-camera-ipc", [raw = self.get()] { raw->main(); });
  if (!thread)
    return thread.error();
  self->thread_ = std::move(*thread);
  shared = self;
  return self;
}

std::shared_ptr<IoThread> IoThread::get() {
  Result<std::shared_ptr<IoThread>> thread = start();
  if (!thread)
    g_error("%s", thread.error().message.c_str());
  return std::move(*thread);
}

IoThread::IoThread() : context_(g_main_context_new()) {}

void IoThread::main() {
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
}

IoThread::~IoThread() {
  if (!thread_.joinable())
    return;
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
