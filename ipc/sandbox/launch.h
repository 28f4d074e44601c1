/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts a worker in its sandbox: in bubblewrap, which makes its namespaces and its files, and then
 * locked by itself (ipc/worker/lockdown.h) before it loads the module. It says so on a socket of
 * its own, which is closed before any code of the module runs: so the report is the worker
 * program's, and the sender's credentials are how we know its process.
 *
 * Require: a layer that cannot be had is an error that says which, and what to install or switch
 * on. Prefer: the worker runs with those that can be had, and `warning` names the others.
 */
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/ipa-sandbox.h"
#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/module-loader.h"
#include "ipc/worker-process.h"

namespace gstcam::ipc {

struct SandboxLaunch {
  std::string program;
  const ModuleInterface* interface = nullptr;
  const ModuleFile* module = nullptr;
  SandboxOptions sandbox;
  std::chrono::milliseconds deadline{5000};
};

struct SandboxedWorker {
  std::unique_ptr<WorkerProcess> process;
  UniqueFd socket;  // our end of the connection
  /** "bubblewrap,namespaces,no-capabilities,no-new-privs,rlimits,landlock-abi-2,seccomp" */
  std::string isolation_level;
  std::string warning;  // empty: every layer holds
};

/** Blocks until the worker is locked. Errors as those of WorkerHost::start(). */
Result<SandboxedWorker> launch_worker(const SandboxLaunch& launch);

/** Why a worker that was started is not there: by its own complaint, its end, or `why`. */
Error launch_failure(const SandboxLaunch& launch, WorkerProcess& process, const Error& why);

}  // namespace gstcam::ipc
