/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks whether a shared object is complete before it is mapped: the loader maps what the headers
 * promise, and touching a page behind the end of a truncated file is a SIGBUS for the process.
 */
#pragma once

#include "base/result.h"

namespace gstcam::ipc {

/** Invalid, with the reason, where the file is no ELF of this machine's class or ends too early. */
Result<void> check_elf_extent(int fd);

}  // namespace gstcam::ipc
