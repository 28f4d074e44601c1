/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MessageStream: D-Bus messages over a socket that has been authenticated, held to limits.
 *
 * Not GDBusConnection, which reads every message whole before anybody is asked: up to 128 MiB, with
 * any number of descriptors. Here a message's first 16 bytes say its length, and one that is over
 * the limit, or comes with too many descriptors, is never read. GDBus parses what is read and
 * serialises what is sent.
 *
 * Sending: any thread, never blocks; what the peer does not take waits, up to kMaxWaiting bytes.
 * Receiving: in the IoThread.
 */
#pragma once

#include <gio/gio.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/gdbus-message.h"

namespace gstcam::ipc {

class MessageStream {
 public:
  /** How much may wait to be sent; one more message is taken below it. */
  static constexpr size_t kMaxWaiting = 64U << 20U;

  struct Limits {
    size_t message_bytes;  // on the wire, header included
    size_t fds;            // of one message
  };
  /** Both in the IoThread; must not block, nor call the stream. */
  struct Handlers {
    /** An error ends the stream, and is what on_end gets. */
    std::function<Result<void>(DBusMessagePtr)> on_message;
    /** Once, the last: Lost at the stream's end, Protocol where a limit was broken. */
    std::function<void(Error)> on_end;
  };

  /** `socket` is non-blocking. */
  MessageStream(UniqueFd socket, Limits limits);
  /** As close(). */
  ~MessageStream();
  MessageStream(const MessageStream&) = delete;
  MessageStream& operator=(const MessageStream&) = delete;

  /** Nothing is received before it. */
  void start(Handlers handlers);
  /** The message has its serial. Lost; Busy where kMaxWaiting bytes wait; Failed. */
  Result<void> send(GDBusMessage* message);
  /** Hangs up: nobody is called after it, and what waits is not sent. */
  void close();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/**
 * A message of `bytes`, which is all of it, with the descriptors that came with it (taken in any
 * case). Protocol for what is no message, or does not speak of as many descriptors.
 */
Result<DBusMessagePtr> parse_message(const uint8_t* bytes, size_t size, std::vector<UniqueFd> fds);

}  // namespace gstcam::ipc
