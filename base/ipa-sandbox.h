/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SandboxPolicy: what the application wants when a layer of a worker's sandbox cannot be had. It
 * stands in base/ for the same reason as IpaIsolation.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gstcam {

enum class SandboxPolicy : uint8_t {
  Require,  // no worker without every layer
  Prefer,   // a worker with those layers that there are, and a warning that names the others
};

struct SandboxOptions {
  SandboxPolicy policy = SandboxPolicy::Require;
  /** What seccomp would kill for is refused instead, and named on the worker's stderr. */
  bool log_mode = false;
  std::string bubblewrap;  // path of bwrap; empty: looked for in PATH
  /** Layers to do without, by name: an error with Require, named in the warning with Prefer. So
   * that each of the others can be tested. */
  std::vector<std::string> leave_out;
};

}  // namespace gstcam
