/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes and descriptors over a stream of messages: messages within the limits, then one end
 * that says why. The first byte of an input is how many descriptors come with its first bytes, the
 * second how many bytes are sent at a time.
 */
#include "ipc/message-stream.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;
using namespace gstcam::ipc;

namespace {

constexpr MessageStream::Limits kLimits{4096, 4};
constexpr size_t kMaxFds = kLimits.fds + 2;

void require(bool fact) {
  if (!fact)
    std::abort();
}

/* False where nobody listens any more. */
bool send(int socket, std::span<const uint8_t> bytes, size_t count) {
  static const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))]{};
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (size_t i = 0; i < count; i++)
      std::memcpy(CMSG_DATA(header) + i * sizeof(int), std::array{null.get()}.data(), sizeof(int));
  }
  const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  require(sent == static_cast<ssize_t>(bytes.size()) || errno == EPIPE || errno == ECONNRESET);
  return sent >= 0;
}

/* What came of it; written in the IoThread. */
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  size_t messages = 0;
  std::optional<Error> end;

  Result<void> take(const DBusMessagePtr& message) {
    GUnixFDList* fds = g_dbus_message_get_unix_fd_list(message.get());
    require(!fds || static_cast<size_t>(g_unix_fd_list_get_length(fds)) <= kLimits.fds);
    const std::lock_guard lock(mutex);
    require(!end);
    messages++;
    return {};
  }
  void finish(Error error) {
    const std::lock_guard lock(mutex);
    require(!end);
    end = std::move(error);
    changed.notify_all();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3)
    return 0;
  size_t fds = data[0] % (kMaxFds + 1);
  const size_t piece = data[1] == 0 ? size : data[1];
  std::span<const uint8_t> rest(data + 2, size - 2);
  int pair[2];
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  UniqueFd peer(pair[1]);
  require(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);

  Heard heard;
  MessageStream stream(UniqueFd(pair[0]), kLimits);
  stream.start({[&](const DBusMessagePtr& message) { return heard.take(message); },
                [&](Error error) { heard.finish(std::move(error)); }});
  while (!rest.empty()) {
    const size_t count = std::min(piece, rest.size());
    if (!send(peer.get(), rest.first(count), std::exchange(fds, 0)))
      break;
    rest = rest.subspan(count);
  }
  peer.reset();
  std::unique_lock lock(heard.mutex);
  heard.changed.wait(lock, [&] { return heard.end.has_value(); });
  require(heard.end->code == Error::Code::Lost || heard.end->code == Error::Code::Protocol);
  require(heard.messages <= size / 16);  // a message has that many bytes at least
  lock.unlock();
  stream.close();
  return 0;
}
