/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sockets that a service manager listens at and hands to us: sd_listen_fds(3), without libsystemd.
 */
#pragma once

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

/**
 * The one listening AF_UNIX stream socket we were started with. Takes LISTEN_PID, LISTEN_FDS and
 * LISTEN_FDNAMES out of the environment, so that nobody takes them for his. Once, before threads.
 * NotFound: we were not started so. Invalid: by the wrong unit: other sockets than that one.
 */
Result<UniqueFd> take_activation_socket();

}  // namespace gstcam::ipc
