/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signature: what is in MODULE.so.sign. Four lines of ASCII, each ended by one line feed; nothing
 * before, between or after them; hexadecimal digits are lower case:
 *
 *     gst-camera-ipa-signature 1
 *     algorithm ed25519                   or rsa-sha512
 *     key <64 digits>                     SHA-256 of the public key (DER, SubjectPublicKeyInfo)
 *     signature <digits>                  Ed25519: 64 bytes; RSA (PKCS #1 v1.5): 384 to 1024 bytes
 *
 * What is signed are the bytes of the module, all of them and nothing else. A signature has one
 * way to be written: what parse() takes, format() gives back byte by byte. A value type.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gstcam::ipc {

enum class SignatureAlgorithm : uint8_t { Ed25519, RsaSha512 };

const char* to_string(SignatureAlgorithm algorithm);

struct Signature {
  /** No signature's file is larger. */
  static constexpr size_t kMaxFile = 4096;
  static constexpr size_t kKeyIdDigits = 64;

  SignatureAlgorithm algorithm = SignatureAlgorithm::Ed25519;
  std::string key_id;
  std::vector<uint8_t> bytes;

  /** Invalid says which line is wrong and how. */
  static Result<Signature> parse(std::string_view text);
  [[nodiscard]] std::string format() const;
};

/** Lower case hexadecimal digits. */
std::string to_hex(std::span<const uint8_t> bytes);

}  // namespace gstcam::ipc
