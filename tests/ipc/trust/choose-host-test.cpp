/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a module runs: by its signature, by what was asked for, and by nothing that happens to its
 * file in between. "Evil" is a module that ends every process that loads it.
 */
#include <sys/auxv.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <functional>

#include "ipc/trust/key.h"
#include "ipc/trust/sealed-copy.h"
#include "ipc/trust/trusted-folders.h"
#include "tests/ipc/host-fixture.h"
#include "tests/ipc/trust/scratch-folder.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace gstcam::test;

namespace {

std::string built(const std::string& name) {
  return std::string(g_getenv("GST_CAMERA_TEST_TRUST_MODULES")) + "/" + name;
}

/* A variable of the environment, for one test. */
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    g_setenv(name, value.c_str(), TRUE);
  }
  ~Variable() { g_unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/* A module of a vendor's, good, evil or none yet, in a folder of its own. */
struct Module {
  ScratchFolder folder;
  std::string path = folder / "m.so";
  std::string good = read_file(built("good.so"));
  std::string good_signature = read_file(built("good.so.sign"));
  std::string evil = read_file(built("evil.so"));

  Module() { put(good, good_signature); }
  void put(const std::string& module, const std::string& signature) const {
    write_file(path, module);
    write_file(path + ".sign", signature);
  }
  [[nodiscard]] Result<ModuleFile> choose() const {
    IpaOptions options;
    options.module = path;
    return choose_module(options, {});
  }
  [[nodiscard]] Result<HostChoice> host(IpaIsolation isolation) const {
    const Result<ModuleFile> file = choose();
    ASSERT_OK(file);
    return choose_host(isolation, *file);
  }
  void expect(IpaHostKind kind, const char* reason) const {
    const Result<HostChoice> choice = host(IpaIsolation::Auto);
    ASSERT_OK(choice);
    g_assert_cmpint(choice->kind, ==, kind);
    ASSERT_CONTAINS(choice->reason, reason);
    const Result<HostChoice> thread = host(IpaIsolation::Thread);
    if (kind == kIpaHostThread) {
      ASSERT_OK(thread);
      g_assert_cmpint(thread->kind, ==, kIpaHostThread);
    } else {
      ASSERT_ERROR(thread, Error::Code::Permission);
      ASSERT_CONTAINS(thread.error().message, "may not run in a thread");
      ASSERT_CONTAINS(thread.error().message, reason);
      ASSERT_CONTAINS(thread.error().hint, "gst-camera-ipa-sign");
    }
    const Result<HostChoice> worker = host(IpaIsolation::Worker);
    ASSERT_OK(worker);
    g_assert_cmpint(worker->kind, ==, kIpaHostWorker);
  }
};

void test_by_signature() {
  const Module m;
  m.expect(kIpaHostThread, "(the key of this build)");
  std::string changed = m.good;
  changed[changed.size() / 2] ^= 1;
  m.put(changed, m.good_signature);
  m.expect(kIpaHostWorker, "of other bytes");
  m.put(m.evil, m.good_signature);
  m.expect(kIpaHostWorker, "of other bytes");
  m.put(m.good, "garbage");
  m.expect(kIpaHostWorker, "cannot be used");
  g_assert_cmpint(unlink((m.path + ".sign").c_str()), ==, 0);
  m.expect(kIpaHostWorker, "no signature");
}

void test_unsigned_by_the_environment() {
  const Module m;
  const Variable allow("GST_CAMERA_IPA_ALLOW_UNSIGNED", "1");
  m.put(m.good, "garbage");
  m.expect(kIpaHostWorker, "cannot be used");
  m.put(m.evil, m.good_signature);
  m.expect(kIpaHostWorker, "of other bytes");
  g_assert_cmpint(unlink((m.path + ".sign").c_str()), ==, 0);
  const Result<HostChoice> choice = m.host(IpaIsolation::Thread);
  ASSERT_OK(choice);
  g_assert_cmpint(choice->kind, ==, kIpaHostThread);
  ASSERT_CONTAINS(choice->reason, "GST_CAMERA_IPA_ALLOW_UNSIGNED");
  const Result<HostChoice> unasked = m.host(IpaIsolation::Auto);
  ASSERT_OK(unasked);
  g_assert_cmpint(unasked->kind, ==, kIpaHostWorker);
  const Variable off("GST_CAMERA_IPA_ALLOW_UNSIGNED", "0");
  m.expect(kIpaHostWorker, "no signature");
}

std::string pem_of(const PrivateKey& key) {
  const Result<PublicKey> half = key.public_key();
  ASSERT_OK(half);
  const Result<std::string> pem = half->to_pem();
  ASSERT_OK(pem);
  return *pem;
}

/* A vendor's key is trusted as long as it is in the folder. */
void test_key_of_a_folder() {
  const Module m;
  const ScratchFolder keys;
  const Result<PrivateKey> vendor = PrivateKey::generate(SignatureAlgorithm::Ed25519);
  ASSERT_OK(vendor);
  const Result<Signature> signature =
      vendor->sign({reinterpret_cast<const uint8_t*>(m.good.data()), m.good.size()});
  ASSERT_OK(signature);
  m.put(m.good, signature->format());
  m.expect(kIpaHostWorker, "not trusted here");
  const Variable variable("GST_CAMERA_IPA_KEYS", "/nonexistent::" + keys.path());
  m.expect(kIpaHostWorker, "not trusted here");
  write_file(keys / "broken.pem", "garbage");
  write_file(keys / "vendor.pem", pem_of(*vendor));
  m.expect(kIpaHostThread, "vendor.pem");
  g_assert_cmpint(unlink((keys / "vendor.pem").c_str()), ==, 0);
  m.expect(kIpaHostWorker, "not trusted here");
}

/* The copy of ourselves that runs as set-user-id: does it listen to the environment? */
int print_keys() {
  KeyRing keys;
  add_trusted_folders(keys);
  size_t ours = 0;
  const std::string folder = g_getenv("GST_CAMERA_IPA_KEYS");
  for (const KeyRing::Entry& entry : keys.entries())
    ours += entry.origin.starts_with(folder) ? 1 : 0;
  std::printf("secure=%lu keys=%zu\n", getauxval(AT_SECURE), ours);
  return 0;
}

std::string run_as_nobody(const std::string& program) {
  const char* argv[] = {program.c_str(), "--print-keys", nullptr};
  char* output = nullptr;
  int status = -1;
  ErrorOut error;
  g_assert_true(g_spawn_sync(
      nullptr, const_cast<char**>(argv), nullptr, G_SPAWN_DEFAULT,
      [](gpointer) {
        if (setgid(65534) < 0 || setuid(65534) < 0)
          _exit(1);
      },
      nullptr, &output, nullptr, &status, &error));
  const CharPtr owner(output);
  g_assert_cmpint(status, ==, 0);
  return output;
}

void test_environment_of_a_set_user_id_program() {
  if (geteuid() != 0) {
    g_test_skip("only root can make a program that is set-user-id root");
    return;
  }
  const ScratchFolder folder;
  g_assert_cmpint(chmod(folder.path().c_str(), 0755), ==, 0);
  const Result<PrivateKey> key = PrivateKey::generate(SignatureAlgorithm::Ed25519);
  ASSERT_OK(key);
  write_file(folder / "key.pem", pem_of(*key));
  g_assert_cmpint(chmod((folder / "key.pem").c_str(), 0644), ==, 0);
  const std::string program = folder / "program";
  std::filesystem::copy_file("/proc/self/exe", program);
  const Variable variable("GST_CAMERA_IPA_KEYS", folder.path());
  g_assert_cmpint(chmod(program.c_str(), 0755), ==, 0);
  g_assert_true(run_as_nobody(program) == "secure=0 keys=1\n");
  g_assert_cmpint(chmod(program.c_str(), 04755), ==, 0);
  const std::string output = run_as_nobody(program);
  if (output.starts_with("secure=0"))
    g_test_skip("the folder for temporary files is mounted nosuid");
  else
    g_assert_true(output == "secure=1 keys=0\n");
}

void test_wrong_files() {
  const Module m;
  const auto expect = [&m](const char* text) {
    const Result<ModuleFile> file = m.choose();
    ASSERT_ERROR(file, Error::Code::Invalid);
    ASSERT_CONTAINS(file.error().message, m.path);
    ASSERT_CONTAINS(file.error().message, text);
  };
  g_assert_cmpint(truncate(m.path.c_str(), 0), ==, 0);
  expect("it is empty");
  g_assert_cmpint(truncate(m.path.c_str(), off_t{1} << 40), ==, 0);
  expect("it is larger than 268435456 bytes");
  g_assert_cmpint(unlink(m.path.c_str()), ==, 0);
  g_assert_cmpint(mkfifo(m.path.c_str(), 0600), ==, 0);
  expect("it is not a file");
}

/* A file that can still change is never trusted, whoever passes it on. */
void test_only_sealed_bytes_are_trusted() {
  const Module m;
  Result<ModuleFile> file = open_module(m.path);
  ASSERT_OK(file);
  const Result<HostChoice> choice = choose_host(IpaIsolation::Auto, *file);
  ASSERT_OK(choice);
  g_assert_cmpint(choice->kind, ==, kIpaHostWorker);
  ASSERT_CONTAINS(choice->reason, "can still be changed");
  ASSERT_ERROR(choose_host(IpaIsolation::Thread, *file), Error::Code::Permission);
}

void expect_bytes(const ModuleFile& file, const std::string& expected) {
  const Result<SealedBytes> bytes = SealedBytes::map(file.fd.get());
  ASSERT_OK(bytes);
  g_assert_cmpmem(bytes->bytes().data(), bytes->bytes().size(), expected.data(), expected.size());
}

/* Each step between check and load, with the file changed in between. */
void test_changed_between_check_and_load() {
  const Module m;
  const std::function<void()> changes[] = {
      [&] { write_file(m.path, m.evil); },
      [&] {
        write_file(m.folder / "other", m.evil);
        g_assert_cmpint(rename((m.folder / "other").c_str(), m.path.c_str()), ==, 0);
      },
      [&] { g_assert_cmpint(truncate(m.path.c_str(), 0), ==, 0); },
      [&] { g_assert_cmpint(unlink(m.path.c_str()), ==, 0); },
  };
  for (const auto& change : changes) {
    for (const bool after_the_check : {false, true}) {
      m.put(m.good, m.good_signature);
      const Result<ModuleFile> file = m.choose();
      ASSERT_OK(file);
      if (!after_the_check)
        change();
      const Result<HostChoice> choice = choose_host(IpaIsolation::Thread, *file);
      ASSERT_OK(choice);
      if (after_the_check)
        change();
      expect_bytes(*file, m.good);
      const Result<ipc::Module> loaded = ipc::Module::load(*file);
      ASSERT_OK(loaded);
      g_assert_cmpstr(loaded->table().name, ==, "marked");
    }
  }
  /* Evil was read; that the good one is there when the signature is looked at does not help it. */
  m.put(m.evil, m.good_signature);
  const Result<ModuleFile> evil = m.choose();
  ASSERT_OK(evil);
  m.put(m.good, m.good_signature);
  ASSERT_ERROR(choose_host(IpaIsolation::Thread, *evil), Error::Code::Permission);
}

/* Over the old content, piece by piece: a reader sees some of each. */
void rewrite(const std::string& path, const std::string& content) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  g_assert_true(file.valid());
  constexpr size_t kPiece = 2048;
  for (size_t at = 0; at < content.size(); at += kPiece) {
    const size_t size = std::min(kPiece, content.size() - at);
    g_assert_cmpint(pwrite(file.get(), content.data() + at, size, static_cast<off_t>(at)), ==,
                    static_cast<ssize_t>(size));
  }
  g_assert_cmpint(ftruncate(file.get(), static_cast<off_t>(content.size())), ==, 0);
}

/* Somebody exchanges and rewrites the file as fast as they can while modules are chosen and loaded.
 * Whatever is let into a thread is the good module; evil would end this process. */
void test_race() {
  const Module m;
  constexpr int kWanted = 200;
  constexpr gint64 kLimit = 20 * G_TIME_SPAN_SECOND;
  std::atomic<bool> done = false;
  std::atomic<unsigned> changes = 0;
  std::thread attacker([&] {
    const std::string other = m.folder / "other";
    while (!done) {
      const unsigned n = changes++;
      const std::string& content = n % 2 == 0 ? m.evil : m.good;
      if (n % 8 < 4) {
        write_file(other, content);
        g_assert_cmpint(rename(other.c_str(), m.path.c_str()), ==, 0);
      } else {
        rewrite(m.path, content);
      }
    }
  });
  int in_thread = 0;
  int evil = 0;
  int mixed = 0;
  const gint64 end = g_get_monotonic_time() + kLimit;
  while ((in_thread < kWanted || evil + mixed < kWanted) && g_get_monotonic_time() < end) {
    const Result<ModuleFile> file = m.choose();
    ASSERT_OK(file);
    const Result<HostChoice> choice = choose_host(IpaIsolation::Auto, *file);
    ASSERT_OK(choice);
    if (choice->kind == kIpaHostThread) {
      in_thread++;
      expect_bytes(*file, m.good);
      ASSERT_OK(ipc::Module::load(*file));
      continue;
    }
    const Result<SealedBytes> bytes = SealedBytes::map(file->fd.get());
    ASSERT_OK(bytes);
    const std::string text(bytes->bytes().begin(), bytes->bytes().end());
    g_assert_true(text != m.good);
    (text == m.evil ? evil : mixed)++;
  }
  done = true;
  attacker.join();
  g_test_message("%u changes; in a thread %d times, kept out: evil %d times, mixed %d times",
                 changes.load(), in_thread, evil, mixed);
  g_assert_cmpint(in_thread, >, 0);
  g_assert_cmpint(evil + mixed, >, 0);
}

int count_mappings(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);)
    count += line.find(part) != std::string::npos ? 1 : 0;
  return count;
}

/* Every IPA has a copy of its own of the module's bytes; loaded they are once. */
void test_same_module_is_mapped_once() {
  const Module m;
  const auto load = [&m] {
    const Result<ModuleFile> file = m.choose();
    ASSERT_OK(file);
    ASSERT_OK(ipc::Module::load(*file));
  };
  load();
  const int mappings = count_mappings("memfd:m.so");
  g_assert_cmpint(mappings, >, 0);
  for (int i = 0; i < 20; i++)
    load();
  g_assert_cmpint(count_mappings("memfd:m.so"), ==, mappings);
}

/* From the handler's end. */
void test_ipa() {
  Peer peer(IpaIsolation::Auto);
  peer.make_and_start();
  g_assert_cmpint(peer.ipa->kind(), ==, kIpaHostThread);
  g_assert_cmpint(peer.ipa->pid(), ==, getpid());
  ASSERT_OK(peer.ipa->stop());

  const ScratchFolder folder;
  const std::string path = folder / "echo.so";
  std::filesystem::copy_file(module_path("echo"), path);
  Peer stranger(IpaIsolation::Auto);
  stranger.options.module = path;
  stranger.make_and_start();
  g_assert_cmpint(stranger.ipa->kind(), ==, kIpaHostWorker);
  g_assert_cmpint(stranger.ipa->pid(), !=, getpid());
  ASSERT_OK(stranger.ipa->stop());

  Peer refused(IpaIsolation::Thread);
  refused.options.module = path;
  const Result<void> made = refused.make();
  ASSERT_ERROR(made, Error::Code::Permission);
  ASSERT_CONTAINS(made.error().message, "it has no signature ('" + path + ".sign')");
}

/* Evil under a stolen signature harms its worker, nobody else. */
void test_evil_in_a_worker() {
  const Module m;
  m.put(m.evil, m.good_signature);
  Peer peer(IpaIsolation::Auto);
  peer.options.module = m.path;
  const Result<void> made = peer.make();
  g_assert_false(made.ok());
  ASSERT_CONTAINS(made.error().message, "the evil module was loaded");
}

std::string log_text;  // NOLINT
void test_log() {
  log_text.clear();
  const GstLogFunction collect = [](GstDebugCategory* category, GstDebugLevel level, const gchar*,
                                    const gchar*, gint, GObject*, GstDebugMessage* message,
                                    gpointer) {
    if (std::string_view(gst_debug_category_get_name(category)) == "camera-ipa-trust") {
      log_text += std::string(level == GST_LEVEL_WARNING ? "WARN " : "INFO ") +
                  gst_debug_message_get(message) + "\n";
    }
  };
  const Module m;
  ASSERT_OK(m.host(IpaIsolation::Auto));  // makes the category
  gst_debug_set_active(TRUE);
  gst_debug_set_threshold_for_name("camera-ipa-trust", GST_LEVEL_INFO);
  gst_debug_remove_log_function(gst_debug_log_default);
  gst_debug_add_log_function(collect, nullptr, nullptr);
  ASSERT_OK(m.host(IpaIsolation::Auto));
  ASSERT_CONTAINS(log_text, "INFO IPA module '" + m.path +
                                "' runs in a thread of the application, because it is signed");
  g_assert_true(log_text.find("WARN") == std::string::npos);
  m.put(m.evil, m.good_signature);
  ASSERT_OK(m.host(IpaIsolation::Auto));
  ASSERT_CONTAINS(log_text, "WARN IPA module '" + m.path + "' is not trusted: its signature is of");
  ASSERT_CONTAINS(log_text, "INFO IPA module '" + m.path + "' runs in a worker process, because");
  gst_debug_remove_log_function(collect);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--print-keys")
    return print_keys();
  gst_init(nullptr, nullptr);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/trust/host/by-signature", test_by_signature);
  g_test_add_func("/trust/host/unsigned-by-the-environment", test_unsigned_by_the_environment);
  g_test_add_func("/trust/host/key-of-a-folder", test_key_of_a_folder);
  g_test_add_func("/trust/host/set-user-id", test_environment_of_a_set_user_id_program);
  g_test_add_func("/trust/host/wrong-files", test_wrong_files);
  g_test_add_func("/trust/host/only-sealed-bytes", test_only_sealed_bytes_are_trusted);
  g_test_add_func("/trust/host/changed-between", test_changed_between_check_and_load);
  g_test_add_func("/trust/host/race", test_race);
  g_test_add_func("/trust/host/mapped-once", test_same_module_is_mapped_once);
  g_test_add_func("/trust/host/ipa", test_ipa);
  g_test_add_func("/trust/host/evil-in-a-worker", test_evil_in_a_worker);
  g_test_add_func("/trust/host/log", test_log);
  return g_test_run();
}
