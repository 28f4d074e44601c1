/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/verdict.h"

#include "ipc/trust/small-file.h"

namespace gstcam::ipc {

std::string signature_path(const std::string& module_path) {
  return module_path + ".sign";
}

Verdict judge_module(std::span<const uint8_t> bytes, const std::string& module_path,
                     const KeyRing& keys) {
  const std::string path = signature_path(module_path);
  const auto unusable = [&path](const Error& why) {
    return Verdict{Standing::Refused,
                   "its signature '" + path + "' cannot be used: " + why.message};
  };
  const Result<UniqueFd> file = open_regular(path);
  if (!file && file.error().code == Error::Code::NotFound)
    return {Standing::Unsigned, "it has no signature ('" + path + "')"};
  if (!file)
    return unusable(file.error());
  const Result<std::string> text = read_small(file->get(), Signature::kMaxFile);
  if (!text)
    return unusable(text.error());
  const Result<Signature> signature = Signature::parse(*text);
  if (!signature)
    return unusable(signature.error());
  const KeyRing::Entry* entry = keys.find(signature->key_id);
  if (!entry) {
    return {Standing::Refused,
            "it is signed with the key " + signature->key_id + ", which is not trusted here"};
  }
  if (Result<void> verified = entry->key.verify(bytes, *signature); !verified) {
    return {Standing::Refused,
            "its signature is of other bytes: the module or its signature was "
            "changed after it was signed with the key " +
                signature->key_id + " (" + verified.error().message + ")"};
  }
  return {Standing::Trusted,
          "it is signed with the key " + signature->key_id + " (" + entry->origin + ")"};
}

}  // namespace gstcam::ipc
