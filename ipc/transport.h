/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transport: moves messages to a peer and back, and reports the peer's death.
 *
 * A message is delivered whole (data and fds together) or not at all, up to kMaxBody bytes and
 * kMaxFds descriptors. The handler's side of a connection is a Transport; the worker's side is made
 * by ipc/worker. A transport knows no camera and no interface.
 */
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "base/result.h"
#include "ipc/message.h"

namespace gstcam::ipc {

inline constexpr size_t kMaxBody = 16U << 20U;
inline constexpr size_t kMaxFds = 64;

class Transport {
 public:
  /** An event of the peer. Called in the transport's GMainContext, in the order of sending. */
  using EventHandler = std::function<void(Message)>;
  /** The peer is gone (stream end) or broke the rules. Called once, in the same context. */
  using ClosedHandler = std::function<void(Error)>;

  virtual ~Transport() = default;

  /** Before the first message. */
  virtual void set_handlers(EventHandler on_event, ClosedHandler on_closed) = 0;

  /**
   * Sends and waits for the reply, at most until `deadline`: Timeout after it, Lost when the peer
   * is or goes away, Protocol for a reply that breaks a limit, else the peer's own error. Any
   * thread; events that come meanwhile stay queued.
   */
  virtual Result<Message> call(Message message, std::chrono::milliseconds deadline) = 0;

  /** Sends and does not wait: never blocks. Lost when the peer is gone. Any thread. */
  virtual Result<void> post(Message message) = 0;

  /** Ends the connection; no handler is called after it returns (from the context's thread). */
  virtual void close() = 0;
};

}  // namespace gstcam::ipc
