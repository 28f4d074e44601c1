/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verdict: what the signature beside a module says of the module's bytes.
 *
 * Thread: any.
 */
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ipc/trust/key-ring.h"

namespace gstcam::ipc {

enum class Standing : uint8_t {
  Trusted,   // signed by a key of the ring, and not changed since
  Unsigned,  // there is no signature
  Refused,   // there is one, and it is of no use: broken, of another key, of other bytes
};

struct Verdict {
  Standing standing = Standing::Unsigned;
  /** For a person, to follow "because": "it has no signature ('/x/acme.so.sign')". */
  std::string reason;
};

/** The file the signature of a module is in. */
std::string signature_path(const std::string& module_path);

/** `bytes` must be what is loaded afterwards, and not change (SealedBytes). */
Verdict judge_module(std::span<const uint8_t> bytes, const std::string& module_path,
                     const KeyRing& keys);

}  // namespace gstcam::ipc
