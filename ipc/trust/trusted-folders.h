/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which folders of keys a system has: the installed one (of packages), the system's own (of its
 * administrator), and those of GST_CAMERA_IPA_KEYS, a colon separated list. The variable counts
 * only in a process that runs with the rights of who started it: a program that is set-user-id,
 * set-group-id or has file capabilities ignores it (secure_getenv).
 *
 * Thread: any that may call getenv().
 */
#pragma once

#include "ipc/trust/key-ring.h"

namespace gstcam::ipc {

void add_trusted_folders(KeyRing& keys);

}  // namespace gstcam::ipc
