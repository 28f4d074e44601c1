/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signatures, keys, rings of keys, sealed copies, and the verdict that is made of them. */
#include <gnutls/x509.h>
#include <sys/mman.h>

#include <cerrno>
#include <functional>

#include "ipc/trust/sealed-copy.h"
#include "ipc/trust/small-file.h"
#include "ipc/trust/verdict.h"
#include "tests/ipc/result-asserts.h"
#include "tests/ipc/trust/scratch-folder.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace gstcam::test;

namespace {

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Signer {
  explicit Signer(SignatureAlgorithm algorithm = SignatureAlgorithm::Ed25519)
      : key(take(PrivateKey::generate(algorithm))), half(take(key.public_key())) {}
  template <typename T>
  static T take(Result<T> result) {
    ASSERT_OK(result);
    return std::move(result).value();
  }
  [[nodiscard]] std::string sign(const std::string& text) const {
    return take(key.sign(bytes_of(text))).format();
  }
  [[nodiscard]] std::string pem() const { return take(half.to_pem()); }

  PrivateKey key;
  PublicKey half;
};

const std::string kHex64(64, 'a');
const std::string kHex128(128, '0');
const std::string kMagic = "gst-camera-ipa-signature 1\n";
const std::string kGood =
    kMagic + "algorithm ed25519\nkey " + kHex64 + "\nsignature " + kHex128 + "\n";

void test_signature_text() {
  const Result<Signature> good = Signature::parse(kGood);
  ASSERT_OK(good);
  g_assert_true(good->algorithm == SignatureAlgorithm::Ed25519);
  g_assert_cmpuint(good->bytes.size(), ==, 64);
  g_assert_true(good->format() == kGood);
  for (const size_t size : {384, 512, 1024}) {
    const std::string text = kMagic + "algorithm rsa-sha512\nkey " + kHex64 + "\nsignature " +
                             std::string(size * 2, 'f') + "\n";
    const Result<Signature> rsa = Signature::parse(text);
    ASSERT_OK(rsa);
    g_assert_true(rsa->format() == text);
  }
}

void test_signature_mistakes() {
  const std::string key = "key " + kHex64 + "\n";
  const std::string ed = kMagic + "algorithm ed25519\n";
  const std::string nul(1, '\0');
  const std::pair<std::string, const char*> mistakes[] = {
      {"", "line 1"},
      {"\n", "line 1"},
      {"gst-camera-ipa-signature 1", "line 1"},
      {"gst-camera-ipa-signature 2" + kGood.substr(26), "line 1"},
      {"\xef\xbb\xbf" + kGood, "line 1"},
      {" " + kGood, "line 1"},
      {kMagic, "line 2 is missing"},
      {kMagic + "algorithm\n" + key, "line 2 does not begin"},
      {kMagic + "algorithm \n" + key, "line 2 names neither"},
      {kMagic + "algorithm Ed25519\n" + key, "line 2 names neither"},
      {kMagic + "algorithm ed25519 \n" + key, "line 2 names neither"},
      {kMagic + "algorithm none\n" + key, "line 2 names neither"},
      {kMagic + "algorithm ed25519" + nul + "\n" + key, "line 2 names neither"},
      {ed, "line 3 is missing"},
      {ed + "key " + kHex64, "line 3 is missing or not ended"},
      {ed + "key  " + kHex64 + "\n", "line 3 does not have 64"},
      {ed + "key " + kHex64 + "a\n", "line 3 does not have 64"},
      {ed + "key " + std::string(64, 'A') + "\n", "line 3 does not have 64"},
      {ed + "key " + std::string(64, 'g') + "\n", "line 3 does not have 64"},
      {ed + "signature " + kHex128 + "\n" + key, "line 3 does not begin"},
      {ed + key, "line 4 is missing"},
      {ed + key + "signature " + kHex128, "line 4 is missing or not ended"},
      {ed + key + "signature \n", "line 4 has a wrong number of bytes: 0"},
      {ed + key + "signature " + kHex128 + "0\n", "line 4 is not bytes"},
      {ed + key + "signature " + kHex128 + "00\n", "line 4 has a wrong number of bytes: 65"},
      {ed + key + "signature " + kHex128.substr(2) + "\n", "wrong number of bytes: 63"},
      {ed + key + "signature " + kHex128.substr(2) + "0X\n", "line 4 is not bytes"},
      {ed + key + "signature " + kHex128 + "\r\n", "line 4 is not bytes"},
      {kMagic + "algorithm rsa-sha512\n" + key + "signature " + kHex128 + "\n", "bytes: 64"},
      {kMagic + "algorithm rsa-sha512\n" + key + "signature " + std::string(2050, '0') + "\n",
       "bytes: 1025"},
      {kGood + "\n", "something follows"},
      {kGood + nul, "something follows"},
      {kGood + kGood, "something follows"},
      {std::string(Signature::kMaxFile + 1, 'a'), "more than 4096 bytes"},
  };
  for (const auto& [text, expected] : mistakes) {
    const Result<Signature> parsed = Signature::parse(text);
    ASSERT_ERROR(parsed, Error::Code::Invalid);
    ASSERT_CONTAINS(parsed.error().message, expected);
  }
  /* No beginning of a signature is one. */
  for (size_t size = 0; size < kGood.size(); size++)
    ASSERT_ERROR(Signature::parse(kGood.substr(0, size)), Error::Code::Invalid);
}

void test_keys() {
  const std::string text = "what is signed";
  for (const SignatureAlgorithm algorithm :
       {SignatureAlgorithm::Ed25519, SignatureAlgorithm::RsaSha512}) {
    const Signer signer(algorithm);
    const Signer other(algorithm);
    g_assert_true(signer.half.algorithm() == algorithm);
    g_assert_cmpuint(signer.half.id().size(), ==, 64);
    g_assert_true(signer.half.id() != other.half.id());
    g_assert_true(signer.sign(text) == signer.sign(text));

    /* Through their files and back. */
    const Result<PrivateKey> read = PrivateKey::from_pem(Signer::take(signer.key.to_pem()));
    ASSERT_OK(read);
    const Result<PublicKey> half = PublicKey::from_pem(signer.pem());
    ASSERT_OK(half);
    g_assert_true(half->id() == signer.half.id());

    const Signature signature = Signer::take(read->sign(bytes_of(text)));
    ASSERT_OK(half->verify(bytes_of(text), signature));
    ASSERT_ERROR(half->verify(bytes_of(text + "."), signature), Error::Code::Permission);
    ASSERT_ERROR(half->verify(bytes_of(""), signature), Error::Code::Permission);
    ASSERT_ERROR(other.half.verify(bytes_of(text), signature), Error::Code::Permission);
    /* The name of another key does not make it one of that key. */
    Signature renamed = signature;
    renamed.key_id = other.half.id();
    ASSERT_ERROR(other.half.verify(bytes_of(text), renamed), Error::Code::Permission);
    for (size_t i = 0; i < signature.bytes.size(); i += 7) {
      Signature changed = signature;
      changed.bytes[i] ^= 1U;
      ASSERT_ERROR(half->verify(bytes_of(text), changed), Error::Code::Permission);
    }
    Signature shorter = signature;
    shorter.bytes.clear();
    ASSERT_ERROR(half->verify(bytes_of(text), shorter), Error::Code::Permission);
  }
}

/* A key of a kind that is not taken, as its public PEM. */
std::string foreign_key(gnutls_pk_algorithm_t kind, unsigned bits) {
  gnutls_privkey_t key = nullptr;
  gnutls_pubkey_t half = nullptr;
  gnutls_datum_t out{};
  g_assert_cmpint(gnutls_privkey_init(&key), ==, 0);
  g_assert_cmpint(gnutls_pubkey_init(&half), ==, 0);
  g_assert_cmpint(gnutls_privkey_generate(key, kind, bits, 0), ==, 0);
  g_assert_cmpint(gnutls_pubkey_import_privkey(half, key, 0, 0), ==, 0);
  g_assert_cmpint(gnutls_pubkey_export2(half, GNUTLS_X509_FMT_PEM, &out), ==, 0);
  std::string text(reinterpret_cast<const char*>(out.data), out.size);
  gnutls_free(out.data);
  gnutls_pubkey_deinit(half);
  gnutls_privkey_deinit(key);
  return text;
}

void test_keys_that_are_not_taken() {
  const Result<PublicKey> small = PublicKey::from_pem(foreign_key(GNUTLS_PK_RSA, 2048));
  ASSERT_ERROR(small, Error::Code::Invalid);
  ASSERT_CONTAINS(small.error().message, "RSA with 2048 bits");
  const Result<PublicKey> curve = PublicKey::from_pem(
      foreign_key(GNUTLS_PK_EC, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)));
  ASSERT_ERROR(curve, Error::Code::Invalid);
  ASSERT_CONTAINS(curve.error().hint, "Ed25519");
  const Signer signer;
  const std::string pem = signer.pem();
  for (const std::string& text :
       {std::string(), std::string("-----BEGIN PUBLIC KEY-----\n"), pem.substr(0, pem.size() / 2),
        pem.substr(28), Signer::take(signer.key.to_pem()), std::string(20000, 'A')})
    ASSERT_ERROR(PublicKey::from_pem(text), Error::Code::Invalid);
  ASSERT_ERROR(PrivateKey::from_pem(pem), Error::Code::Invalid);
  ASSERT_ERROR(PrivateKey::from_pem(""), Error::Code::Invalid);
}

void test_sealed_copy() {
  const ScratchFolder folder;
  write_file(folder / "file", "content");
  const UniqueFd file = Signer::take(open_regular(folder / "file"));
  g_assert_false(is_sealed(file.get()));
  ASSERT_ERROR(SealedBytes::map(file.get()), Error::Code::Invalid);

  const UniqueFd copy = Signer::take(sealed_copy(file.get(), "file"));
  g_assert_true(is_sealed(copy.get()));
  write_file(folder / "file", "changed");
  const SealedBytes bytes = Signer::take(SealedBytes::map(copy.get()));
  g_assert_cmpmem(bytes.bytes().data(), bytes.bytes().size(), "content", 7);

  /* Not by who has the descriptor, not by who opens it again. */
  g_assert_cmpint(write(copy.get(), "x", 1), <, 0);
  g_assert_cmpint(ftruncate(copy.get(), 3), <, 0);
  const std::string again = "/proc/self/fd/" + std::to_string(copy.get());
  const UniqueFd writable(open(again.c_str(), O_RDWR | O_CLOEXEC));
  if (writable.valid()) {
    g_assert_cmpint(write(writable.get(), "x", 1), <, 0);
    g_assert_cmpint(errno, ==, EPERM);
    g_assert_cmpint(ftruncate(writable.get(), 3), <, 0);
    g_assert_cmpint(ftruncate(writable.get(), 30), <, 0);
    g_assert_true(mmap(nullptr, 7, PROT_WRITE, MAP_SHARED, writable.get(), 0) == MAP_FAILED);
  }

  ASSERT_ERROR(sealed_copy(file.get(), "file", 6), Error::Code::Invalid);
  ASSERT_OK(sealed_copy(file.get(), "file", 7));
  write_file(folder / "file", "");
  ASSERT_ERROR(sealed_copy(file.get(), "file"), Error::Code::Invalid);
  ASSERT_ERROR(sealed_copy(-1, "file"), Error::Code::Failed);
}

void test_folder_of_keys() {
  const ScratchFolder folder;
  const Signer signers[3];
  write_file(folder / "a-good.pem", signers[0].pem());
  write_file(folder / "b-garbage.pem", std::string(3000, '\x7f'));
  write_file(folder / "c-empty.pem", "");
  write_file(folder / "d-huge.pem", "");
  g_assert_cmpint(truncate((folder / "d-huge.pem").c_str(), off_t{1} << 40), ==, 0);
  g_assert_cmpint(mkfifo((folder / "e-fifo.pem").c_str(), 0600), ==, 0);
  g_assert_cmpint(mkdir((folder / "f-folder.pem").c_str(), 0700), ==, 0);
  g_assert_cmpint(symlink("/nonexistent", (folder / "g-nowhere.pem").c_str()), ==, 0);
  write_file(folder / "h-for-all.pem", signers[1].pem());
  g_assert_cmpint(chmod((folder / "h-for-all.pem").c_str(), 0666), ==, 0);
  write_file(folder / "i-private.pem", Signer::take(signers[1].key.to_pem()));
  write_file(folder / "notes.txt", signers[1].pem());
  write_file(folder / ".hidden.pem", signers[1].pem());
  write_file(folder / "z-good.pem", signers[2].pem());
  size_t problems = 8;
  if (geteuid() == 0) {
    write_file(folder / "j-of-another.pem", signers[1].pem());
    g_assert_cmpint(chown((folder / "j-of-another.pem").c_str(), 1234, 1234), ==, 0);
    problems++;
  }

  KeyRing keys;
  keys.add_folder(folder.path());
  for (const std::string& problem : keys.problems())
    g_test_message("%s", problem.c_str());
  g_assert_cmpuint(keys.entries().size(), ==, 2);
  g_assert_nonnull(keys.find(signers[0].half.id()));
  g_assert_null(keys.find(signers[1].half.id()));
  g_assert_nonnull(keys.find(signers[2].half.id()));
  g_assert_cmpuint(keys.problems().size(), ==, problems);
  ASSERT_CONTAINS(keys.problems()[0], "b-garbage.pem' is left out: it is no public key");
  ASSERT_CONTAINS(keys.problems()[2], "d-huge.pem' is left out: it has more than");
  ASSERT_CONTAINS(keys.problems()[3], "e-fifo.pem' is left out: it is not a file");
  ASSERT_CONTAINS(keys.problems()[6], "h-for-all.pem' is left out: others may write it");

  /* The same folder again adds nothing; none at all is no problem. */
  keys.add_folder(folder.path());
  keys.add_folder("/nonexistent/keys");
  g_assert_cmpuint(keys.entries().size(), ==, 2);
  g_assert_cmpuint(keys.problems().size(), ==, 2 * problems);

  KeyRing open_to_all;
  g_assert_cmpint(chmod(folder.path().c_str(), 0777), ==, 0);
  open_to_all.add_folder(folder.path());
  g_assert_cmpuint(open_to_all.entries().size(), ==, 0);
  g_assert_cmpuint(open_to_all.problems().size(), ==, 1);
}

void test_many_keys() {
  const ScratchFolder folder;
  const std::string pem = Signer().pem();
  for (size_t i = 0; i < KeyRing::kMaxFiles + 20; i++)
    write_file(folder / (std::to_string(i) + ".pem"), pem);
  KeyRing keys;
  keys.add_folder(folder.path());
  g_assert_cmpuint(keys.entries().size(), ==, 1);
  g_assert_cmpuint(keys.problems().size(), ==, 1);
  ASSERT_CONTAINS(keys.problems()[0], "too many");
}

/* A module and its signature, and what may be wrong with them. */
struct Case {
  const char* name;
  std::function<void(const ScratchFolder&, std::string& module)> spoil;
  Standing standing;
  const char* reason;
};

void test_verdicts() {
  const Signer signer;
  const Signer rsa(SignatureAlgorithm::RsaSha512);
  const Signer stranger;
  KeyRing keys;
  ASSERT_OK(keys.add(signer.pem(), "a test"));
  ASSERT_OK(keys.add(rsa.pem(), "another test"));
  const std::string original(100000, 'm');
  const auto sign = [](const ScratchFolder& folder, const std::string& text) {
    write_file(folder / "m.so.sign", text);
  };
  const Case cases[] = {
      {"intact", [](const auto&, auto&) {}, Standing::Trusted, "(a test)"},
      {"intact, RSA", [&](const auto& f, auto& m) { sign(f, rsa.sign(m)); }, Standing::Trusted,
       "(another test)"},
      {"first byte changed", [](const auto&, auto& m) { m[0] ^= 1; }, Standing::Refused,
       "of other bytes"},
      {"middle byte changed", [](const auto&, auto& m) { m[m.size() / 2] ^= 0x80; },
       Standing::Refused, "of other bytes"},
      {"last byte changed", [](const auto&, auto& m) { m.back() ^= 1; }, Standing::Refused,
       "of other bytes"},
      {"truncated", [](const auto&, auto& m) { m.pop_back(); }, Standing::Refused,
       "of other bytes"},
      {"extended", [](const auto&, auto& m) { m += '\0'; }, Standing::Refused, "of other bytes"},
      {"no signature", [](const auto& f, auto&) { std::filesystem::remove(f / "m.so.sign"); },
       Standing::Unsigned, "no signature"},
      {"other key", [&](const auto& f, auto& m) { sign(f, stranger.sign(m)); }, Standing::Refused,
       "not trusted here"},
      {"other key under our name",
       [&](const auto& f, auto& m) {
         Signature forged = Signer::take(stranger.key.sign(bytes_of(m)));
         forged.key_id = signer.half.id();
         sign(f, forged.format());
       },
       Standing::Refused, "of other bytes"},
      {"RSA under the name of an Ed25519 key",
       [&](const auto& f, auto& m) {
         Signature forged = Signer::take(rsa.key.sign(bytes_of(m)));
         forged.key_id = signer.half.id();
         sign(f, forged.format());
       },
       Standing::Refused, "of another key"},
      {"signature of another module",
       [&](const auto& f, auto&) { sign(f, signer.sign("another")); }, Standing::Refused,
       "of other bytes"},
      {"empty signature", [&](const auto& f, auto&) { sign(f, ""); }, Standing::Refused, "line 1"},
      {"garbage", [&](const auto& f, auto&) { sign(f, std::string(2000, '\xff')); },
       Standing::Refused, "line 1"},
      {"truncated signature",
       [&](const auto& f, auto& m) { sign(f, signer.sign(m).substr(0, 200)); }, Standing::Refused,
       "line 4"},
      {"something after the signature",
       [&](const auto& f, auto& m) { sign(f, signer.sign(m) + signer.sign(m)); }, Standing::Refused,
       "follows"},
      {"huge signature",
       [&](const auto& f, auto&) {
         g_assert_cmpint(truncate((f / "m.so.sign").c_str(), off_t{1} << 40), ==, 0);
       },
       Standing::Refused, "more than 4096 bytes"},
      {"a FIFO for a signature",
       [](const auto& f, auto&) {
         std::filesystem::remove(f / "m.so.sign");
         g_assert_cmpint(mkfifo((f / "m.so.sign").c_str(), 0600), ==, 0);
       },
       Standing::Refused, "not a file"},
      {"a folder for a signature",
       [](const auto& f, auto&) {
         std::filesystem::remove(f / "m.so.sign");
         std::filesystem::create_directory(f / "m.so.sign");
       },
       Standing::Refused, "not a file"},
      {"a loop for a signature",
       [](const auto& f, auto&) {
         std::filesystem::remove(f / "m.so.sign");
         std::filesystem::create_symlink(f / "m.so.sign", f / "m.so.sign");
       },
       Standing::Refused, "cannot be used"},
  };
  for (const Case& c : cases) {
    const ScratchFolder folder;
    std::string module = original;
    sign(folder, signer.sign(module));
    c.spoil(folder, module);
    const Verdict verdict = judge_module(bytes_of(module), folder / "m.so", keys);
    g_test_message("%s: %s", c.name, verdict.reason.c_str());
    g_assert_true(verdict.standing == c.standing);
    ASSERT_CONTAINS(verdict.reason, c.reason);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/trust/signature/text", test_signature_text);
  g_test_add_func("/trust/signature/mistakes", test_signature_mistakes);
  g_test_add_func("/trust/keys", test_keys);
  g_test_add_func("/trust/keys-that-are-not-taken", test_keys_that_are_not_taken);
  g_test_add_func("/trust/sealed-copy", test_sealed_copy);
  g_test_add_func("/trust/folder-of-keys", test_folder_of_keys);
  g_test_add_func("/trust/many-keys", test_many_keys);
  g_test_add_func("/trust/verdicts", test_verdicts);
  return g_test_run();
}
