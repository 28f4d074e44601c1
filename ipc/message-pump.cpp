/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/message-pump.h"

#include <gio/gio.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace gstcam::ipc {

namespace {

/* As many descriptors as Linux passes with one sendmsg(). */
constexpr size_t kMaxControlFds = 253;

union ControlBuffer {
  cmsghdr align;
  std::array<char, CMSG_SPACE(kMaxControlFds * sizeof(int))> bytes;
};

}  // namespace

MessagePump::MessagePump(int from, int to, bool from_client, MessageGate::Limits limits)
    : from_(from),
      to_(to),
      from_client_(from_client),
      limits_(limits),
      piece_(MessageGate::kPiece) {}

/* Reading stops at the end of every header and every message: a descriptor belongs to the message
 * whose bytes it comes with, and the kernel gives it together with whatever was read with them. */
size_t MessagePump::wanted() const {
  if (!authenticated_)
    return 1;
  return remaining_ != 0 ? std::min(remaining_, piece_.size() - size_) : kHeader - size_;
}

void MessagePump::take_fds(const void* control_message) {
  const auto* header = static_cast<const cmsghdr*>(control_message);
  const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < count; i++) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
    fds_.emplace_back(fd);
  }
  message_fds_ += count;
  if (message_fds_ > limits_.fds)
    broke("a message with more than " + std::to_string(limits_.fds) + " descriptors");
  else if (!authenticated_)
    broke("descriptors came before it was authenticated");
}

/* The one who authenticates ends with BEGIN; the other has said all with its answer about
 * descriptors, without which we want no connection. */
void MessagePump::look_at_line() {
  const std::string_view line(reinterpret_cast<const char*>(piece_.data()), size_);
  if (from_client_ ? line.starts_with("BEGIN") : line.starts_with("AGREE_UNIX_FD"))
    authenticated_ = true;
  else if (++lines_ > kMaxLines)
    broke("it authenticates without end");
}

void MessagePump::look_at_header() {
  /* -1 also for what is longer than D-Bus allows. */
  const gssize bytes = g_dbus_message_bytes_needed(piece_.data(), kHeader, nullptr);
  if (bytes < static_cast<gssize>(kHeader)) {
    broke("what it sends is no D-Bus message");
    return;
  }
  if (static_cast<size_t>(bytes) > limits_.message_bytes) {
    broke("a message of " + std::to_string(bytes) + " bytes, over the limit of " +
          std::to_string(limits_.message_bytes));
    return;
  }
  remaining_ = static_cast<size_t>(bytes) - kHeader;
  complete_ = remaining_ == 0;
}

bool MessagePump::read_some(State& state) {
  ControlBuffer control{};
  iovec part{piece_.data() + size_, wanted()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const ssize_t got = recvmsg(from_, &message, MSG_CMSG_CLOEXEC);
  if (got < 0 && errno == EINTR)
    return true;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    state = State::Reads;
    return false;
  }
  if (got <= 0) {
    state = State::Ended;
    return false;
  }
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
      take_fds(c);
  }
  size_ += static_cast<size_t>(got);
  if (!authenticated_) {
    complete_ = piece_[size_ - 1] == '\n';
    if (complete_)
      look_at_line();
    else if (size_ >= kMaxLine)
      broke("a line of authentication without end");
  } else if (remaining_ != 0) {
    remaining_ -= static_cast<size_t>(got);
    complete_ = remaining_ == 0 || size_ == piece_.size();
  } else if (size_ == kHeader) {
    look_at_header();
  }
  return true;
}

bool MessagePump::write_some(State& state) {
  ControlBuffer control{};
  iovec part{piece_.data() + written_, size_ - written_};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds_.empty()) {
    std::array<int, kMaxControlFds> raw{};
    const size_t count = std::min(fds_.size(), raw.size());
    std::transform(fds_.begin(), fds_.begin() + static_cast<ptrdiff_t>(count), raw.begin(),
                   [](const UniqueFd& fd) { return fd.get(); });
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(header), raw.data(), count * sizeof(int));
  }
  const ssize_t sent = sendmsg(to_, &message, MSG_NOSIGNAL);
  if (sent < 0 && errno == EINTR)
    return true;
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS)) {
    state = State::Writes;
    return false;
  }
  if (sent < 0) {
    state = State::Ended;
    return false;
  }
  fds_.clear();
  written_ += static_cast<size_t>(sent);
  if (written_ == size_) {
    size_ = written_ = 0;
    complete_ = false;
    if (remaining_ == 0)
      message_fds_ = 0;
  }
  return true;
}

MessagePump::State MessagePump::run() {
  State state = State::Reads;
  for (int turn = 0; turn < 64; turn++) {
    if (!(complete_ ? write_some(state) : read_some(state)))
      return state;
    if (!violation_.empty()) {
      fds_.clear();
      return State::Broken;
    }
  }
  return complete_ ? State::Writes : State::Reads;
}

}  // namespace gstcam::ipc
