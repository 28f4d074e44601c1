/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/ipa-connection.h"

#include <utility>

#include "pipelines/soft-isp/ipa-budget.h"

namespace gstcam::soft {

Result<std::unique_ptr<IpaProxy>> connect_installed_ipa(const CameraOptions& wanted,
                                                        GMainContext* context, IpaEvents& events,
                                                        ipc::HostHandlers handlers) {
  ipc::IpaOptions options;
  options.isolation = wanted.ipa_isolation;
  options.address = wanted.ipa_address;
  options.sandbox.policy = wanted.ipa_sandbox;
  options.budget = kIpaBudget;
  return simulated::create_ipa(options, context, events, std::move(handlers));
}

}  // namespace gstcam::soft
