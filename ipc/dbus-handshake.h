/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a host authenticates on a fresh D-Bus connection, in either role: mechanism EXTERNAL only,
 * and only with descriptors passed. Reads no byte of the messages that follow.
 *
 * Who the peer is, is what the kernel says of its socket; what it says itself is not asked for.
 * Blocks, at most until the deadline: Timeout. Lost where the peer hangs up, Permission where it is
 * another user's, Protocol where it says something else.
 */
#pragma once

#include <chrono>

#include "base/result.h"

namespace gstcam::ipc {

/** The peer authenticates to us. `socket` is connected and non-blocking. */
Result<void> accept_peer(int socket, std::chrono::milliseconds deadline);
/** We authenticate to the peer, which serves. Whose it is was looked at before (worker-address.h).
 */
Result<void> join_peer(int socket, std::chrono::milliseconds deadline);

}  // namespace gstcam::ipc
