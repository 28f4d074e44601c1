/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ThreadHost: runs an IPA in a thread of this process, a GstTask that drains a queue of calls.
 *
 * Calls are callables that own their arguments. A sync call waits, at most until the deadline; then
 * it fails (Timeout) and the IPA is lost: a thread cannot be taken away from code that hangs. Such
 * a thread keeps what it uses (finish, see below) and ends by itself if its code ever returns. An
 * async call is queued in a used node: no waiting, no allocation in the steady state.
 *
 * What the IPA throws is an Error of its call and goes no further.
 */
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ipc/host.h"

namespace gstcam::ipc {

class ThreadHost final : public Host {
 public:
  /** Calls that wait for the IPA; with more, it is behind by seconds: async ones are refused. */
  static constexpr size_t kMaxQueued = 1024;

  struct Options {
    std::string name;                                // of the thread, for debuggers
    std::chrono::milliseconds deadline{2000};        // of a call
    std::chrono::milliseconds start_deadline{5000};  // of load()
  };

  /** Starts the thread. GStreamer must be initialised. */
  ThreadHost(Options options, GMainContext* context, HostHandlers handlers);
  /** As close(). */
  ~ThreadHost() override;

  [[nodiscard]] IpaHostKind kind() const override { return kIpaHostThread; }
  [[nodiscard]] int pid() const override;
  void condemn(const Error& why) override { state_->lose(why); }

  /**
   * Sets what the thread does last, whenever that is: destroys the IPA, gives up the module. What
   * the calls use must be owned by it, not by the owner of the host.
   */
  void set_finish(std::function<void()> finish);

  /** A sync call: runs `f`, a `Result<R>()`, in the thread. */
  template <typename R, typename F>
  Result<R> call(CallKind kind, const char* member, F&& f) {
    if (Result<void> allowed = state_->enter(kind, member); !allowed)
      return allowed.error();
    Result<R> result = run<R>(member, std::forward<F>(f));
    state_->leave(kind, result.ok());
    return result;
  }

  /** An async call: `f` is a `Result<void>()`. `member` must stay valid (a literal). */
  template <typename F>
  Result<void> post(const char* member, F&& f) {
    Core& core = *core_;
    std::unique_ptr<Task> task = core.take_free();
    task->set([state = state_, member, f = std::forward<F>(f)]() mutable {
      if (Result<void> result = guarded<void>(f); !result)
        state->call_failed(member, std::move(result).error());
    });
    const Result<std::unique_lock<std::mutex>> allowed = state_->enter_async(member);
    if (!allowed)
      return allowed.error();
    return core.enqueue(std::move(task), member, true);
  }

  /** Events go through this; it may be kept by what outlives the host. */
  [[nodiscard]] const std::shared_ptr<HostState>& state() const { return state_; }

  /**
   * Loads the module and makes the IPA: `f`, a `Result<void>()`. It has the time that a worker has
   * to start: a dynamic linker and a disk are at work here, not an IPA.
   */
  template <typename F>
  Result<void> load(F&& f) {
    return run_within<void>(start_deadline_, "load", std::forward<F>(f));
  }

  /** Runs `f` in the thread whatever the state. Fails as call() does. */
  template <typename R, typename F>
  Result<R> run(const char* member, F&& f) {
    return run_within<R>(deadline_, member, std::forward<F>(f));
  }

  /** Ends the thread: what waits is dropped, `finish` runs. A hung thread is left to itself. */
  void close();

 private:
  template <typename R, typename F>
  Result<R> run_within(std::chrono::milliseconds time, const char* member, F&& f) {
    struct Call {
      std::mutex mutex;
      std::condition_variable done;
      std::optional<Result<R>> result;
    };
    if (in_thread()) {
      return Error(Error::Code::WrongState,
                   std::string(member) + "() is refused: the IPA would wait for itself");
    }
    /* Shared: whoever of caller and thread is the last to need it. */
    const auto call = std::make_shared<Call>();
    std::unique_ptr<Task> task = core_->take_free();
    task->set([call, f = std::forward<F>(f)]() mutable {
      Result<R> result = guarded<R>(f);
      const std::lock_guard lock(call->mutex);
      call->result.emplace(std::move(result));
      call->done.notify_one();
    });
    if (Result<void> queued = core_->enqueue(std::move(task), member, false); !queued)
      return queued.error();
    std::unique_lock lock(call->mutex);
    const auto deadline = std::chrono::steady_clock::now() + time;
    if (call->done.wait_until(lock, deadline, [&] { return call->result.has_value(); }))
      return std::move(*call->result);
    lock.unlock();
    return timed_out(member, time);
  }

  /* Shared with the thread, which may outlive the host. */
  struct Core {
    std::unique_ptr<Task> take_free();
    Result<void> enqueue(std::unique_ptr<Task> task, const char* member, bool bounded);
    void drain();

    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable finished_cond;
    TaskFifo queue;
    TaskFifo free;
    std::function<void()> finish;
    std::string name;
    void* gst_task = nullptr;  // GstTask; borrowed, it lives while it runs
    bool ending = false;
    bool finished = false;
    GRecMutex task_lock;
    Core() { g_rec_mutex_init(&task_lock); }
    ~Core() { g_rec_mutex_clear(&task_lock); }
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
  };

  template <typename R, typename F>
  static Result<R> guarded(F& f) {
    try {
      Result<R> result = f();
      if (!result)
        return error_of_ipa(std::move(result).error());
      return result;
    } catch (const std::exception& e) {
      return Error(Error::Code::Failed, std::string("the IPA threw: ") + e.what());
    } catch (...) {
      return Error(Error::Code::Failed, "the IPA threw something that is no std::exception");
    }
  }
  [[nodiscard]] bool in_thread() const;
  Error timed_out(const char* member, std::chrono::milliseconds time);

  std::shared_ptr<HostState> state_;
  std::shared_ptr<Core> core_;
  std::chrono::milliseconds deadline_;
  std::chrono::milliseconds start_deadline_;
  void* task_ = nullptr;  // GstTask
};

}  // namespace gstcam::ipc
