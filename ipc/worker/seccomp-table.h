/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls of a worker: an allow-list with a reason a line. What has to do with paths and
 * sockets fails with an errno, as it would where there is nothing; everything else that is not in
 * the table kills the process.
 *
 * In log mode nothing is allowed that is not otherwise, but what would kill or fail silently is
 * refused and named, once each, in a line on stderr.
 */
#pragma once

#include "base/result.h"

namespace gstcam::ipc {

enum class SeccompStage : uint8_t {
  Load,  // while a module is loaded and its IPA made: libraries may be opened and mapped
  Run,   // after it
};

/** Of all threads of the process. Unsupported: the kernel has no seccomp filters. */
Result<void> apply_seccomp(SeccompStage stage, bool log_mode);

}  // namespace gstcam::ipc
