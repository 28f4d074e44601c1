/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes from a peer that should authenticate: an Error before the deadline, or success with not
 * a byte read of what follows. The first byte of an input says which end we are.
 */
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/unique-fd.h"
#include "ipc/dbus-handshake.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;

namespace {

void require(bool fact) {
  if (!fact)
    std::abort();
}

/* What nobody has read of our end yet. */
size_t unread(int socket) {
  char bytes[4096];
  size_t count = 0;
  ssize_t got = 0;
  while ((got = ::recv(socket, bytes, sizeof bytes, 0)) > 0)
    count += static_cast<size_t>(got);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1)
    return 0;
  const bool serving = (data[0] & 1U) == 0;
  const std::string_view said(reinterpret_cast<const char*>(data) + 1, size - 1);
  int fds[2];
  require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
  const UniqueFd ours(fds[0]);
  UniqueFd peer(fds[1]);
  require(::send(peer.get(), said.data(), said.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(said.size()));
  require(::shutdown(peer.get(), SHUT_WR) == 0);

  /* It has said all it says, so nothing is waited for. */
  constexpr std::chrono::seconds kNever{20};
  const Result<void> done =
      serving ? ipc::accept_peer(ours.get(), kNever) : ipc::join_peer(ours.get(), kNever);
  if (!done) {
    require(done.error().code == Error::Code::Lost || done.error().code == Error::Code::Protocol);
    return 0;
  }
  const size_t rest = unread(ours.get());
  require(rest < said.size());
  const std::string_view heard = said.substr(0, said.size() - rest);
  require(heard.ends_with('\n'));
  if (serving) {
    require(heard.starts_with('\0') && heard.find("\nNEGOTIATE_UNIX_FD") != std::string_view::npos);
    require(heard.ends_with("\nBEGIN\n") || heard.ends_with("\nBEGIN\r\n"));
  } else {
    require(heard.starts_with("OK ") && heard.find("\nAGREE_UNIX_FD") != std::string_view::npos);
  }
  return 0;
}
