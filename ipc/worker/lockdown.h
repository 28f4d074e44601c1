/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second stage of a worker's sandbox: what the worker takes from itself before it loads a
 * module, so that the module's constructors run locked, and once more after the IPA is made.
 *
 * Layers, by the names that isolation-level has:
 *   no-capabilities  every capability gone, from the bounding set too
 *   no-new-privs     no set-user-id program gives any back
 *   rlimits          memory, descriptors, processes, file size, no core, no real-time
 *   landlock-abi-N   files: reading of libraries only; TCP, signals and abstract sockets out of it:
 *                    none, as far as the kernel's ABI N goes
 *   seccomp          the table of seccomp-table.cpp; "seccomp-log" where it refuses and tells
 * instead of killing sanitizer-build  no layer: a warning that this build has looser limits and
 * rows
 *
 * Thread: the main thread, before there is any other (lock) and at any time (tighten).
 */
#pragma once

#include <string>
#include <vector>

#include "base/ipa-sandbox.h"
#include "base/result.h"

namespace gstcam::ipc {

struct LockdownOptions {
  SandboxPolicy policy = SandboxPolicy::Require;
  bool log_mode = false;
  int module_fd = -1;      // a file that may be read besides libraries, -1: none
  bool own_users = false;  // we are in a user namespace of our own (bubblewrap's)
  /** Layers left out, for tests of the others: "landlock", "seccomp" ... Named in `missing`. */
  std::vector<std::string> leave_out;
};

struct LockdownReport {
  std::vector<std::string> layers;   // that hold
  std::vector<std::string> missing;  // why each of the others does not, with what to do
};

/**
 * Everything up to the load of a module. With Require a layer that cannot be had is an error that
 * names it and the kernel option it needs; with Prefer it is in `missing`.
 */
Result<LockdownReport> lock_worker(const LockdownOptions& options);

/** When module and IPA are there: no file is opened and no code mapped any more. */
Result<void> tighten_worker(const LockdownOptions& options);

}  // namespace gstcam::ipc
