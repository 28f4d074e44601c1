/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GdbusTransport: calls, replies and events as D-Bus messages over a stream socket. (GDBus makes
 * the bytes and understands them; the peer may be a GDBusConnection.)
 *
 * The connection is authenticated: mechanism EXTERNAL only, never anonymous. The peer of a server
 * must run as our own user; a client has looked before at whom it connected to (worker-address.h).
 * A call is written by who makes it; what comes is read in the IoThread, and nothing that is over
 * the limits is read at all (MessageStream). A peer that does not read blocks nobody; what it
 * leaves unread is bounded (see post()). The stream's end is noticed whatever the user's threads
 * do, and by every call that waits. A reply that no call waits for breaks the protocol.
 */
#pragma once

#include <memory>
#include <string>

#include "base/unique-fd.h"
#include "ipc/message-stream.h"
#include "ipc/transport.h"

namespace gstcam::ipc {

class GdbusTransport final : public Transport {
 public:
  struct Options {
    std::string interface_name;  // of members without a dot
    /** The side that authenticates: a host does, its worker is the client; a daemon does itself. */
    bool server = true;
    std::chrono::milliseconds handshake_deadline{5000};
    /** The largest message the peer may send, on the wire (BudgetLimits). */
    size_t max_message = 2 * kMaxBody;
  };

  /** Every kSyncInterval posts the peer is asked to say that it did them; more than
   * kMaxUnanswered that it did not is a peer that does not take calls. */
  static constexpr uint32_t kSyncInterval = 64;
  static constexpr uint32_t kMaxUnanswered = 1024;

  /** Authenticates over one end of a connected AF_UNIX stream. Blocks, up to the deadline. */
  static Result<std::unique_ptr<GdbusTransport>> open(UniqueFd socket, Options options);
  ~GdbusTransport() override;

  void set_handlers(EventHandler on_event, ClosedHandler on_closed) override;
  Result<Message> call(Message message, std::chrono::milliseconds deadline) override;
  Result<void> post(Message message) override;
  void close() override;

 private:
  struct Shared;
  explicit GdbusTransport(Options options);
  [[nodiscard]] ObjectPtr<GDBusMessage> new_call(const std::string& member) const;

  Options options_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<MessageStream> stream_;
};

}  // namespace gstcam::ipc
