/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first stage of a worker's sandbox: the command line of bubblewrap that makes a small world
 * and starts the worker in it.
 *
 * In that world are, all read-only: the worker program (/worker), the module as a copy of what the
 * descriptor holds (/module.so), the dynamic loader, and in /lib the libraries that program and
 * module name in DT_NEEDED, with what those name. /dev has null and urandom. There is no /proc,
 * /sys, /run, /home, /tmp or /etc. All namespaces are its own, also for root; there are no
 * capabilities.
 *
 * Libraries are looked for where the system has them: LD_LIBRARY_PATH, the run path of the
 * *program* (never of the module), the loader's own folder and the usual ones. One that is not
 * found is left out: the loader then names it in its error.
 */
#pragma once

#include <string>
#include <vector>

#include "base/ipa-sandbox.h"
#include "base/result.h"

namespace gstcam::ipc {

/** Where it finds them. */
constexpr char kSandboxWorker[] = "/worker";
constexpr char kSandboxModule[] = "/module.so";

/** bwrap as the options or PATH have it. NotFound: says which package. */
Result<std::string> find_bubblewrap(const SandboxOptions& options);

/**
 * Arguments of bwrap up to and with the program's name; its own arguments follow. `module` is read
 * here, and read again by bwrap as descriptor number `module_number`.
 */
Result<std::vector<std::string>> bubblewrap_arguments(const std::string& program, int module,
                                                      int module_number);

}  // namespace gstcam::ipc
