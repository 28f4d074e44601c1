/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Transport: moves messages to a peer and back, and reports the peer's death.
 *
 * A message is delivered whole (data and fds together) or not at all, up to kMaxBody bytes and
 * kMaxFds descriptors. The handler's side of a connection is a Transport; the worker's side is made
 * by ipc/worker. A transport knows no camera and no interface: the host above it checks members,
 * decodes bodies and brings events to the handler's context.
 *
 * A member without a dot belongs to the interface of the connection; one with dots is a full name,
 * "org.freedesktop.GstCamera.Worker.CallFailed", of the protocol between host and worker program.
 */
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "base/result.h"
#include "ipc/message.h"

namespace gstcam::ipc {

/** 16 MiB of payload, and room for what stands around it. */
inline constexpr size_t kMaxBody = (16U << 20U) + (64U << 10U);
inline constexpr size_t kMaxFds = 64;

class Transport {
 public:
  /**
   * An event of the peer. Called in a thread of the transport, in the order of sending, before a
   * call() returns whose reply was sent after it. Must not block, nor call the transport.
   */
  using EventHandler = std::function<void(Message)>;
  /**
   * The peer is gone (Lost: stream end) or broke the rules (Protocol). Called once, in a thread of
   * the transport, after the last event. Must not block, nor call the transport.
   */
  using ClosedHandler = std::function<void(Error)>;

  virtual ~Transport() = default;

  /** Before the first message: nothing is received until then. */
  virtual void set_handlers(EventHandler on_event, ClosedHandler on_closed) = 0;

  /**
   * Sends and waits for the reply, at most until `deadline`: Timeout after it, Lost when the peer
   * is or goes away, Protocol for a reply that breaks a limit, else the peer's own error. Any
   * thread; events that come meanwhile are handed on.
   */
  virtual Result<Message> call(Message message, std::chrono::milliseconds deadline) = 0;

  /**
   * Sends and does not wait: never blocks. Lost when the peer is gone, Busy when it does not take
   * what was sent before. Any thread.
   */
  virtual Result<void> post(Message message) = 0;

  /** Ends the connection; no handler is called after it returns. Not from a handler. */
  virtual void close() = 0;
};

}  // namespace gstcam::ipc
