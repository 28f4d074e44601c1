/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WorkerAddress: where an IPA worker that is a service listens, and whose it may be.
 *
 *     unix:path=/run/gst-camera/simulated
 *     unix:path=/run/gst-camera/simulated,user=gst-camera,user=1001
 *
 * A D-Bus address of a socket with a path, bytes escaped as %XX where D-Bus wants that, and one key
 * of our own: `user` names further users (by name or number) that the worker may run as. Root and
 * our own user always may.
 *
 * Users are what the kernel says of a socket's other end (SO_PEERCRED), which is who listened: for
 * a socket of systemd that is root, whatever user the service then runs as.
 */
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

struct WorkerAddress {
  std::string path;
  std::vector<uid_t> users;
};

/** Invalid: not such an address. NotFound: there is no such user. */
Result<WorkerAddress> parse_worker_address(const std::string& text);

/**
 * Connects a stream socket. NotFound, Lost: nobody listens there (now). Busy: too many wait
 * already. Permission: the socket is not for us, or its listener is neither root, nor us, nor in
 * `users`.
 */
Result<UniqueFd> connect_worker(const WorkerAddress& address);

/**
 * A socket that listens there, for its owner only or for everyone (who then is checked by
 * credentials). What a listener that is no more left behind is replaced; Busy where one is.
 */
Result<UniqueFd> listen_worker(const WorkerAddress& address, bool for_everyone);

/** A user or group by name or by number; NotFound where the name is unknown. */
Result<uid_t> find_user(const std::string& text);
Result<gid_t> find_group(const std::string& text);

/** Who is at the other end of a connected AF_UNIX socket. */
struct PeerCredentials {
  pid_t pid = 0;  // 0 where it is not of our pid namespace
  uid_t uid = 0;
  std::vector<gid_t> gids;  // its first one, and the further ones
};
Result<PeerCredentials> peer_credentials(int socket);

}  // namespace gstcam::ipc
