/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/dbus-handshake.h"

#include <gio/gio.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/glib-ptr.h"

namespace gstcam::ipc {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxLine = 1024;
constexpr int kMaxLines = 32;

/* Lines over a socket, against a deadline. */
class Dialogue {
 public:
  Dialogue(int socket, std::chrono::milliseconds limit)
      : socket_(socket), end_(Clock::now() + limit) {}

  Result<void> say(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent >= 0)
        text.remove_prefix(static_cast<size_t>(sent));
      else if (Result<void> ready = after_error(POLLOUT); !ready)
        return ready;
    }
    return {};
  }

  /* A byte at a time: what comes after the last line is not ours to read. */
  Result<char> hear_byte() const {
    while (true) {
      char byte = 0;
      const ssize_t got = ::recv(socket_, &byte, 1, 0);
      if (got == 1)
        return byte;
      if (got == 0)
        return Error(Error::Code::Lost, "the peer did not authenticate: it hung up");
      if (Result<void> ready = after_error(POLLIN); !ready)
        return ready.error();
    }
  }

  /* Without its end. */
  Result<std::string> hear() {
    if (++lines_ > kMaxLines)
      return wrong("it talks without end");
    std::string line;
    while (line.size() < kMaxLine) {
      const Result<char> byte = hear_byte();
      if (!byte)
        return byte.error();
      if (*byte == '\n') {
        if (line.ends_with('\r'))
          line.pop_back();
        return line;
      }
      line += *byte;
    }
    return wrong("a line without end");
  }

  static Error wrong(const std::string& what) {
    const CharPtr valid(g_utf8_make_valid(what.c_str(), static_cast<gssize>(what.size())));
    return Error(Error::Code::Protocol,
                 std::string("the peer did not authenticate: ") + valid.get());
  }

 private:
  Result<void> after_error(short events) const {
    if (errno == EINTR)
      return {};
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      return Error(Error::Code::Lost, "the peer did not authenticate: it hung up");
    pollfd entry{socket_, events, 0};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
    if (left <= 0)
      return Error(Error::Code::Timeout, "the peer did not authenticate: the deadline passed");
    if (::poll(&entry, 1, static_cast<int>(std::min<int64_t>(left + 1, 1000))) < 0 &&
        errno != EINTR)
      return Error::from_errno(errno, "cannot wait for the peer");
    return {};
  }

  int socket_;
  Clock::time_point end_;
  int lines_ = 0;
};

Result<void> check_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid())
    return Error(Error::Code::Permission, "the peer did not authenticate: it is another user's");
  return {};
}

}  // namespace

Result<void> accept_peer(int socket, std::chrono::milliseconds deadline) {
  if (Result<void> checked = check_user(socket); !checked)
    return checked;
  Dialogue peer(socket, deadline);
  const Result<char> nul = peer.hear_byte();
  if (!nul)
    return nul.error();
  if (*nul != '\0')
    return Dialogue::wrong("it does not speak D-Bus");
  const CharPtr guid(g_dbus_generate_guid());
  const std::string ok = std::string("OK ") + guid.get() + "\r\n";
  bool authenticated = false;
  bool passes_fds = false;
  while (true) {
    const Result<std::string> line = peer.hear();
    if (!line)
      return line.error();
    std::string answer = "ERROR\r\n";
    if (*line == "BEGIN") {
      if (authenticated && passes_fds)
        return {};
      return authenticated ? Dialogue::wrong("it does not take file descriptors")
                           : Dialogue::wrong("it began without");
    }
    if (*line == "AUTH EXTERNAL") {
      answer = "DATA\r\n";  // its name may come alone
    } else if (line->starts_with("AUTH EXTERNAL ") || line->starts_with("DATA")) {
      authenticated = true;
      answer = ok;
    } else if (line->starts_with("AUTH")) {
      answer = "REJECTED EXTERNAL\r\n";
    } else if (*line == "NEGOTIATE_UNIX_FD" && authenticated) {
      passes_fds = true;
      answer = "AGREE_UNIX_FD\r\n";
    } else if (*line == "CANCEL") {
      authenticated = false;
      answer = "REJECTED EXTERNAL\r\n";
    }
    if (Result<void> said = peer.say(answer); !said)
      return said;
  }
}

Result<void> join_peer(int socket, std::chrono::milliseconds deadline) {
  Dialogue peer(socket, deadline);
  /* Our user's number, as a string, in hexadecimal. */
  std::string name;
  for (const char digit : std::to_string(getuid()))
    name += std::string("3") + digit;
  const std::pair<std::string, std::string_view> exchanges[] = {
      {std::string(1, '\0') + "AUTH EXTERNAL " + name + "\r\n", "OK "},
      {"NEGOTIATE_UNIX_FD\r\n", "AGREE_UNIX_FD"},
  };
  for (const auto& [question, wanted] : exchanges) {
    if (Result<void> said = peer.say(question); !said)
      return said;
    const Result<std::string> answer = peer.hear();
    if (!answer)
      return answer.error();
    if (!answer->starts_with(wanted))
      return Dialogue::wrong("it answered '" + answer->substr(0, 80) + "'");
  }
  return peer.say("BEGIN\r\n");
}

}  // namespace gstcam::ipc
