/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Workers that die, hang or lie, modules and programs that are broken: a clear error in time, and
 * nothing left behind.
 */
#include <sys/stat.h>

#include <csignal>

#include "ipa/module.h"
#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

void wait_for_loss(Peer& peer, Error::Code code, const char* text) {
  g_assert_true(run_until([&] { return !peer.lost.empty(); }));
  g_assert_cmpstr(to_string(peer.lost[0].code), ==, to_string(code));
  ASSERT_CONTAINS(peer.lost[0].message, text);
}

void test_killed_in_a_sync_call() {
  for (int i = 0; i < 5; i++) {
    GatePair gate;
    Peer peer(IpaIsolation::Worker);
    peer.options.call_deadline = 20s;
    peer.make_and_start();
    /* The call cannot be answered, whenever the signal comes. */
    ASSERT_OK(peer.ipa->block_later(gate.theirs));
    const int pid = peer.ipa->pid();
    std::thread killer([pid] { kill(pid, SIGKILL); });
    const auto result = peer.ipa->recall();
    killer.join();
    ASSERT_ERROR(result, Error::Code::Lost);
    ASSERT_CONTAINS(result.error().message, "was killed by signal 9 (Killed)");
    wait_for_loss(peer, Error::Code::Lost, "was killed by signal 9 (Killed)");
  }
}

void test_killed_while_streaming() {
  Peer peer(IpaIsolation::Worker);
  peer.make_and_start();
  ASSERT_OK(peer.ipa->count(0, 100));
  g_assert_true(run_until([&] { return peer.events.numbers.size() == 100; }));
  kill(peer.ipa->pid(), SIGKILL);
  wait_for_loss(peer, Error::Code::Lost, "was killed by signal 9 (Killed)");
  ASSERT_ERROR(peer.ipa->remember(1), Error::Code::Lost);
  ASSERT_ERROR(peer.ipa->stop(), Error::Code::Lost);
  run_pending();
  g_assert_cmpuint(peer.lost.size(), ==, 1);
}

void test_frozen() {
  Peer peer(IpaIsolation::Worker);
  peer.options.call_deadline = 500ms;
  peer.make_and_start();
  const int pid = peer.ipa->pid();
  kill(pid, SIGSTOP);
  ASSERT_ERROR(peer.ipa->recall(), Error::Code::Timeout);
  wait_for_loss(peer, Error::Code::Timeout, "recall() did not return within 500 ms");
  peer.ipa.reset();
  g_assert_cmpint(kill(pid, 0), ==, -1);  // gone, and reaped
}

/* A hung IPA does not hold its host up for long, and is not left behind. */
void test_closed_while_it_hangs() {
  GatePair gate;
  Peer peer(IpaIsolation::Worker);
  peer.make_and_start();
  ASSERT_OK(peer.ipa->block_later(gate.theirs));
  const int pid = peer.ipa->pid();
  peer.ipa.reset();
  g_assert_cmpint(kill(pid, 0), ==, -1);
}

struct Hostile {
  const char* how;
  Error::Code code;  // of the call
  const char* text;
};

const Hostile kInInit[] = {
    {"exit", Error::Code::Lost, "exited with status 7; its last output:\nfirst words\nlast words"},
    {"crash", Error::Code::Lost, "was killed by signal 11"},
    {"talk", Error::Code::Lost, "line 19999 of many"},
    {"hang-up", Error::Code::Lost, "closed its connection"},
    {"wrong-reply", Error::Code::Protocol, "answered init() wrongly"},
    {"large-reply", Error::Code::Failed, "over the limit"},  // its own worker program refuses
    {"many-fds", Error::Code::Failed, "over the limit"},
    {"extra-fd", Error::Code::Protocol, "answered init() wrongly"},
    {"throw", Error::Code::Failed, "threw"},
};

void test_hostile_in_init(gconstpointer data) {
  const auto* hostile = static_cast<const Hostile*>(data);
  Peer peer(IpaIsolation::Worker, "hostile");
  peer.options.call_deadline = 30s;  // a flood takes its time where it is looked at by sanitizers
  ASSERT_OK(peer.make());
  const Result<std::string> result = peer.init(hostile->how);
  g_assert_false(result.ok());
  /* What an IPA's own program refuses is an error of the call; the rest ends it. */
  if (hostile->code == Error::Code::Failed) {
    ASSERT_CONTAINS(result.error().message, hostile->text);
    g_assert_cmpuint(peer.lost.size(), ==, 0);
    return;
  }
  ASSERT_ERROR(result, hostile->code);
  ASSERT_CONTAINS(result.error().message, hostile->text);
  wait_for_loss(peer, hostile->code, hostile->text);
}

const Hostile kInStart[] = {
    {"start-unknown-event", Error::Code::Protocol, "NoSuchEvent"},
    {"start-wrong-event", Error::Code::Protocol, "wrong Number"},
    {"start-flood", Error::Code::Protocol, "faster than they can be handled"},
    {"start-exit", Error::Code::Lost, "exited with status 7"},
};

void test_hostile_in_start(gconstpointer data) {
  const auto* hostile = static_cast<const Hostile*>(data);
  Peer peer(IpaIsolation::Worker, "hostile");
  peer.options.call_deadline = 30s;  // a flood takes its time where it is looked at by sanitizers
  ASSERT_OK(peer.make());
  ASSERT_OK(peer.init(hostile->how));
  (void)peer.ipa->start();  // may come back before its event is looked at
  wait_for_loss(peer, hostile->code, hostile->text);
  g_assert_cmpint(count_children(), ==, 0);  // whatever the loss, its process has ended
}

void expect_no_ipa(Peer& peer, Error::Code code, const std::string& text) {
  const Result<void> made = peer.make();
  ASSERT_ERROR(made, code);
  ASSERT_CONTAINS(made.error().message, text);
}

void test_worker_programs() {
  const auto with = [](const std::string& program, Error::Code code, const std::string& text) {
    Peer peer(IpaIsolation::Worker);
    peer.options.worker = program;
    expect_no_ipa(peer, code, text);
  };
  with("/nonexistent/worker", Error::Code::NotFound, "/nonexistent/worker");
  with("/etc/passwd", Error::Code::Permission, "/etc/passwd' is no executable file");
  with("/tmp", Error::Code::Permission, "/tmp' is no executable file");
  with("/bin/false", Error::Code::Lost, "/bin/false' did not start");
  with("/bin/false", Error::Code::Lost, "exited with status 1");
  /* It hangs up on nobody, so it is the deadline that ends it. */
  Peer peer(IpaIsolation::Worker);
  peer.options.worker = std::string(g_getenv("GST_CAMERA_TEST_MODULES")) + "/hung-worker";
  peer.options.start_deadline = 1500ms;
  const Result<void> made = peer.make();
  ASSERT_ERROR(made, Error::Code::Timeout);
  ASSERT_CONTAINS(made.error().message, "I hang");
}

struct Broken {
  const char* module;
  const char* text;
};

const Broken kBroken[] = {
    {"broken-symbol", "it has no symbol gst_camera_ipa_module"},
    {"broken-abi", "it has module ABI 99, expected " G_STRINGIFY(GST_CAMERA_IPA_MODULE_ABI)},
    {"broken-size", "its table is 8 bytes"},
    {"broken-interface",
     "it implements 'org.freedesktop.GstCamera.Other', expected 'org.freedesktop.GstCamera.Test'"},
    {"broken-function", "its table is not filled in"},
    {"broken-hash", "it was built for another version of org.freedesktop.GstCamera.Test"},
};

void test_broken_modules() {
  for (const IpaIsolation isolation : {IpaIsolation::Thread, IpaIsolation::Worker}) {
    for (const Broken& broken : kBroken) {
      Peer peer(isolation, broken.module);
      expect_no_ipa(peer, Error::Code::Invalid, broken.text);
      Peer again(isolation, broken.module);
      expect_no_ipa(again, Error::Code::Invalid, module_path(broken.module));
    }
    Peer missing(isolation, "there-is-none");
    expect_no_ipa(missing, Error::Code::NotFound, "there-is-none.so");
    Peer text(isolation);
    text.options.module = "/etc/passwd";
    if (isolation == IpaIsolation::Thread)
      expect_no_ipa(text, Error::Code::Permission, "'/etc/passwd' may not run in a thread");
    else
      expect_no_ipa(text, Error::Code::Invalid, "IPA module '/etc/passwd': cannot be loaded");
    Peer folder(isolation);
    folder.options.module = "/tmp";
    expect_no_ipa(folder, Error::Code::Invalid, "it is not a file");
  }
}

void test_modules_are_found_by_name() {
  const CharPtr old(g_strdup(g_getenv("GST_CAMERA_IPA_PATH")));
  const CharPtr folder(g_dir_make_tmp("gst-camera-modules-XXXXXX", nullptr));
  const std::string link = std::string(folder.get()) + "/test.so";
  const std::string signature = link + ".sign";
  g_setenv("GST_CAMERA_IPA_PATH", (std::string("/nonexistent:") + folder.get()).c_str(), TRUE);
  for (const IpaIsolation isolation : {IpaIsolation::Thread, IpaIsolation::Worker}) {
    Peer none(isolation);
    none.options.module.clear();
    const Result<void> made = none.make();
    ASSERT_ERROR(made, Error::Code::NotFound);
    ASSERT_CONTAINS(made.error().message, folder.get());
    ASSERT_CONTAINS(made.error().message, "test.so");
    ASSERT_CONTAINS(made.error().hint, "GST_CAMERA_IPA_PATH");

    g_assert_cmpint(symlink(module_path("echo").c_str(), link.c_str()), ==, 0);
    g_assert_cmpint(symlink((module_path("echo") + ".sign").c_str(), signature.c_str()), ==, 0);
    Peer found(isolation);
    found.options.module.clear();
    ASSERT_OK(found.make());
    g_assert_cmpint(unlink(link.c_str()), ==, 0);
    g_assert_cmpint(unlink(signature.c_str()), ==, 0);
  }
  rmdir(folder.get());
  if (old)
    g_setenv("GST_CAMERA_IPA_PATH", old.get(), TRUE);
  else
    g_unsetenv("GST_CAMERA_IPA_PATH");
}

#ifdef __SANITIZE_ADDRESS__
/* The other tests could not fail by what a sanitizer finds in their workers. */
void test_leak_in_worker() {
  if (g_test_subprocess()) {
    Peer peer(IpaIsolation::Worker, "hostile");
    ASSERT_OK(peer.make());
    ASSERT_OK(peer.init("leak"));
    peer.ipa.reset();
    return;
  }
  g_test_trap_subprocess(nullptr, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed();
  g_test_trap_assert_stderr("*SUMMARY: AddressSanitizer: 16 byte(s) leaked*");
  g_test_trap_assert_stderr("*a sanitizer found a mistake in an IPA worker*");
}
#endif

void test_nothing_is_left() {
  const auto round = [] {
    Peer killed(IpaIsolation::Worker);
    killed.make_and_start();
    kill(killed.ipa->pid(), SIGKILL);
    wait_for_loss(killed, Error::Code::Lost, "killed");
    Peer broken(IpaIsolation::Worker, "broken-abi");
    expect_no_ipa(broken, Error::Code::Invalid, "ABI");
  };
  for (int i = 0; i < 5; i++)
    round();
  const int fds = count_fds();
  const int threads = count_threads();
  for (int i = 0; i < 30; i++)
    round();
  g_assert_cmpint(count_fds(), <=, fds + 8);  // see promises-test.cpp
  g_assert_cmpint(count_threads(), <=, threads + 8);
  g_assert_cmpint(count_children(), ==, 0);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/death/killed-in-a-sync-call", test_killed_in_a_sync_call);
  g_test_add_func("/ipc/death/killed-while-streaming", test_killed_while_streaming);
  g_test_add_func("/ipc/death/frozen", test_frozen);
  g_test_add_func("/ipc/death/closed-while-it-hangs", test_closed_while_it_hangs);
  for (const Hostile& hostile : kInInit) {
    g_test_add_data_func((std::string("/ipc/death/init-") + hostile.how).c_str(), &hostile,
                         test_hostile_in_init);
  }
  for (const Hostile& hostile : kInStart) {
    g_test_add_data_func((std::string("/ipc/death/") + hostile.how).c_str(), &hostile,
                         test_hostile_in_start);
  }
  g_test_add_func("/ipc/death/worker-programs", test_worker_programs);
  g_test_add_func("/ipc/death/broken-modules", test_broken_modules);
  g_test_add_func("/ipc/death/found-by-name", test_modules_are_found_by_name);
#ifdef __SANITIZE_ADDRESS__
  g_test_add_func("/ipc/death/leak-in-worker", test_leak_in_worker);
#endif
  g_test_add_func("/ipc/death/nothing-is-left", test_nothing_is_left);
  return g_test_run();
}
