/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the generated create_ipa() of any interface is to be called for a camera. Any thread.
 */
#pragma once

#include <chrono>

#include "core/camera.h"
#include "ipc/ipa-host.h"
#include "ipc/worker-budget.h"

namespace gstcam {

/**
 * What an IPA may spend of the application: an event answers each call of a frame at most; the
 * largest message is a list of control ranges, some KiB.
 */
inline constexpr ipc::BudgetLimits kIpaBudget = {
    .events_per_call = 4,
    .events_reserve = 256,
    .message_bytes = size_t{256} << 10U,
};

/**
 * What a call of a handler may wait for its IPA, which has deadlines of its own: three attempts,
 * each a start (5 s) and calls (2 s) of it. Above that, so that it is never the IPA that looks like
 * a driver that hangs.
 */
inline constexpr std::chrono::milliseconds kIpaTime{30000};

/** The host that `wanted` asks for, with kIpaBudget. */
ipc::IpaOptions ipa_options(const CameraOptions& wanted);

}  // namespace gstcam
