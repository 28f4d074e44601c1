/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading files that somebody else put there: keys, signatures, modules. What is no regular file
 * is refused (a FIFO or a device would make us wait), and no more is read than the caller allows.
 * Functions without state, any thread.
 */
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

/** NotFound where there is none; the message does not repeat the path. */
Result<UniqueFd> open_regular(const std::string& path);

/** All of it, from its beginning; Invalid where that is more than `limit` bytes. */
Result<std::string> read_small(int fd, size_t limit);

}  // namespace gstcam::ipc
