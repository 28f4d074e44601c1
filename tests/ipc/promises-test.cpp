/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The promises of the border, one by one, the same bodies for thread and worker.
 */
#include <fstream>

#include "base/sanitizers.h"
#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

IpaIsolation isolation_of(gconstpointer data) {
  return static_cast<IpaIsolation>(GPOINTER_TO_INT(data));
}

/* What a process of a sandbox takes for its id. */
int pid_in_its_namespace(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("NSpid:"))
      return std::atoi(line.c_str() + line.rfind('\t'));
  }
  return -1;
}

/* 1: every call runs in the IPA's own thread or process, start() too. */
void test_own_thread(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  const Result<IdentifyReply> who = peer.ipa->identify();
  ASSERT_OK(who);
  g_assert_cmpint(who->thread, ==, who->init_thread);
  g_assert_cmpint(who->thread, ==, who->start_thread);
  if (isolation_of(data) == IpaIsolation::Thread) {
    g_assert_cmpint(peer.ipa->kind(), ==, kIpaHostThread);
    g_assert_cmpint(who->pid, ==, getpid());
    g_assert_cmpint(peer.ipa->pid(), ==, getpid());
    g_assert_cmpint(who->thread, !=, static_cast<int32_t>(syscall(SYS_gettid)));
  } else {
    g_assert_cmpint(peer.ipa->kind(), ==, kIpaHostWorker);
    g_assert_cmpint(peer.ipa->pid(), !=, getpid());
    g_assert_cmpint(pid_in_its_namespace(peer.ipa->pid()), ==, who->pid);
    g_assert_cmpint(who->thread, ==, who->pid);  // its main thread
  }
}

/* 1: a sync call waits up to the deadline and fails; then the IPA is lost, and says so once. */
void test_deadline(gconstpointer data) {
  GatePair gate;
  Peer peer(isolation_of(data));
  peer.options.call_deadline = 500ms;
  peer.make_and_start();
  const Result<void> result = peer.ipa->block(gate.theirs);
  ASSERT_ERROR(result, Error::Code::Timeout);
  ASSERT_CONTAINS(result.error().message, "block()");
  ASSERT_CONTAINS(result.error().message, "500 ms");
  g_assert_true(run_until([&] { return !peer.lost.empty(); }));
  ASSERT_CONTAINS(peer.lost[0].message, "block()");
  g_assert_false(peer.ipa->remember(1).ok());
  g_assert_false(peer.ipa->recall().ok());
  g_assert_false(peer.ipa->stop().ok());
  run_pending();
  g_assert_cmpuint(peer.lost.size(), ==, 1);
  /* A thread cannot be killed: it ends when its call does. */
  gate.ours.reset();
  peer.ipa.reset();
}

/* 1: an async call does not wait for an IPA that is busy; everything is done in order after. */
void test_async_never_blocks(gconstpointer data) {
  GatePair gate;
  Peer peer(isolation_of(data));
  peer.make_and_start();
  ASSERT_OK(peer.ipa->block_later(gate.theirs));
  for (uint32_t i = 0; i < 500; i++)
    ASSERT_OK(peer.ipa->remember(i));
  gate.ours.reset();
  const Result<std::vector<uint32_t>> values = peer.ipa->recall();
  ASSERT_OK(values);
  g_assert_cmpuint(values->size(), ==, 500);
  for (uint32_t i = 0; i < 500; i++)
    g_assert_cmpuint((*values)[i], ==, i);
}

/* 1: nor is it taken without bound from an IPA that does not come back. */
void test_async_is_bounded(gconstpointer data) {
  GatePair gate;
  Peer peer(isolation_of(data));
  peer.make_and_start();
  ASSERT_OK(peer.ipa->block_later(gate.theirs));
  Result<void> result;
  for (uint32_t i = 0; i < 10000 && result; i++)
    result = peer.ipa->remember(i);
  ASSERT_ERROR(result, Error::Code::Busy);
  gate.ours.reset();
  ASSERT_OK(peer.ipa->recall());
  ASSERT_OK(peer.ipa->remember(1));
}

/* 2: in the handler's context, which another thread runs, and in order. */
void test_events_in_context(gconstpointer data) {
  const MainContextPtr context(g_main_context_new());
  Peer peer(isolation_of(data), "echo", context.get());
  std::thread::id runner;
  std::thread thread([&] {
    runner = std::this_thread::get_id();
    peer.make_and_start();
    ASSERT_OK(peer.ipa->count(0, 300));
    ASSERT_OK(peer.ipa->count(300, 300));
    while (peer.events.numbers.size() < 600)
      g_main_context_iteration(context.get(), TRUE);
    peer.ipa.reset();
  });
  thread.join();
  for (uint32_t i = 0; i < 600; i++) {
    g_assert_cmpuint(peer.events.numbers[i], ==, i);
    g_assert_true(peer.events.threads[i] == runner);
  }
}

/* 2: events that came while the handler waited for a call are still delivered, after it. */
void test_events_wait_for_the_handler(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  ASSERT_OK(peer.ipa->count(0, 50));
  ASSERT_OK(peer.ipa->recall());
  g_assert_cmpuint(peer.events.numbers.size(), ==, 0);
  g_assert_true(run_until([&] { return peer.events.numbers.size() == 50; }));
}

/* 3: no event of a run after its stop(), not the one that stop() itself sends. */
void test_no_event_after_stop(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_init();
  for (uint32_t run = 1; run <= 50; run++) {
    const Result<uint32_t> runs = peer.ipa->start();
    ASSERT_OK(runs);
    g_assert_cmpuint(*runs, ==, run);  // 4: start and stop repeat
    ASSERT_OK(peer.ipa->count(1000 * run, 20));
    if (run % 2)
      g_assert_true(run_until([&] { return !peer.events.numbers.empty(); }));
    for (const uint32_t value : peer.events.numbers)
      g_assert_cmpuint(value / 1000, ==, run);
    ASSERT_OK(peer.ipa->stop());
    peer.events.numbers.clear();
    run_pending();
    g_assert_cmpuint(peer.events.numbers.size(), ==, 0);
  }
  g_assert_cmpuint(peer.lost.size(), ==, 0);
}

/* 3, 4: what is refused in which state; nothing of it reaches the IPA. */
void test_states(gconstpointer data) {
  Peer peer(isolation_of(data));
  ASSERT_OK(peer.make());
  ASSERT_ERROR(peer.ipa->start(), Error::Code::WrongState);
  ASSERT_ERROR(peer.ipa->recall(), Error::Code::WrongState);
  ASSERT_ERROR(peer.ipa->remember(1), Error::Code::WrongState);
  const Result<std::string> tuning = peer.init();
  ASSERT_OK(tuning);
  g_assert_cmpstr(tuning->c_str(), ==, "a: 1\n");
  ASSERT_ERROR(peer.init(), Error::Code::WrongState);
  ASSERT_ERROR(peer.ipa->stop(), Error::Code::WrongState);
  ASSERT_ERROR(peer.ipa->remember(2), Error::Code::WrongState);
  ASSERT_OK(peer.ipa->recall());
  ASSERT_OK(peer.ipa->start());
  ASSERT_ERROR(peer.ipa->start(), Error::Code::WrongState);
  ASSERT_OK(peer.ipa->remember(3));
  ASSERT_OK(peer.ipa->stop());
  ASSERT_ERROR(peer.ipa->remember(4), Error::Code::WrongState);
  ASSERT_ERROR(peer.ipa->stop(), Error::Code::WrongState);
  const Result<std::vector<uint32_t>> values = peer.ipa->recall();
  ASSERT_OK(values);
  g_assert_cmpuint(values->size(), ==, 1);
  g_assert_cmpuint((*values)[0], ==, 3);
}

/* 5: 16 MiB, there, back, and as an event. */
void test_large_bytes(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  std::vector<uint8_t> bytes(16U << 20U);
  for (size_t i = 0; i < bytes.size(); i++)
    bytes[i] = static_cast<uint8_t>(i * 2654435761U >> 13U);
  const Result<std::vector<uint8_t>> back = peer.ipa->echo_bytes(bytes);
  ASSERT_OK(back);
  g_assert_true(*back == bytes);
  ASSERT_OK(peer.ipa->send_bytes(bytes));
  ASSERT_OK(peer.ipa->send_bytes({1, 2, 3}));
  g_assert_true(run_until([&] { return peer.events.blobs.size() == 2; }));
  g_assert_true(peer.events.blobs[0] == bytes);
  g_assert_cmpuint(peer.events.blobs[1].size(), ==, 3);
}

/* 5: 64 descriptors, each the right one. */
void test_many_fds(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  std::vector<UniqueFd> fds;
  for (int i = 0; i < 64; i++)
    fds.push_back(make_file("file " + std::to_string(i)));
  for (int round = 0; round < 5; round++) {
    const Result<std::vector<UniqueFd>> back = peer.ipa->echo_fds(fds);
    ASSERT_OK(back);
    g_assert_cmpuint(back->size(), ==, 64);
    for (size_t i = 0; i < 64; i++) {
      char text[32] = {};
      g_assert_cmpint(pread((*back)[i].get(), text, sizeof(text) - 1, 0), >, 0);
      g_assert_true(text == "file " + std::to_string(i));
    }
  }
  Files files;
  files.one = make_file("1");
  for (UniqueFd& fd : files.two)
    fd = make_file("2");
  for (int i = 0; i < 10; i++)
    files.many.push_back(make_file("m"));
  files.named["n"] = make_file("n");
  files.label = "label";
  ASSERT_OK(peer.ipa->send_files(fds[0], files));
  g_assert_true(run_until([&] { return !peer.events.labels.empty(); }));
  g_assert_cmpuint(peer.events.file_count, ==, 15);
}

/* 6: the same comes back, of everything, from both. */
void test_same_values(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  Everything everything;
  everything.truth = true;
  everything.numbers.i64 = INT64_MIN;
  everything.numbers.d = 0.1;
  everything.numbers.f = 0.1F;
  everything.text = "Grüße";
  everything.colour = Colour::DeepBlue;
  everything.features = Features::Flash | Features::Last;
  everything.matrix[8] = -1e300;
  everything.names = {"a", "", "c"};
  everything.path = {Point{1, 2}, Point{3, 4}};
  everything.places["here"] = Point{5, 6};
  everything.blob.assign(1000, 7);
  everything.controls.set(ControlId::ExposureTime, ControlValue(int32_t{10000}));
  everything.sensor.model = "imx";
  const Result<Everything> back = peer.ipa->echo_everything(everything);
  ASSERT_OK(back);
  g_assert_true(*back == everything);
  ASSERT_OK(peer.ipa->send_everything(everything, everything.controls));
  g_assert_true(run_until([&] { return !peer.events.records.empty(); }));
  g_assert_true(peer.events.records[0] == everything);
  g_assert_true(peer.events.control_lists[0] == everything.controls);
}

/* An IPA's error arrives as it was; one that it may not claim for itself does not end anything. */
void test_errors(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  const Result<void> result = peer.ipa->fail("no-space", "Größe \"42\"", "buy more");
  ASSERT_ERROR(result, Error::Code::NoSpace);
  g_assert_cmpstr(result.error().message.c_str(), ==, "Größe \"42\"");
  g_assert_cmpstr(result.error().hint.c_str(), ==, "buy more");
  for (const char* code : {"lost", "timeout", "protocol"})
    ASSERT_ERROR(peer.ipa->fail(code, "it says so", ""), Error::Code::Failed);
  ASSERT_OK(peer.ipa->recall());
  g_assert_cmpuint(peer.lost.size(), ==, 0);
}

/* The error of an async call comes back in order with the events. */
void test_failed_async_call(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  ASSERT_OK(peer.ipa->count(0, 3));
  ASSERT_OK(peer.ipa->fail_later("bad frame"));
  ASSERT_OK(peer.ipa->count(3, 3));
  g_assert_true(run_until([&] { return peer.events.numbers.size() == 6; }));
  g_assert_cmpuint(peer.failed.size(), ==, 1);
  g_assert_cmpstr(peer.failed[0].c_str(), ==, "FailLater: bad frame after 3");
}

/* Sync calls from several threads at once. */
void test_calls_from_threads(gconstpointer data) {
  Peer peer(isolation_of(data));
  peer.make_and_start();
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 4; t++) {
    threads.emplace_back([&peer, t] {
      for (uint8_t i = 0; i < 50; i++) {
        const Result<std::vector<uint8_t>> back = peer.ipa->echo_bytes({t, i});
        ASSERT_OK(back);
        g_assert_true(*back == (std::vector<uint8_t>{t, i}));
        ASSERT_OK(peer.ipa->remember(i));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  const Result<std::vector<uint32_t>> values = peer.ipa->recall();
  ASSERT_OK(values);
  g_assert_cmpuint(values->size(), ==, 200);
}

/* 200 lives leave nothing behind. */
#ifdef GST_CAMERA_SANITIZER_BUILD
constexpr int kCycles = 40;  // each ends with a look for leaks
#else
constexpr int kCycles = 200;
#endif

void test_cycles(gconstpointer data) {
  const auto cycle = [&](int i) {
    Peer peer(isolation_of(data));
    peer.make_and_start();
    ASSERT_OK(peer.ipa->count(0, 3));
    if (i % 2)
      ASSERT_OK(peer.ipa->stop());
  };
  for (int i = 0; i < 10; i++)
    cycle(i);
  const int fds = count_fds();
  const int threads = count_threads();
  const int mappings = count_file_mappings();
  for (int i = 0; i < kCycles; i++)
    cycle(i);
  /* GLib gives up its watch of a process in its own time, and its pool keeps threads that idle: a
   * leak would be one a cycle. */
  g_assert_cmpint(count_fds(), <=, fds + 8);
  g_assert_cmpint(count_threads(), <=, threads + 8);
  g_assert_cmpint(count_file_mappings(), ==, mappings);
  g_assert_cmpint(count_children(), ==, 0);
}

void add(const char* name, GTestDataFunc body) {
  for (const IpaIsolation isolation : {IpaIsolation::Thread, IpaIsolation::Worker}) {
    const std::string path = std::string("/ipc/promises/") +
                             (isolation == IpaIsolation::Thread ? "thread/" : "worker/") + name;
    g_test_add_data_func(path.c_str(), GINT_TO_POINTER(static_cast<int>(isolation)), body);
  }
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  add("1-own-thread", test_own_thread);
  add("1-deadline", test_deadline);
  add("1-async-never-blocks", test_async_never_blocks);
  add("1-async-is-bounded", test_async_is_bounded);
  add("2-events-in-context", test_events_in_context);
  add("2-events-wait", test_events_wait_for_the_handler);
  add("3-no-event-after-stop", test_no_event_after_stop);
  add("4-states", test_states);
  add("5-large-bytes", test_large_bytes);
  add("5-many-fds", test_many_fds);
  add("6-same-values", test_same_values);
  add("errors", test_errors);
  add("failed-async-call", test_failed_async_call);
  add("calls-from-threads", test_calls_from_threads);
  add("cycles", test_cycles);
  return g_test_run();
}
