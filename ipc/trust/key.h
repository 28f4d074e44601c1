/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PublicKey, PrivateKey: Ed25519 and RSA keys (3072 to 8192 bits), in GnuTLS. Files are PEM:
 * "PUBLIC KEY", and "PRIVATE KEY" (PKCS #8) or "RSA PRIVATE KEY" without a passphrase, so that
 * openssl and certtool read and write them too.
 *
 * Values that move. Const methods may be called in any thread.
 */
#pragma once

#include <gnutls/abstract.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "ipc/trust/signature.h"

namespace gstcam::ipc {

class PublicKey {
 public:
  static constexpr size_t kMaxFile = size_t{16} << 10U;

  /** Invalid: no key, or one of a kind or size that is not taken. */
  static Result<PublicKey> from_pem(std::string_view pem);
  [[nodiscard]] Result<std::string> to_pem() const;

  /** SHA-256 of the key (DER, SubjectPublicKeyInfo): 64 hexadecimal digits. */
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] SignatureAlgorithm algorithm() const { return algorithm_; }

  /** Permission: the signature is not of this key and these bytes. */
  [[nodiscard]] Result<void> verify(std::span<const uint8_t> data,
                                    const Signature& signature) const;

 private:
  friend class PrivateKey;
  using Handle = HandlePtr<gnutls_pubkey_st, gnutls_pubkey_deinit>;
  static Result<PublicKey> adopt(Handle handle);
  PublicKey(Handle handle, std::string id, SignatureAlgorithm algorithm)
      : handle_(std::move(handle)), id_(std::move(id)), algorithm_(algorithm) {}

  Handle handle_;
  std::string id_;
  SignatureAlgorithm algorithm_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> generate(SignatureAlgorithm algorithm);
  static Result<PrivateKey> from_pem(std::string_view pem);
  [[nodiscard]] Result<std::string> to_pem() const;

  [[nodiscard]] Result<PublicKey> public_key() const;
  /** The same bytes give the same signature. */
  [[nodiscard]] Result<Signature> sign(std::span<const uint8_t> data) const;

 private:
  using Handle = HandlePtr<gnutls_privkey_st, gnutls_privkey_deinit>;
  explicit PrivateKey(Handle handle) : handle_(std::move(handle)) {}

  Handle handle_;
};

}  // namespace gstcam::ipc
