/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit statuses of gst-camera-ipa-worker.
 */
#pragma once

namespace gstcam::ipc {

enum WorkerExitStatus {
  kExitDone = 0,        // the host hung up
  kExitUsage = 2,       // wrong arguments
  kExitModule = 3,      // the module is refused; nothing was read from the host
  kExitConnection = 4,  // no connection
  kExitHung = 5,        // the IPA did not come back from a call after the host hung up
  kExitSandbox = 6,     // a layer of the sandbox cannot be had; nothing was read from the host
};

}  // namespace gstcam::ipc
