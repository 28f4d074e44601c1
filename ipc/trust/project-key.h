/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public key of this build (PEM), compiled in: what signs the modules of this tree. */
#pragma once

namespace gstcam::ipc {

extern const char kProjectKey[];

}  // namespace gstcam::ipc
