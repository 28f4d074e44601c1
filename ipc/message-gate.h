/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MessageGate: stands between a peer's socket and GDBus and lets through only what keeps the
 * limits.
 *
 * GDBus reads every message whole before anybody is asked: up to 128 MiB, with any number of
 * descriptors, and its parser makes some 50 bytes of one where values are small. The gate reads
 * first. It knows of a message what its first 16 bytes say, its length, and counts descriptors as
 * they come; one over a limit is reported and nothing of it goes on. What it holds is one piece of
 * at most kPiece bytes in each direction, so a side that does not read stops the other.
 *
 * Both ways go through it, since GDBus has one socket for both. It works in the IoThread.
 */
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

class MessageGate {
 public:
  static constexpr size_t kPiece = 64U << 10U;

  struct Limits {
    size_t message_bytes;  // on the wire, header included
    size_t fds;            // of one message
  };
  /** Called once, in the IoThread; nothing comes through after it. Must not block. */
  using ViolationHandler = std::function<void(std::string what)>;

  /**
   * `outer` is the peer's socket, `peer_is_client` who of the two authenticates to the other.
   * What the peer sends is held to `limits`.
   */
  static Result<std::unique_ptr<MessageGate>> open(UniqueFd outer, bool peer_is_client,
                                                   Limits limits, ViolationHandler on_violation);
  /** Hangs up on both sides. No handler is called after it. Not in a handler. */
  ~MessageGate();
  MessageGate(const MessageGate&) = delete;
  MessageGate& operator=(const MessageGate&) = delete;

  /** The socket for GDBus; once. */
  UniqueFd take_inner();

 private:
  struct Shared;
  explicit MessageGate(std::shared_ptr<Shared> shared, UniqueFd inner);
  std::shared_ptr<Shared> shared_;
  UniqueFd inner_;
};

}  // namespace gstcam::ipc
