/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ContextThread: a thread that iterates a GMainContext of its own, its thread default, from
 * construction to destruction.
 *
 * invoke() runs a function there and waits for what it returns; it may be called from any thread,
 * its own one included. The object must not be destroyed from its own thread. One that is held up
 * by a function that does not come back is left: the destructor would wait for it.
 */
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/glib-ptr.h"
#include "base/result.h"

namespace gstcam {

class ContextThread {
 public:
  /** `name` shows in debuggers: up to 15 characters of it. NoSpace where no thread can be had. */
  static Result<std::unique_ptr<ContextThread>> create(const char* name);
  ~ContextThread();
  ContextThread(const ContextThread&) = delete;
  ContextThread& operator=(const ContextThread&) = delete;

  [[nodiscard]] GMainContext* context() const { return context_.get(); }
  [[nodiscard]] bool is_current() const { return thread_.get_id() == std::this_thread::get_id(); }

  template <typename F>
  std::invoke_result_t<F> invoke(F&& function) {
    using R = std::invoke_result_t<F>;
    if constexpr (std::is_void_v<R>) {
      run([&function] { function(); });
    } else {
      std::optional<R> result;
      run([&] { result.emplace(function()); });
      return std::move(*result);
    }
  }

  /**
   * The same, for what may not come back: nothing where it has not after `time`. It goes on then,
   * so it owns all it uses. Not for functions that return nothing.
   */
  template <typename F>
  std::optional<std::invoke_result_t<F>> invoke_within(std::chrono::milliseconds time,
                                                       F&& function) {
    struct Call {
      explicit Call(F&& f) : function(std::forward<F>(f)) {}
      std::decay_t<F> function;
      std::mutex mutex;
      std::condition_variable done;
      std::optional<std::invoke_result_t<F>> result;
    };
    if (is_current())
      return function();
    /* Shared: whoever of caller and thread is the last to need it. */
    const auto call = std::make_shared<Call>(std::forward<F>(function));
    post([call] {
      std::invoke_result_t<F> result = call->function();
      const std::lock_guard lock(call->mutex);
      call->result.emplace(std::move(result));
      call->done.notify_one();
    });
    std::unique_lock lock(call->mutex);
    if (!call->done.wait_for(lock, time, [&] { return call->result.has_value(); }))
      return std::nullopt;
    return std::move(call->result);
  }

  /** Leaves the thread to itself: it ends when it has come to run `last`, and nobody waits. */
  static void leave(std::unique_ptr<ContextThread> self, std::function<void()> last);

 private:
  ContextThread();
  void run(const std::function<void()>& function);
  void post(std::function<void()> function);

  MainContextPtr context_;
  HandlePtr<GMainLoop, g_main_loop_unref> loop_;
  std::thread thread_;
};

}  // namespace gstcam
