/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Landlock by its system calls: the kernel's interface is younger than the C library's.
 */
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace gstcam::ipc {

/**
 * Takes away from this thread, and those it makes, everything on files that the kernel's Landlock
 * knows, but reading below `folders` and of `file` (-1: none); and, where the ABI has them, TCP and
 * signals and abstract sockets to others. Needs no_new_privs. Returns the ABI. NotFound: the kernel
 * has no Landlock, or it is switched off.
 */
Result<int> apply_landlock(const std::vector<std::string>& folders, int file);

}  // namespace gstcam::ipc
