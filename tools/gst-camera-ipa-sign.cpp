/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst-camera-ipa-sign: makes keys, signs IPA modules, verifies them (docs/trust.md).
 *
 * Exit status: 0 done, 1 a module is not trusted, or something failed, 2 usage. What goes wrong is
 * one line on stderr for each file.
 */
#include <glib.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/trust/key.h"
#include "ipc/trust/sealed-copy.h"
#include "ipc/trust/small-file.h"
#include "ipc/trust/trusted-folders.h"
#include "ipc/trust/verdict.h"

namespace {

using namespace gstcam;
using namespace gstcam::ipc;

enum ExitStatus { kDone = 0, kFailed = 1, kUsage = 2 };

constexpr char kSummary[] =
    "Commands:\n"
    "  generate KEY.pem             Make a private key, readable for you alone\n"
    "  public --key KEY.pem         Write the public half of a private key\n"
    "  sign --key KEY.pem MODULE... Write MODULE.sign beside each module\n"
    "  verify MODULE...             Check MODULE.sign as an application does\n"
    "\n"
    "A module whose signature is of a trusted key may run in a thread of the application\n"
    "(camerasrc ipa-isolation=auto or thread); any other runs in a worker process. Sign a module\n"
    "last: strip and patchelf change it. To make a key trusted, install its public half as\n"
    "  " IPA_KEYS_SYSTEM_DIR
    "/NAME.pem\n"
    "\n"
    "Example:\n"
    "  gst-camera-ipa-sign generate vendor-key.pem\n"
    "  gst-camera-ipa-sign public --key vendor-key.pem --output vendor.pem\n"
    "  gst-camera-ipa-sign sign --key vendor-key.pem acme.so\n"
    "  gst-camera-ipa-sign verify --trust vendor.pem acme.so";

using StringListPtr = HandlePtr<char*, g_strfreev>;

struct Arguments {
  std::string command;
  std::vector<std::string> files;
  std::string key;
  std::string output;
  std::vector<std::string> trust;
  bool rsa = false;
  bool keep = false;
  bool as_source = false;
};

int fail(const std::string& what, const Error& error) {
  std::fprintf(stderr, "gst-camera-ipa-sign: %s%s%s%s%s\n", what.c_str(), what.empty() ? "" : ": ",
               error.message.c_str(), error.hint.empty() ? "" : "; ", error.hint.c_str());
  return kFailed;
}

Error usage(const std::string& message) {
  return Error(Error::Code::Invalid, message, "see gst-camera-ipa-sign --help");
}

Result<Arguments> parse(int argc, char** argv) {
  Arguments a;
  char* key = nullptr;
  char* output = nullptr;
  char** trust = nullptr;
  char** rest = nullptr;
  gboolean rsa = FALSE;
  gboolean keep = FALSE;
  gboolean as_source = FALSE;
  const GOptionEntry entries[] = {
      {"key", 'k', 0, G_OPTION_ARG_FILENAME, &key, "The private key (public, sign)", "KEY.pem"},
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
       "Write there (public: instead of to stdout; sign: instead of to MODULE.sign)", "FILE"},
      {"trust", 't', 0, G_OPTION_ARG_FILENAME_ARRAY, &trust,
       "Trust this public key, and of the installed ones none (verify; may be repeated)",
       "PUB.pem"},
      {"rsa", 0, 0, G_OPTION_ARG_NONE, &rsa,
       "An RSA key of 3072 bits instead of Ed25519 (generate)", nullptr},
      {"keep", 0, 0, G_OPTION_ARG_NONE, &keep, "Be content with a key that is there (generate)",
       nullptr},
      {"as-source", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &as_source,
       "As C++ that defines gstcam::ipc::kProjectKey (public)", nullptr},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, nullptr, nullptr},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr},
  };
  const HandlePtr<GOptionContext, g_option_context_free> context(
      g_option_context_new("COMMAND [FILE...] - signs IPA modules of gst-plugins-camera"));
  g_option_context_set_summary(context.get(), kSummary);
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  ErrorOut error;
  const bool parsed = g_option_context_parse(context.get(), &argc, &argv, &error);
  const CharPtr key_owner(key);
  const CharPtr output_owner(output);
  const StringListPtr trust_owner(trust);
  const StringListPtr rest_owner(rest);
  if (!parsed)
    return usage(error.message());
  for (char** file = rest; file && *file; file++) {
    if (a.command.empty())
      a.command = *file;
    else
      a.files.emplace_back(*file);
  }
  for (char** file = trust; file && *file; file++)
    a.trust.emplace_back(*file);
  a.key = key ? key : "";
  a.output = output ? output : "";
  a.rsa = rsa;
  a.keep = keep;
  a.as_source = as_source;
  return a;
}

/* In a new file that takes the place of an old one when it is whole. */
Result<void> write_file(const std::string& path, std::string_view content, int mode) {
  ErrorOut error;
  if (!g_file_set_contents_full(path.c_str(), content.data(), static_cast<gssize>(content.size()),
                                G_FILE_SET_CONTENTS_CONSISTENT, mode, &error))
    return Error(Error::Code::Failed, error.message());
  return {};
}

Result<PrivateKey> read_key(const std::string& path) {
  const Result<UniqueFd> fd = open_regular(path);
  if (!fd)
    return fd.error().within("'" + path + "'");
  const Result<std::string> pem = read_small(fd->get(), PublicKey::kMaxFile);
  if (!pem)
    return pem.error().within("'" + path + "'");
  Result<PrivateKey> key = PrivateKey::from_pem(*pem);
  if (!key)
    return key.error().within("'" + path + "'");
  return key;
}

/* Never over a key that is there: it may be the only copy. */
Result<void> generate(const std::string& path, SignatureAlgorithm algorithm, bool keep) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid() && errno == EEXIST && keep) {
    if (Result<PrivateKey> there = read_key(path); !there)
      return there.error();
    /* For build systems: it is as new as if it had been made. */
    return utimes(path.c_str(), nullptr) < 0
               ? Result<void>(Error::from_errno(errno, "cannot touch '" + path + "'"))
               : Result<void>();
  }
  if (!fd.valid())
    return Error::from_errno(errno, "cannot make '" + path + "'");
  const auto give_up = [&path](Error error) {
    unlink(path.c_str());
    return error;
  };
  const Result<PrivateKey> key = PrivateKey::generate(algorithm);
  if (!key)
    return give_up(key.error());
  const Result<std::string> pem = key->to_pem();
  if (!pem)
    return give_up(pem.error());
  if (write(fd.get(), pem->data(), pem->size()) != static_cast<ssize_t>(pem->size()))
    return give_up(Error::from_errno(errno, "cannot write '" + path + "'"));
  return {};
}

std::string as_source(const std::string& pem) {
  return "/* Made by gst-camera-ipa-sign. */\n"
         "#include \"ipc/trust/project-key.h\"\n\n"
         "namespace gstcam::ipc {\n\n"
         "const char kProjectKey[] = R\"(" +
         pem + ")\";\n\n}  // namespace gstcam::ipc\n";
}

Result<void> write_public(const Arguments& a) {
  const Result<PrivateKey> key = read_key(a.key);
  if (!key)
    return key.error();
  const Result<PublicKey> half = key->public_key();
  if (!half)
    return half.error();
  const Result<std::string> pem = half->to_pem();
  if (!pem)
    return pem.error();
  const std::string text = a.as_source ? as_source(*pem) : *pem;
  if (!a.output.empty())
    return write_file(a.output, text, 0644);
  std::fputs(text.c_str(), stdout);
  return {};
}

/* As the application takes it: a copy that cannot change while we work on it. */
Result<SealedBytes> take_module(const std::string& path) {
  const Result<UniqueFd> file = open_regular(path);
  if (!file)
    return file.error();
  const Result<UniqueFd> copy = sealed_copy(file->get(), "module");
  if (!copy)
    return copy.error();
  return SealedBytes::map(copy->get());
}

Result<void> sign(const PrivateKey& key, const std::string& path, const std::string& output) {
  const Result<SealedBytes> module = take_module(path);
  if (!module)
    return module.error();
  const Result<Signature> signature = key.sign(module->bytes());
  if (!signature)
    return signature.error();
  return write_file(output, signature->format(), 0644);
}

int sign_all(const Arguments& a) {
  const Result<PrivateKey> key = read_key(a.key);
  if (!key)
    return fail("", key.error());
  int status = kDone;
  for (const std::string& path : a.files) {
    const std::string output = a.output.empty() ? signature_path(path) : a.output;
    if (Result<void> done = sign(*key, path, output); !done)
      status = fail("'" + path + "'", done.error());
  }
  return status;
}

int verify_all(const Arguments& a) {
  KeyRing keys;
  for (const std::string& path : a.trust) {
    if (Result<void> added = keys.add_file(path); !added)
      return fail("'" + path + "'", added.error());
  }
  if (a.trust.empty())
    add_trusted_folders(keys);
  for (const std::string& problem : keys.problems())
    std::fprintf(stderr, "gst-camera-ipa-sign: %s\n", problem.c_str());
  int status = kDone;
  for (const std::string& path : a.files) {
    const Result<SealedBytes> module = take_module(path);
    if (!module) {
      status = fail("'" + path + "'", module.error());
      continue;
    }
    const Verdict verdict = judge_module(module->bytes(), path, keys);
    const bool trusted = verdict.standing == Standing::Trusted;
    std::fprintf(trusted ? stdout : stderr, "%s: %s: %s\n", path.c_str(),
                 trusted ? "trusted" : "NOT trusted", verdict.reason.c_str());
    if (!trusted)
      status = kFailed;
  }
  return status;
}

int run(const Arguments& a) {
  const auto misused = [](const std::string& message) {
    fail("", usage(message));
    return kUsage;
  };
  if (a.command == "generate") {
    if (a.files.size() != 1)
      return misused("generate needs one file");
    Result<void> made = generate(
        a.files[0], a.rsa ? SignatureAlgorithm::RsaSha512 : SignatureAlgorithm::Ed25519, a.keep);
    return made ? kDone : fail("", made.error());
  }
  if (a.command == "public") {
    if (a.key.empty() || !a.files.empty())
      return misused("public needs --key and no file");
    Result<void> written = write_public(a);
    return written ? kDone : fail("", written.error());
  }
  if (a.command == "sign") {
    if (a.key.empty() || a.files.empty())
      return misused("sign needs --key and a module");
    if (!a.output.empty() && a.files.size() > 1)
      return misused("--output is for one module");
    return sign_all(a);
  }
  if (a.command == "verify")
    return a.files.empty() ? misused("verify needs a module") : verify_all(a);
  return misused(a.command.empty() ? "there is no command"
                                   : "there is no command '" + a.command + "'");
}

}  // namespace

int main(int argc, char** argv) {
  const Result<Arguments> arguments = parse(argc, argv);
  if (!arguments) {
    fail("", arguments.error());
    return kUsage;
  }
  return run(*arguments);
}
