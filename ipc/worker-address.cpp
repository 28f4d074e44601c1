/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker-address.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace gstcam::ipc {

namespace {

constexpr char kHint[] = "an address reads unix:path=/the/socket";
constexpr int kBacklog = 16;

Error no_address(const std::string& text, const std::string& why) {
  return Error(Error::Code::Invalid, "'" + text + "' is no address of an IPA worker: " + why,
               kHint);
}

/* %XX in a value; nothing where that is wrong, or a zero byte, which ends a path. */
std::optional<std::string> unescape(std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size(); i++) {
    if (value[i] == '\0')
      return std::nullopt;
    if (value[i] != '%') {
      out += value[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = value.substr(i + 1, 2);
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (bad != std::errc() || digits.size() != 2 || end != digits.data() + 2 || byte == 0)
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

template <typename Id>
std::optional<Id> number(const std::string& text) {
  Id id = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), id);
  /* The last number is nobody: functions return it for errors. */
  if (bad != std::errc() || end != text.data() + text.size() || id == static_cast<Id>(-1))
    return std::nullopt;
  return id;
}

Result<sockaddr_un> socket_address(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof(to.sun_path))
    return Error(Error::Code::Invalid, "the path of the socket '" + path + "' is too long");
  std::memcpy(to.sun_path, path.c_str(), path.size());
  return to;
}

/* 0, or the errno. */
int try_connect(int socket, const sockaddr_un& to) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) < 0 ? errno : 0;
}

UniqueFd make_socket() {
  /* Not blocking: a listener that never accepts must not hold us up. */
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool nobody_listens(const sockaddr_un& at) {
  const UniqueFd probe = make_socket();
  return probe.valid() && try_connect(probe.get(), at) == ECONNREFUSED;
}

}  // namespace

Result<uid_t> find_user(const std::string& text) {
  if (const std::optional<uid_t> id = number<uid_t>(text))
    return *id;
  errno = 0;
  const passwd* entry = getpwnam(text.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (!entry)
    return Error(Error::Code::NotFound, "there is no user '" + text + "'");
  return entry->pw_uid;
}

Result<gid_t> find_group(const std::string& text) {
  if (const std::optional<gid_t> id = number<gid_t>(text))
    return *id;
  const group* entry = getgrnam(text.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (!entry)
    return Error(Error::Code::NotFound, "there is no group '" + text + "'");
  return entry->gr_gid;
}

Result<WorkerAddress> parse_worker_address(const std::string& text) {
  constexpr std::string_view kTransport = "unix:";
  if (!text.starts_with(kTransport))
    return no_address(text, "it does not begin with 'unix:'");
  WorkerAddress address;
  std::string_view rest = std::string_view(text).substr(kTransport.size());
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    const std::optional<std::string> value =
        equals == std::string_view::npos ? std::nullopt : unescape(pair.substr(equals + 1));
    if (!value || value->empty())
      return no_address(text, "'" + std::string(pair) + "' is no key=value");
    if (key == "path" && address.path.empty()) {
      address.path = *value;
    } else if (key == "user") {
      const Result<uid_t> user = find_user(*value);
      if (!user)
        return user.error().within("address '" + text + "'");
      address.users.push_back(*user);
    } else if (key != "guid") {  // which listeners print, and which tells us nothing
      return no_address(text, "'" + std::string(key) + "' is not expected");
    }
  }
  if (address.path.empty())
    return no_address(text, "it has no path");
  if (Result<sockaddr_un> to = socket_address(address.path); !to)
    return to.error();
  return address;
}

Result<PeerCredentials> peer_credentials(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
    return Error::from_errno(errno, "cannot learn who is at the other end of a socket");
  PeerCredentials credentials{peer.pid, peer.uid, {peer.gid}};
  std::vector<gid_t> further(64);
  size = static_cast<socklen_t>(further.size() * sizeof(gid_t));
  int got = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, further.data(), &size);
  if (got < 0 && errno == ERANGE) {  // `size` says now how many there are: at most 65536
    further.resize(size / sizeof(gid_t));
    got = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, further.data(), &size);
  }
  /* Without them (a kernel before 4.13) there are fewer groups, so never more rights. */
  if (got == 0)
    credentials.gids.insert(credentials.gids.end(), further.begin(),
                            further.begin() + static_cast<long>(size / sizeof(gid_t)));
  return credentials;
}

Result<UniqueFd> connect_worker(const WorkerAddress& address) {
  const Result<sockaddr_un> to = socket_address(address.path);
  if (!to)
    return to.error();
  UniqueFd socket = make_socket();
  if (!socket.valid())
    return Error::from_errno(errno, "cannot make a socket");
  const std::string what = "cannot connect to the IPA worker at '" + address.path + "'";
  const int failed = try_connect(socket.get(), *to);
  if (failed == EAGAIN)
    return Error(Error::Code::Busy, what + ": too many wait for it already");
  if (failed == ECONNREFUSED) {
    return Error(Error::Code::Lost, what + ": nobody listens there",
                 "start its service: systemctl start gst-camera-ipa@NAME.socket");
  }
  if (failed == EACCES || failed == EPERM) {
    return Error(Error::Code::Permission, what + ": " + std::strerror(failed),
                 "be in the group of the socket; see docs/daemon.md");
  }
  if (failed != 0) {
    return Error::from_errno(failed, what,
                             "start its service: systemctl start gst-camera-ipa@NAME.socket");
  }
  const Result<PeerCredentials> peer = peer_credentials(socket.get());
  if (!peer)
    return peer.error();
  const bool ours =
      peer->uid == 0 || peer->uid == geteuid() ||
      std::find(address.users.begin(), address.users.end(), peer->uid) != address.users.end();
  if (!ours) {
    return Error(Error::Code::Permission,
                 what + ": it is run by user " + std::to_string(peer->uid) +
                     ", who is neither root nor ourselves (user " + std::to_string(geteuid()) + ")",
                 "if that is right, add ,user=" + std::to_string(peer->uid) + " to the address");
  }
  return socket;
}

Result<UniqueFd> listen_worker(const WorkerAddress& address, bool for_everyone) {
  const Result<sockaddr_un> at = socket_address(address.path);
  if (!at)
    return at.error();
  const std::string what = "cannot listen at '" + address.path + "'";
  UniqueFd socket = make_socket();
  if (!socket.valid())
    return Error::from_errno(errno, "cannot make a socket");
  const auto* name = reinterpret_cast<const sockaddr*>(&*at);
  /* Nobody gets in before its mode is right. */
  const mode_t old = umask(0177);
  int bound = ::bind(socket.get(), name, sizeof(*at));
  if (bound < 0 && errno == EADDRINUSE) {
    struct stat info {};
    const bool left_behind =
        lstat(address.path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode) && nobody_listens(*at);
    if (!left_behind) {
      umask(old);
      return Error(Error::Code::Busy, what + ": there is something, and not a dead worker's socket",
                   "stop what listens there, or take another path");
    }
    unlink(address.path.c_str());
    bound = ::bind(socket.get(), name, sizeof(*at));
  }
  const int failed = errno;
  umask(old);
  if (bound < 0)
    return Error::from_errno(failed, what, "its folder must be there, and be ours to write");
  if (for_everyone && chmod(address.path.c_str(), 0666) < 0)
    return Error::from_errno(errno, what);
  if (::listen(socket.get(), kBacklog) < 0)
    return Error::from_errno(errno, what);
  return socket;
}

}  // namespace gstcam::ipc
