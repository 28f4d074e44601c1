/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks whether file descriptors are left before something begins that cannot bear their end: GLib
 * ends the whole process where it finds none for a main context. Thread: any. What is free now may
 * be taken in the next moment; this is for the process that ran into its limit, which stays there.
 */
#pragma once

#include "base/result.h"

namespace gstcam {

/** Takes `count` descriptors and gives them back. NoSpace where there are not as many. */
Result<void> check_free_descriptors(unsigned count);

}  // namespace gstcam
