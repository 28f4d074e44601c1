/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/ipa-connection.h"

#include <utility>

#include "pipelines/ipa-life/ipa-options.h"

namespace gstcam::soft {

Result<std::unique_ptr<IpaProxy>> connect_installed_ipa(const CameraOptions& wanted,
                                                        GMainContext* context, IpaEvents& events,
                                                        ipc::HostHandlers handlers) {
  return simulated::create_ipa(ipa_options(wanted), context, events, std::move(handlers));
}

}  // namespace gstcam::soft
