/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/socket-activation.h"

#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

namespace gstcam::ipc {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

std::optional<int> take_number(const char* name) {
  const char* text = std::getenv(name);
  if (!text)
    return std::nullopt;
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stopped, bad] = std::from_chars(text, end, value);
  const bool good = bad == std::errc() && stopped == end && value > 0;
  unsetenv(name);
  return good ? std::optional(value) : std::nullopt;
}

std::optional<int> option_of(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(socket, SOL_SOCKET, name, &value, &size) < 0)
    return std::nullopt;
  return value;
}

}  // namespace

Result<UniqueFd> take_activation_socket() {
  constexpr char kHint[] = "systemd: is only for a service with a socket unit";
  const std::optional<int> pid = take_number("LISTEN_PID");
  const std::optional<int> count = take_number("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");
  if (!pid || !count || *pid != getpid()) {
    return Error(Error::Code::NotFound,
                 "no socket was handed over (LISTEN_PID, LISTEN_FDS are not for us)", kHint);
  }
  if (*count != 1) {
    return Error(Error::Code::Invalid,
                 std::to_string(*count) + " sockets were handed over, expected one", kHint);
  }
  if (option_of(kFirst, SO_DOMAIN) != AF_UNIX || option_of(kFirst, SO_TYPE) != SOCK_STREAM ||
      option_of(kFirst, SO_ACCEPTCONN) != 1) {
    return Error(Error::Code::Invalid, "what was handed over is no listening AF_UNIX stream socket",
                 "its unit needs ListenStream=/a/path and Accept=no");
  }
  UniqueFd socket(kFirst);
  const int flags = fcntl(kFirst, F_GETFL);
  if (flags < 0 || fcntl(kFirst, F_SETFL, flags | O_NONBLOCK) < 0 ||
      fcntl(kFirst, F_SETFD, FD_CLOEXEC) < 0)
    return Error::from_errno(errno, "cannot use the socket that was handed over");
  return socket;
}

}  // namespace gstcam::ipc
