/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/ipa-life/ipa-options.h"

namespace gstcam {

ipc::IpaOptions ipa_options(const CameraOptions& wanted) {
  ipc::IpaOptions options;
  options.isolation = wanted.ipa_isolation;
  options.address = wanted.ipa_address;
  options.sandbox.policy = wanted.ipa_sandbox;
  options.budget = kIpaBudget;
  return options;
}

}  // namespace gstcam
