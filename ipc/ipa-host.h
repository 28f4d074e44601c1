/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where an IPA runs: what a pipeline handler may ask for, and the choice that is made of it. The
 * generated create_ipa() of an interface takes these and makes the proxy.
 */
#pragma once

#include <chrono>
#include <string>

#include "base/ipa-isolation.h"
#include "base/result.h"
#include "ipc/host.h"
#include "ipc/module-loader.h"

namespace gstcam::ipc {

struct IpaOptions {
  IpaIsolation isolation = IpaIsolation::Auto;
  std::string module;  // path; empty: found by the interface's name
  std::string worker;  // program; empty: GST_CAMERA_IPA_WORKER, or the installed one
  std::chrono::milliseconds call_deadline{2000};
  std::chrono::milliseconds start_deadline{5000};
};

/** Auto is a worker: a module gets into the application only when it is signed, and none can be
 * yet. */
IpaHostKind choose_host(IpaIsolation isolation);

/** The module of the options, else the one that the interface's name leads to; open. */
Result<ModuleFile> choose_module(const IpaOptions& options, const ModuleInterface& interface);

}  // namespace gstcam::ipc
