/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HostState: what the thread host and the worker host have in common: the state of an IPA's life,
 * its events, and its loss. Shared by a host and what may outlive it (a thread that hangs).
 *
 *     new --init--> ready --start--> running --stop--> ready ...     any --> lost
 *
 * A call in the wrong state is refused (WrongState) and never reaches the IPA: init comes first and
 * once, start and stop alternate, async calls are taken between start and stop only. Events come in
 * the handler's GMainContext, in order, between start and stop only (EventQueue says how exactly).
 *
 * Lost: the IPA died, hung, or broke the protocol. From then on every call fails with the error of
 * the loss, and on_lost is called, once, after the events that came before it.
 *
 * Thread: any. After close() no handler is called; close() may be called inside one.
 */
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/controls.h"
#include "base/result.h"
#include "ipc/event-queue.h"

namespace gstcam::ipc {

/** What a call does to the state. */
enum class CallKind : uint8_t { Init, Start, Stop, Sync, Async };

/** Both are called in the handler's context. Either may be empty. */
struct HostHandlers {
  /** An async call was taken, but the IPA returned an error from it. In order with the events. */
  std::function<void(std::string_view member, const Error& error)> on_call_failed;
  std::function<void(const Error& error)> on_lost;
};

/**
 * An error as an IPA may return it. Lost, Timeout and Protocol are what a host says of an IPA: from
 * the IPA itself they are Failed.
 */
Error error_of_ipa(Error error);

class HostState {
 public:
  HostState(GMainContext* context, HostHandlers handlers);
  HostState(const HostState&) = delete;
  HostState& operator=(const HostState&) = delete;

  /** Before a sync call is sent: checks and changes the state. */
  Result<void> enter(CallKind kind, const char* member);
  /** After it, with its outcome. */
  void leave(CallKind kind, bool ok);
  /**
   * Before an async call is sent. The lock is held until it is queued: so an async call that was
   * taken is before the stop() of another thread.
   */
  Result<std::unique_lock<std::mutex>> enter_async(const char* member);

  /**
   * An event of the IPA: `f` is a `void()` for the handler's context. Dropped outside a run; an IPA
   * that sends more than the handler takes is lost.
   */
  template <typename F>
  void emit(F&& f) {
    if (!offer(0, std::forward<F>(f)))
      lose(flooded());
  }
  /** As emit(); `size` is what the event holds besides: bytes of its body. False: the queue is
   * full, and the caller has to see to the loss. */
  template <typename F>
  [[nodiscard]] bool offer(size_t size, F&& f) {
    return events_.push_in_run(sizeof(f) + size, std::forward<F>(f)) != EventQueue::Pushed::Full;
  }
  void call_failed(std::string member, Error error);
  /** As offer(). */
  [[nodiscard]] bool offer_call_failed(std::string member, Error error);
  /** The error of an IPA whose events are too many. */
  static Error flooded();

  /** Declares the IPA lost; the first error counts and is returned. */
  Error lose(Error error);
  /** What on_lost is to say instead, where it was not called yet: found in an event before it. In
   * the handler's context. */
  void blame(Error error);
  [[nodiscard]] bool lost() const { return state_.load() == State::Lost; }
  /** start() was called and stop() has not returned. */
  [[nodiscard]] bool running() const;
  /** The error of the loss; WrongState where nothing is lost. */
  [[nodiscard]] Error loss() const;

  /** No handler is called after it returns (waits for one that another thread is in). */
  void close() { events_.close(); }

 private:
  enum class State : uint8_t { New, Initialising, Ready, Starting, Running, Stopping, Lost };
  Error wrong_state(const char* member, State state) const;

  HostHandlers handlers_;
  mutable std::mutex mutex_;
  std::atomic<State> state_{State::New};
  std::optional<Error> loss_;
  EventQueue events_;
};

/** Where an IPA runs. */
class Host {
 public:
  virtual ~Host() = default;
  [[nodiscard]] virtual IpaHostKind kind() const = 0;
  /** Process the IPA runs in. */
  [[nodiscard]] virtual int pid() const = 0;
  /** The layers around it that hold, separated by commas; "none" in our own process. */
  [[nodiscard]] virtual std::string isolation_level() const { return "none"; }
  /** Layers that were asked for and do not hold, and why; empty: all do. For people, many lines. */
  [[nodiscard]] virtual std::string isolation_warning() const { return {}; }
  /** What the handler found out makes the IPA lost: as if the host had seen it. Does not block. */
  virtual void condemn(const Error& why) = 0;
  /** The end of what a worker wrote; empty where there is none. */
  [[nodiscard]] virtual std::string last_words() const { return {}; }
};

}  // namespace gstcam::ipc
