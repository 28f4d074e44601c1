/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/ipa-host.h"

#include <gst/gst.h>

#include <cstdlib>
#include <mutex>
#include <string_view>

#include "ipc/trust/project-key.h"
#include "ipc/trust/sealed-copy.h"
#include "ipc/trust/trusted-folders.h"
#include "ipc/trust/verdict.h"

GST_DEBUG_CATEGORY_STATIC(ipa_trust_debug);
#define GST_CAT_DEFAULT ipa_trust_debug

namespace gstcam::ipc {

namespace {

/* Read anew for each IPA: a key that was taken away is trusted no more. */
KeyRing trusted_keys() {
  KeyRing keys;
  if (Result<void> added = keys.add(kProjectKey, "the key of this build"); !added)
    GST_ERROR("the key of this build: %s", added.error().message.c_str());
  add_trusted_folders(keys);
  for (const std::string& problem : keys.problems())
    GST_WARNING("keys of IPA modules: %s", problem.c_str());
  return keys;
}

Verdict judge(const ModuleFile& module) {
  const Result<SealedBytes> bytes = SealedBytes::map(module.fd.get());
  if (!bytes)
    return {Standing::Refused, "it cannot be verified: " + bytes.error().message};
  return judge_module(bytes->bytes(), module.path, trusted_keys());
}

bool unsigned_allowed() {
  const char* value = secure_getenv("GST_CAMERA_IPA_ALLOW_UNSIGNED");
  return value && std::string_view(value) == "1";
}

HostChoice in_thread(const ModuleFile& module, std::string reason) {
  GST_INFO("IPA module '%s' runs in a thread of the application, because %s", module.path.c_str(),
           reason.c_str());
  return {kIpaHostThread, std::move(reason)};
}

HostChoice in_worker(const ModuleFile& module, std::string reason) {
  GST_INFO("IPA module '%s' runs in a worker process, because %s", module.path.c_str(),
           reason.c_str());
  return {kIpaHostWorker, std::move(reason)};
}

}  // namespace

Result<HostChoice> choose_host(IpaIsolation isolation, const ModuleFile& module) {
  static std::once_flag once;
  std::call_once(once, [] {
    GST_DEBUG_CATEGORY_INIT(ipa_trust_debug, "camera-ipa-trust", 0,
                            "Which IPA modules run in the application, and why");
  });
  if (isolation == IpaIsolation::Worker)
    return in_worker(module, "the application asked for a worker");
  Verdict verdict = judge(module);
  if (verdict.standing == Standing::Trusted)
    return in_thread(module, std::move(verdict.reason));
  /* Somebody meant this module to be trusted, and it is not: worth a look. */
  if (verdict.standing == Standing::Refused)
    GST_WARNING("IPA module '%s' is not trusted: %s", module.path.c_str(), verdict.reason.c_str());
  if (isolation == IpaIsolation::Auto)
    return in_worker(module, std::move(verdict.reason));
  if (verdict.standing == Standing::Unsigned && unsigned_allowed()) {
    GST_WARNING(
        "IPA module '%s' is let into the application without a signature, because "
        "GST_CAMERA_IPA_ALLOW_UNSIGNED is set",
        module.path.c_str());
    return in_thread(module, "GST_CAMERA_IPA_ALLOW_UNSIGNED is set; " + verdict.reason);
  }
  return Error(Error::Code::Permission,
               "IPA module '" + module.path +
                   "' may not run in a thread of the application: " + verdict.reason,
               "leave ipa-isolation at auto, or sign the module with a trusted key "
               "(gst-camera-ipa-sign --help)");
}

Result<bool> choose_service(const IpaOptions& options) {
  if (!options.address.empty() && options.isolation == IpaIsolation::Thread) {
    return Error(Error::Code::Invalid,
                 "the IPA cannot run in a thread and at '" + options.address + "'",
                 "set one of ipa-isolation=thread and ipa-address");
  }
  return !options.address.empty();
}

Result<ModuleFile> choose_module(const IpaOptions& options, const ModuleInterface& interface) {
  Result<ModuleFile> file =
      options.module.empty() ? find_module(interface) : open_module(options.module);
  if (!file)
    return file;
  Result<UniqueFd> copy = sealed_copy(file->fd.get(), file->path.substr(file->path.rfind('/') + 1));
  if (!copy)
    return copy.error().within("IPA module '" + file->path + "'");
  file->fd = std::move(*copy);
  return file;
}

}  // namespace gstcam::ipc
