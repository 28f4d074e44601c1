/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a WorkerHost comes to a worker: it starts a process of its own, or connects to a service that
 * is there already. Either way the worker is as good as new: it has loaded its module and was never
 * called. So whoever wants another worker after a loss opens again, with the same WorkerLaunch.
 */
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/ipa-sandbox.h"
#include "base/result.h"
#include "ipc/module-loader.h"
#include "ipc/transport.h"
#include "ipc/worker-budget.h"
#include "ipc/worker-life.h"

namespace gstcam::ipc {

struct WorkerLaunch {
  std::string address;  // of a service (worker-address.h); empty: a process is started
  std::string program;  // empty: GST_CAMERA_IPA_WORKER, or the installed one
  ModuleInterface interface;
  ModuleFile module;  // for a process; a service has its own
  SandboxOptions sandbox;
  std::chrono::milliseconds start_deadline{5000};
  BudgetLimits budget;
};

/** A worker and the connection to it, which has no handlers yet. */
struct WorkerLink {
  std::unique_ptr<WorkerLife> life;
  std::unique_ptr<Transport> transport;
  std::string isolation_level;  // as Host's; of a service it comes by greet()
  std::string isolation_warning;
};

/**
 * Blocks until the worker is there, up to the deadline. NotFound and Permission: the program, or
 * the service's socket; Invalid: the module, the address; Busy: the service has another client;
 * Lost, Timeout: the worker ended or hangs. A service that is just restarted may be NotFound, Lost,
 * Timeout or Busy for a while: try again. Before the first call, and with the handlers of the
 * transport set, life->greet() must be called.
 */
Result<WorkerLink> open_worker(const WorkerLaunch& launch);

}  // namespace gstcam::ipc
