/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a signature and as a public key: taken or an Error. What is taken as a signature is
 * written as it was read, and is not the signature of what it was not made of.
 */
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "ipc/trust/key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace gstcam;
using namespace gstcam::ipc;

namespace {

void require(bool fact) {
  if (!fact)
    std::abort();
}

const PublicKey& some_key() {
  static const PublicKey key = [] {
    Result<PrivateKey> made = PrivateKey::generate(SignatureAlgorithm::Ed25519);
    require(made.ok());
    Result<PublicKey> half = made->public_key();
    require(half.ok());
    return std::move(half).value();
  }();
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<Signature> signature = Signature::parse(text);
  if (signature) {
    require(signature->format() == text);
    const std::string_view content = "something";
    signature->key_id = some_key().id();
    require(!some_key().verify({reinterpret_cast<const uint8_t*>(content.data()), content.size()},
                               *signature));
  } else {
    require(!signature.error().message.empty());
  }
  if (const Result<PublicKey> key = PublicKey::from_pem(text))
    require(PublicKey::from_pem(key->to_pem().value()).ok());
  return 0;
}
