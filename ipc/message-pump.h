/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MessagePump: one direction of a MessageGate: reads authentication lines and D-Bus messages from
 * one socket, checks their lengths, and writes them to another with the descriptors they came with.
 *
 * Never blocks: neither socket may be blocking. One thread.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/unique-fd.h"
#include "ipc/message-gate.h"

namespace gstcam::ipc {

class MessagePump {
 public:
  enum class State {
    Reads,   // nothing more to read for now
    Writes,  // the other side does not take what there is
    Ended,   // the stream ended, and all of it went on
    Broken,  // violation() says why
  };

  /** Borrows the sockets. `from_client`: this is the direction of the one that authenticates. */
  MessagePump(int from, int to, bool from_client, MessageGate::Limits limits);

  /** Moves what can be moved; a bounded amount, so that others get their turn. */
  State run();
  [[nodiscard]] const std::string& violation() const { return violation_; }

 private:
  static constexpr size_t kHeader = 16;
  static constexpr size_t kMaxLine = 1024;
  static constexpr size_t kMaxLines = 32;

  [[nodiscard]] size_t wanted() const;
  /** False where `state` is the answer. */
  bool read_some(State& state);
  bool write_some(State& state);
  void take_fds(const void* control_message);
  void look_at_line();
  void look_at_header();
  void broke(std::string what) { violation_ = std::move(what); }

  const int from_;
  const int to_;
  const bool from_client_;
  const MessageGate::Limits limits_;

  std::vector<uint8_t> piece_;  // read and not written: [written_, size_)
  size_t size_ = 0;
  size_t written_ = 0;
  bool complete_ = false;  // the piece may go on
  std::vector<UniqueFd> fds_;

  bool authenticated_ = false;
  size_t lines_ = 0;
  size_t remaining_ = 0;  // of the message whose header was seen
  size_t message_fds_ = 0;
  std::string violation_;
};

}  // namespace gstcam::ipc
