/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/key.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <limits>

namespace gstcam::ipc {

namespace {

constexpr unsigned kRsaMinBits = 3072;
constexpr unsigned kRsaMaxBits = 8192;

Error failed(const std::string& what, int code) {
  return Error(Error::Code::Invalid, what + ": " + gnutls_strerror(code));
}

/* GnuTLS takes what it only reads by a pointer that could write. */
gnutls_datum_t datum(const void* data, size_t size) {
  return {static_cast<unsigned char*>(const_cast<void*>(data)),  // NOLINT
          static_cast<unsigned>(size)};
}

/* What GnuTLS allocated. */
struct Datum {
  gnutls_datum_t data{};
  Datum() = default;
  Datum(const Datum&) = delete;
  Datum& operator=(const Datum&) = delete;
  ~Datum() { gnutls_free(data.data); }
  [[nodiscard]] std::string text() const {
    return {reinterpret_cast<const char*>(data.data), data.size};
  }
};

gnutls_sign_algorithm_t method(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::Ed25519 ? GNUTLS_SIGN_EDDSA_ED25519
                                                  : GNUTLS_SIGN_RSA_SHA512;
}

Result<SignatureAlgorithm> algorithm_of(int pk, unsigned bits) {
  if (pk == GNUTLS_PK_EDDSA_ED25519)
    return SignatureAlgorithm::Ed25519;
  if (pk == GNUTLS_PK_RSA && bits >= kRsaMinBits && bits <= kRsaMaxBits)
    return SignatureAlgorithm::RsaSha512;
  if (pk < 0)
    return failed("the key's kind is not known", pk);
  const char* name = gnutls_pk_get_name(static_cast<gnutls_pk_algorithm_t>(pk));
  return Error(Error::Code::Invalid,
               "it is a key of the kind " + std::string(name ? name : "unknown") + " with " +
                   std::to_string(bits) + " bits",
               "Ed25519 is taken, and RSA of 3072 to 8192 bits");
}

Result<void> check_size(size_t size) {
  if (size > std::numeric_limits<unsigned>::max())
    return Error(Error::Code::Invalid, "it is too large to be signed");
  return {};
}

}  // namespace

Result<PublicKey> PublicKey::adopt(Handle handle) {
  unsigned bits = 0;
  const int pk = gnutls_pubkey_get_pk_algorithm(handle.get(), &bits);
  const Result<SignatureAlgorithm> algorithm = algorithm_of(pk, bits);
  if (!algorithm)
    return algorithm.error();
  std::array<uint8_t, Signature::kKeyIdDigits / 2> id{};
  size_t size = id.size();
  if (const int code =
          gnutls_pubkey_get_key_id(handle.get(), GNUTLS_KEYID_USE_SHA256, id.data(), &size);
      code < 0 || size != id.size())
    return failed("the key has no id", code);
  return PublicKey(std::move(handle), to_hex(id), *algorithm);
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxFile)
    return Error(Error::Code::Invalid, "it is too large for a public key");
  gnutls_pubkey_t raw = nullptr;
  if (const int code = gnutls_pubkey_init(&raw); code < 0)
    return failed("cannot make a key", code);
  Handle handle(raw);
  const gnutls_datum_t text = datum(pem.data(), pem.size());
  if (const int code = gnutls_pubkey_import(raw, &text, GNUTLS_X509_FMT_PEM); code < 0)
    return failed("it is no public key in PEM", code);
  return adopt(std::move(handle));
}

Result<std::string> PublicKey::to_pem() const {
  Datum out;
  if (const int code = gnutls_pubkey_export2(handle_.get(), GNUTLS_X509_FMT_PEM, &out.data);
      code < 0)
    return failed("cannot write the public key", code);
  return out.text();
}

Result<void> PublicKey::verify(std::span<const uint8_t> data, const Signature& signature) const {
  if (Result<void> checked = check_size(data.size()); !checked)
    return checked;
  if (signature.algorithm != algorithm_ || signature.key_id != id_)
    return Error(Error::Code::Permission, "the signature is of another key");
  const gnutls_datum_t bytes = datum(data.data(), data.size());
  const gnutls_datum_t signed_by = datum(signature.bytes.data(), signature.bytes.size());
  if (const int code =
          gnutls_pubkey_verify_data2(handle_.get(), method(algorithm_), 0, &bytes, &signed_by);
      code < 0)
    return Error(Error::Code::Permission, gnutls_strerror(code));
  return {};
}

Result<PrivateKey> PrivateKey::generate(SignatureAlgorithm algorithm) {
  gnutls_privkey_t raw = nullptr;
  if (const int code = gnutls_privkey_init(&raw); code < 0)
    return failed("cannot make a key", code);
  Handle handle(raw);
  const bool edwards = algorithm == SignatureAlgorithm::Ed25519;
  if (const int code = gnutls_privkey_generate(
          raw, edwards ? GNUTLS_PK_EDDSA_ED25519 : GNUTLS_PK_RSA, edwards ? 0 : kRsaMinBits, 0);
      code < 0)
    return failed("cannot generate a key", code);
  return PrivateKey(std::move(handle));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > PublicKey::kMaxFile)
    return Error(Error::Code::Invalid, "it is too large for a private key");
  gnutls_privkey_t raw = nullptr;
  if (const int code = gnutls_privkey_init(&raw); code < 0)
    return failed("cannot make a key", code);
  Handle handle(raw);
  const gnutls_datum_t text = datum(pem.data(), pem.size());
  if (const int code = gnutls_privkey_import_x509_raw(raw, &text, GNUTLS_X509_FMT_PEM, nullptr, 0);
      code < 0)
    return failed("it is no private key in PEM without a passphrase", code);
  unsigned bits = 0;
  const int pk = gnutls_privkey_get_pk_algorithm(raw, &bits);
  if (Result<SignatureAlgorithm> algorithm = algorithm_of(pk, bits); !algorithm)
    return algorithm.error();
  return PrivateKey(std::move(handle));
}

Result<std::string> PrivateKey::to_pem() const {
  gnutls_x509_privkey_t raw = nullptr;
  if (const int code = gnutls_privkey_export_x509(handle_.get(), &raw); code < 0)
    return failed("cannot write the private key", code);
  const HandlePtr<gnutls_x509_privkey_int, gnutls_x509_privkey_deinit> key(raw);
  Datum out;
  if (const int code = gnutls_x509_privkey_export2_pkcs8(raw, GNUTLS_X509_FMT_PEM, nullptr,
                                                         GNUTLS_PKCS_PLAIN, &out.data);
      code < 0)
    return failed("cannot write the private key", code);
  std::string text = out.text();
  gnutls_memset(out.data.data, 0, out.data.size);
  return text;
}

Result<PublicKey> PrivateKey::public_key() const {
  gnutls_pubkey_t raw = nullptr;
  if (const int code = gnutls_pubkey_init(&raw); code < 0)
    return failed("cannot make a key", code);
  PublicKey::Handle handle(raw);
  if (const int code = gnutls_pubkey_import_privkey(raw, handle_.get(), 0, 0); code < 0)
    return failed("cannot tell the public key", code);
  return PublicKey::adopt(std::move(handle));
}

Result<Signature> PrivateKey::sign(std::span<const uint8_t> data) const {
  if (Result<void> checked = check_size(data.size()); !checked)
    return checked.error();
  const Result<PublicKey> key = public_key();
  if (!key)
    return key.error();
  const gnutls_datum_t bytes = datum(data.data(), data.size());
  Datum out;
  if (const int code =
          gnutls_privkey_sign_data2(handle_.get(), method(key->algorithm()), 0, &bytes, &out.data);
      code < 0)
    return failed("cannot sign", code);
  return Signature{key->algorithm(), key->id(), {out.data.data, out.data.data + out.data.size}};
}

}  // namespace gstcam::ipc
