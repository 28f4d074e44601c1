/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaIsolation: where the application wants an IPA to run. It stands in base/ because core (which
 * is told it) and ipc (which does it) know nothing of each other.
 */
#pragma once

#include <cstdint>

namespace gstcam {

enum class IpaIsolation : uint8_t {
  Auto,  // thread where the module is signed by a key we trust, else worker
  Thread,
  Worker,
};

}  // namespace gstcam
