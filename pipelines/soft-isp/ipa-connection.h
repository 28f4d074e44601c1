/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a handler comes to its IPA: the installed module, in the host that the options ask for.
 */
#pragma once

#include <functional>
#include <memory>

#include "core/camera.h"
#include "pipelines/soft-isp/ipa-interface.h"
#include "simulated-ipa-proxy.h"

namespace gstcam::soft {

using simulated::IpaProxy;

/**
 * Starts an IPA whose events and notices come in `context` until it is destroyed. Called in the
 * camera's thread and in the supervisor's.
 */
using IpaConnector = std::function<Result<std::unique_ptr<IpaProxy>>(
    const CameraOptions& options, GMainContext* context, IpaEvents& events,
    ipc::HostHandlers handlers)>;

/** The IpaConnector of every camera; tests have others. */
Result<std::unique_ptr<IpaProxy>> connect_installed_ipa(const CameraOptions& options,
                                                        GMainContext* context, IpaEvents& events,
                                                        ipc::HostHandlers handlers);

}  // namespace gstcam::soft
