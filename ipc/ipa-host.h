/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an IPA runs: what a pipeline handler may ask for, and the choice that is made of it. The
 * generated create_ipa() of an interface takes these and makes the proxy.
 *
 * The bytes of a module are read once, by choose_module(), into memory that nobody can change;
 * choose_host() verifies those, and either host loads those.
 */
#pragma once

#include <chrono>
#include <string>

#include "base/ipa-isolation.h"
#include "base/ipa-sandbox.h"
#include "base/result.h"
#include "ipc/host.h"
#include "ipc/module-loader.h"
#include "ipc/worker-budget.h"

namespace gstcam::ipc {

struct IpaOptions {
  IpaIsolation isolation = IpaIsolation::Auto;
  std::string module;   // path; empty: found by the interface's name
  std::string address;  // of a worker that is there already; empty: one is started
  std::string worker;   // program; empty: GST_CAMERA_IPA_WORKER, or the installed one
  SandboxOptions sandbox;
  std::chrono::milliseconds call_deadline{2000};   // of a sync call
  std::chrono::milliseconds start_deadline{5000};  // of a worker's start; of a module's load
  BudgetLimits budget;                             // of a worker
};

struct HostChoice {
  IpaHostKind kind = kIpaHostWorker;
  /** For a person, to follow "because": "it has no signature ('/x/acme.so.sign')". */
  std::string reason;
};

/** Whether a worker that is there already is to be used, with a module of its own. Invalid: in a
 * thread. */
Result<bool> choose_service(const IpaOptions& options);

/**
 * Auto: a thread where the module is signed by a key that is trusted here (docs/trust.md), else a
 * worker. Thread: the same, but where Auto takes a worker it is Permission, and the error says why;
 * GST_CAMERA_IPA_ALLOW_UNSIGNED=1 lets a module in that has no signature at all. Worker: a worker.
 * What was chosen and why is in the debug category camera-ipa-trust.
 */
Result<HostChoice> choose_host(IpaIsolation isolation, const ModuleFile& module);

/**
 * The module of the options, else the one that the interface's name leads to: a sealed copy of its
 * bytes under its path.
 */
Result<ModuleFile> choose_module(const IpaOptions& options, const ModuleInterface& interface);

}  // namespace gstcam::ipc
