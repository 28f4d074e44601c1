/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WorkerHost: runs an IPA in a process of its own, gst-camera-ipa-worker, and speaks with it over a
 * Transport. Whether the process is its own or a service's is the launcher's business and that of
 * WorkerLife; what differs is that a service is hung up on where a process is killed.
 *
 * Everything that comes from the worker is hostile: sizes and members are checked here, bodies by
 * the generated codec. A worker that dies, does not answer within the deadline or breaks the
 * protocol is killed and lost; the error says how it ended and what it wrote last.
 *
 * Calls: any thread. Events: in the handler's context (see host.h).
 */
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/ipa-sandbox.h"
#include "ipc/host.h"
#include "ipc/transport.h"
#include "ipc/worker-launcher.h"

namespace gstcam::ipc {

class WorkerHost final : public Host {
 public:
  struct Options : WorkerLaunch {
    std::span<const std::string_view> events;     // members the worker may send
    std::chrono::milliseconds deadline{2000};     // of a sync call
    std::chrono::milliseconds close_grace{1000};  // for its destructors, then it is killed
  };
  /** Decodes an event and hands it on. An error means that the worker broke the protocol. */
  using EventHandler = std::function<Result<void>(Message)>;

  /**
   * Opens a worker (open_worker(), with its errors) that has loaded its module. Blocks until then.
   */
  static Result<std::unique_ptr<WorkerHost>> start(Options options, GMainContext* context,
                                                   HostHandlers handlers, EventHandler on_event);
  /** As close(). */
  ~WorkerHost() override;  // NOLINT(bugprone-exception-escape): see its definition

  [[nodiscard]] IpaHostKind kind() const override { return kIpaHostWorker; }
  [[nodiscard]] int pid() const override;
  [[nodiscard]] std::string isolation_level() const override;
  [[nodiscard]] std::string isolation_warning() const override;
  void condemn(const Error& why) override;
  [[nodiscard]] std::string last_words() const override;

  /** A sync call. `decode` is `Result<R>(Message)`; what it refuses is a broken protocol. */
  template <typename R, typename Decode>
  Result<R> call(CallKind kind, const char* member, Result<Message> message, Decode&& decode) {
    if (!message)
      return std::move(message).error();
    if (Result<void> allowed = state().enter(kind, member); !allowed)
      return allowed.error();
    Result<R> result = exchange<R>(member, std::move(*message), std::forward<Decode>(decode));
    state().leave(kind, result.ok());
    return result;
  }

  /** An async call: never blocks. */
  Result<void> post(const char* member, Result<Message> message);

  /** Asks a running IPA to stop, hangs up, waits for the worker to go, kills it if it does not. */
  void close();

 private:
  struct Shared;
  explicit WorkerHost(std::shared_ptr<Shared> shared);
  template <typename R, typename Decode>
  Result<R> exchange(const char* member, Message message, Decode&& decode) {
    Result<Message> reply = send(member, std::move(message));
    if (!reply)
      return std::move(reply).error();
    Result<R> result = decode(std::move(*reply));
    if (!result)
      return broken(member, result.error());
    return result;
  }
  HostState& state();
  Result<Message> send(const char* member, Message message);
  Error broken(const char* member, const Error& why);

  std::shared_ptr<Shared> shared_;
};

}  // namespace gstcam::ipc
