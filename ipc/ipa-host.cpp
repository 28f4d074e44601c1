/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/ipa-host.h"

namespace gstcam::ipc {

IpaHostKind choose_host(IpaIsolation isolation) {
  return isolation == IpaIsolation::Thread ? kIpaHostThread : kIpaHostWorker;
}

Result<ModuleFile> choose_module(const IpaOptions& options, const ModuleInterface& interface) {
  return options.module.empty() ? find_module(interface) : open_module(options.module);
}

}  // namespace gstcam::ipc
