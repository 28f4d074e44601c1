/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/signature.h"

#include <algorithm>

namespace gstcam::ipc {

namespace {

constexpr std::string_view kMagic = "gst-camera-ipa-signature 1";
constexpr std::string_view kDigits = "0123456789abcdef";

Error bad_line(int line, const std::string& why) {
  return Error(Error::Code::Invalid, "line " + std::to_string(line) + " " + why,
               "make it again with gst-camera-ipa-sign");
}

/* Takes the next line off `text`, which must begin with `name` and a space; gives what follows. */
Result<std::string_view> take_line(std::string_view& text, int line, std::string_view name) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos)
    return bad_line(line, "is missing or not ended");
  std::string_view content = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!content.starts_with(name) || content.size() <= name.size() || content[name.size()] != ' ')
    return bad_line(line, "does not begin with '" + std::string(name) + " '");
  content.remove_prefix(name.size() + 1);
  return content;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(
        static_cast<uint8_t>((kDigits.find(text[i]) << 4U) | kDigits.find(text[i + 1])));
  }
  return bytes;
}

bool right_size(SignatureAlgorithm algorithm, size_t size) {
  return algorithm == SignatureAlgorithm::Ed25519 ? size == 64 : size >= 384 && size <= 1024;
}

}  // namespace

const char* to_string(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::Ed25519 ? "ed25519" : "rsa-sha512";
}

std::string to_hex(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

Result<Signature> Signature::parse(std::string_view text) {
  if (text.size() > kMaxFile)
    return Error(Error::Code::Invalid, "it has more than " + std::to_string(kMaxFile) + " bytes");
  if (!text.starts_with(kMagic) || text.size() == kMagic.size() || text[kMagic.size()] != '\n')
    return bad_line(1, "is not '" + std::string(kMagic) + "'");
  text.remove_prefix(kMagic.size() + 1);

  Signature signature;
  const Result<std::string_view> algorithm = take_line(text, 2, "algorithm");
  if (!algorithm)
    return algorithm.error();
  if (*algorithm == to_string(SignatureAlgorithm::Ed25519))
    signature.algorithm = SignatureAlgorithm::Ed25519;
  else if (*algorithm == to_string(SignatureAlgorithm::RsaSha512))
    signature.algorithm = SignatureAlgorithm::RsaSha512;
  else
    return bad_line(2, "names neither ed25519 nor rsa-sha512");

  const Result<std::string_view> key = take_line(text, 3, "key");
  if (!key)
    return key.error();
  if (key->size() != kKeyIdDigits || !is_hex(*key))
    return bad_line(3, "does not have 64 lower case hexadecimal digits");
  signature.key_id = *key;

  const Result<std::string_view> bytes = take_line(text, 4, "signature");
  if (!bytes)
    return bytes.error();
  if (bytes->size() % 2 != 0 || !is_hex(*bytes))
    return bad_line(4, "is not bytes in lower case hexadecimal digits");
  if (!right_size(signature.algorithm, bytes->size() / 2))
    return bad_line(4, "has a wrong number of bytes: " + std::to_string(bytes->size() / 2));
  if (!text.empty())
    return Error(Error::Code::Invalid, "something follows line 4");
  signature.bytes = from_hex(*bytes);
  return signature;
}

std::string Signature::format() const {
  return std::string(kMagic) + "\nalgorithm " + to_string(algorithm) + "\nkey " + key_id +
         "\nsignature " + to_hex(bytes) + "\n";
}

}  // namespace gstcam::ipc
