/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an IPA of a raw sensor may spend of the application. An event answers each call of a
 * frame at most; the largest message is a list of control ranges, some KiB.
 */
#pragma once

#include "ipc/worker-budget.h"

namespace gstcam::soft {

inline constexpr ipc::BudgetLimits kIpaBudget = {
    .events_per_call = 4,
    .events_reserve = 256,
    .message_bytes = size_t{256} << 10U,
};

}  // namespace gstcam::soft
