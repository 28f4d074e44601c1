/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ContextThread: a thread that iterates a GMainContext of its own, its thread default, from
 * construction to destruction.
 *
 * invoke() runs a function there and waits for what it returns; it may be called from any thread,
 * its own one included. The object must not be destroyed from its own thread.
 */
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>

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

 private:
  ContextThread();
  void run(const std::function<void()>& function);

  MainContextPtr context_;
  HandlePtr<GMainLoop, g_main_loop_unref> loop_;
  std::thread thread_;
};

}  // namespace gstcam
