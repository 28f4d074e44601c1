/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/thread-host.h"

#include <gst/gst.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/ipc/context-thread.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace std::chrono_literals;

namespace {

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

/** A lock that a hanging IPA waits for. */
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    cond_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    cond_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable cond_;
  bool open_ = false;
};

Result<void> nothing() {
  return {};
}

void init_and_start(ThreadHost& host) {
  g_assert_true(host.call<void>(CallKind::Init, "init", nothing).ok());
  g_assert_true(host.call<void>(CallKind::Start, "start", nothing).ok());
}

void test_runs_in_its_thread() {
  ThreadHost host({.name = "test"}, nullptr, {});
  const auto first = host.call<std::thread::id>(
      CallKind::Init, "init",
      []() -> Result<std::thread::id> { return std::this_thread::get_id(); });
  const auto second = host.call<std::thread::id>(
      CallKind::Start, "start",
      []() -> Result<std::thread::id> { return std::this_thread::get_id(); });
  g_assert_true(first.ok());
  g_assert_true(second.ok());
  g_assert_true(*first == *second);
  g_assert_true(*first != std::this_thread::get_id());
  g_assert_cmpint(host.pid(), ==, getpid());
}

void test_states() {
  ThreadHost host({}, nullptr, {});
  const auto code = [&](CallKind kind) {
    const auto result = host.call<void>(kind, "it", nothing);
    return result ? std::string("ok") : std::string(to_string(result.error().code));
  };
  g_assert_true(code(CallKind::Start) == "wrong-state");
  g_assert_true(code(CallKind::Sync) == "wrong-state");
  g_assert_true(code(CallKind::Init) == "ok");
  g_assert_true(code(CallKind::Init) == "wrong-state");
  g_assert_true(code(CallKind::Stop) == "wrong-state");
  g_assert_true(host.post("it", nothing).error().code == Error::Code::WrongState);
  for (int i = 0; i < 3; i++) {
    g_assert_true(code(CallKind::Start) == "ok");
    g_assert_true(code(CallKind::Start) == "wrong-state");
    g_assert_true(code(CallKind::Sync) == "ok");
    g_assert_true(host.post("it", nothing).ok());
    g_assert_true(code(CallKind::Stop) == "ok");
    g_assert_true(host.post("it", nothing).error().code == Error::Code::WrongState);
  }
}

void test_a_failed_start_does_not_run() {
  ThreadHost host({}, nullptr, {});
  std::vector<int> got;
  g_assert_true(host.call<void>(CallKind::Init, "init", nothing).ok());
  const auto result = host.call<void>(CallKind::Start, "start", [&]() -> Result<void> {
    host.state()->emit([&] { got.push_back(1); });
    return Error(Error::Code::Invalid, "no");
  });
  g_assert_true(result.error().code == Error::Code::Invalid);
  g_assert_true(host.post("it", nothing).error().code == Error::Code::WrongState);
  test::run_pending();
  g_assert_true(got.empty());
  g_assert_true(host.call<void>(CallKind::Start, "start", nothing).ok());
}

void test_calls_and_events_keep_their_order() {
  std::vector<int> calls;
  std::vector<int> events;
  std::vector<std::string> failed;
  ThreadHost host({}, nullptr, {.on_call_failed = [&](std::string_view member, const Error& error) {
                    failed.push_back(std::string(member) + " " + error.message + " " +
                                     std::to_string(events.size()));
                  }});
  init_and_start(host);
  for (int i = 0; i < 500; i++) {
    const auto posted = host.post("count", [&, i]() -> Result<void> {
      calls.push_back(i);
      host.state()->emit([&, i] { events.push_back(i); });
      if (i == 100)
        return Error(Error::Code::Failed, "bad frame");
      return {};
    });
    g_assert_true(posted.ok());
  }
  g_assert_true(test::run_until([&] { return events.size() == 500; }));
  for (int i = 0; i < 500; i++) {
    g_assert_cmpint(calls[static_cast<size_t>(i)], ==, i);
    g_assert_cmpint(events[static_cast<size_t>(i)], ==, i);
  }
  g_assert_cmpint(static_cast<int>(failed.size()), ==, 1);
  g_assert_cmpstr(failed[0].c_str(), ==, "count bad frame 101");
}

void test_no_event_after_stop() {
  ThreadHost host({}, nullptr, {});
  int events = 0;
  g_assert_true(host.call<void>(CallKind::Init, "init", nothing).ok());
  for (int run = 0; run < 50; run++) {
    g_assert_true(host.call<void>(CallKind::Start, "start", nothing).ok());
    for (int i = 0; i < 10; i++) {
      g_assert_true(host.post("it",
                              [&]() -> Result<void> {
                                host.state()->emit([&] { events++; });
                                return {};
                              })
                        .ok());
    }
    g_assert_true(host.call<void>(CallKind::Stop, "stop", nothing).ok());
    const int at_stop = events;
    test::run_pending();
    g_assert_cmpint(events, ==, at_stop);
  }
  /* And not when the IPA speaks outside a run. */
  const auto late = host.call<void>(CallKind::Sync, "late", [&]() -> Result<void> {
    host.state()->emit([&] { events++; });
    return {};
  });
  g_assert_true(late.ok());
  const int before = events;
  test::run_pending();
  g_assert_cmpint(events, ==, before);
}

/* stop() from another thread than the context's waits for the handler that is running. */
void test_stop_waits_for_a_running_handler() {
  ThreadHost host({}, nullptr, {});
  init_and_start(host);
  Gate in_handler;
  std::atomic<bool> handler_done{false};
  std::atomic<bool> stopped{false};
  bool seen_done = false;
  g_assert_true(host.post("it",
                          [&]() -> Result<void> {
                            host.state()->emit([&] {
                              in_handler.open();
                              for (int i = 0; i < 1000 && !stopped; i++)
                                std::this_thread::yield();
                              handler_done = true;
                            });
                            return {};
                          })
                    .ok());
  std::thread stopper([&] {
    in_handler.wait();
    g_assert_true(host.call<void>(CallKind::Stop, "stop", nothing).ok());
    seen_done = handler_done;
    stopped = true;
    g_main_context_wakeup(nullptr);
  });
  g_assert_true(test::run_until([&] { return stopped.load(); }));
  stopper.join();
  g_assert_true(seen_done);
}

void test_deadline_loses_the_ipa() {
  /* Shared with the thread, which may come back after the test. */
  const auto gate = std::make_shared<Gate>();
  const auto finished = std::make_shared<Gate>();
  std::vector<std::string> lost;
  {
    ThreadHost host({.name = "hangs", .deadline = 500ms}, nullptr,
                    {.on_lost = [&](const Error& error) { lost.push_back(error.message); }});
    host.set_finish([finished] { finished->open(); });
    init_and_start(host);
    const auto argument = std::make_shared<int>(7);
    const auto result =
        host.call<int>(CallKind::Sync, "configure", [gate, argument]() -> Result<int> {
          gate->wait();
          return *argument;
        });
    g_assert_true(result.error().code == Error::Code::Timeout);
    g_assert_nonnull(std::strstr(result.error().message.c_str(), "configure()"));
    g_assert_true(host.post("it", nothing).error().code == Error::Code::Lost);
    g_assert_true(host.call<void>(CallKind::Stop, "stop", nothing).error().code ==
                  Error::Code::Lost);
    g_assert_true(test::run_until([&] { return !lost.empty(); }));
    g_assert_nonnull(std::strstr(lost[0].c_str(), "hangs"));
  }
  test::run_pending();
  g_assert_cmpint(static_cast<int>(lost.size()), ==, 1);
  gate->open();
  finished->wait();
}

/* Loading has a deadline of its own, which is not the one of calls. */
void test_load_has_its_own_deadline() {
  const auto gate = std::make_shared<Gate>();
  ThreadHost host({.name = "slow", .deadline = 10ms, .start_deadline = 500ms}, nullptr, {});
  const auto longer_than_a_call = []() -> Result<void> {
    std::this_thread::sleep_for(50ms);  // what is tested is that time may pass
    return {};
  };
  g_assert_true(host.load(longer_than_a_call).ok());
  const Result<void> hung = host.load([gate]() -> Result<void> {
    gate->wait();
    return {};
  });
  g_assert_true(hung.error().code == Error::Code::Timeout);
  g_assert_cmpstr(hung.error().message.c_str(), ==, "load() did not return within 500 ms");
  gate->open();
}

void test_what_an_ipa_throws_is_an_error() {
  ThreadHost host({}, nullptr, {});
  const auto result = host.call<void>(
      CallKind::Init, "init", []() -> Result<void> { throw std::runtime_error("out of cheese"); });
  g_assert_nonnull(std::strstr(result.error().message.c_str(), "out of cheese"));
}

void test_a_call_from_the_ipa_itself_is_refused() {
  ThreadHost host({}, nullptr, {});
  const auto result = host.call<void>(
      CallKind::Init, "init", [&]() -> Result<void> { return host.run<void>("init", nothing); });
  g_assert_true(result.error().code == Error::Code::WrongState);
}

void test_a_slow_ipa_refuses_calls() {
  ThreadHost host({}, nullptr, {});
  init_and_start(host);
  Gate gate;
  g_assert_true(host.post("slow",
                          [&]() -> Result<void> {
                            gate.wait();
                            return {};
                          })
                    .ok());
  Result<void> result;
  for (size_t i = 0; i < ThreadHost::kMaxQueued + 1 && result; i++)
    result = host.post("it", nothing);
  g_assert_false(result.ok());
  g_assert_true(result.error().code == Error::Code::Busy);
  gate.open();
}

void test_a_flood_of_events_loses_the_ipa() {
  std::vector<std::string> lost;
  ThreadHost host({}, nullptr,
                  {.on_lost = [&](const Error& error) { lost.push_back(to_string(error.code)); }});
  init_and_start(host);
  g_assert_true(host.post("flood",
                          [&]() -> Result<void> {
                            for (size_t i = 0; i <= EventQueue::kMaxEvents; i++)
                              host.state()->emit([] {});
                            return {};
                          })
                    .ok());
  g_assert_true(host.run<void>("wait", nothing).ok());
  g_assert_true(test::run_until([&] { return !lost.empty(); }));
  g_assert_cmpstr(lost[0].c_str(), ==, "protocol");
}

void test_a_host_may_end_in_a_handler() {
  std::unique_ptr<ThreadHost> host;
  bool again = false;
  bool ended = false;
  host = std::make_unique<ThreadHost>(ThreadHost::Options{}, nullptr, HostHandlers{});
  init_and_start(*host);
  const std::shared_ptr<HostState> state = host->state();
  g_assert_true(host->post("it",
                           [&, state]() -> Result<void> {
                             state->emit([&] {
                               host.reset();
                               ended = true;
                             });
                             state->emit([&] { again = true; });
                             return {};
                           })
                    .ok());
  g_assert_true(test::run_until([&] { return ended; }));
  test::run_pending();
  g_assert_false(again);
}

void test_steady_state_allocates_nothing() {
  ThreadHost host({}, nullptr, {});
  init_and_start(host);
  int events = 0;
  ControlList controls;
  controls.set(ControlId::ExposureTime, ControlValue(int32_t{10000}));
  const auto round = [&] {
    const int want = events + 3;
    for (int i = 0; i < 3; i++) {
      const auto posted = host.post("it", [&, controls]() -> Result<void> {
        host.state()->emit([&, controls] { events += controls.empty() ? 0 : 1; });
        return {};
      });
      g_assert_true(posted.ok());
    }
    while (events < want)
      g_main_context_iteration(nullptr, TRUE);
  };
  /* The most that is ever under way here: then there is a node, large enough, for each. */
  Gate gate;
  g_assert_true(host.post("hold",
                          [&]() -> Result<void> {
                            gate.wait();
                            return {};
                          })
                    .ok());
  constexpr int kUnderWay = 8;
  for (int i = 0; i < kUnderWay; i++) {
    const auto posted = host.post("it", [&, controls]() -> Result<void> {
      host.state()->emit([&, controls] { events += controls.empty() ? 0 : 1; });
      return {};
    });
    g_assert_true(posted.ok());
  }
  gate.open();
  g_assert_true(host.run<void>("wait", nothing).ok());
  while (events < kUnderWay)
    g_main_context_iteration(nullptr, TRUE);
  allocations = 0;
  counting = true;
  for (int i = 0; i < 200; i++)
    round();
  counting = false;
  g_assert_cmpint(allocations, ==, 0);
}

void test_cycles_leave_nothing() {
  const auto cycle = [] {
    ThreadHost host({}, nullptr, {});
    init_and_start(host);
    g_assert_true(host.call<void>(CallKind::Stop, "stop", nothing).ok());
  };
  for (int i = 0; i < 10; i++)
    cycle();
  const int fds = test::count_fds();
  const int threads = test::count_threads();
  for (int i = 0; i < 200; i++)
    cycle();
  g_assert_cmpint(test::count_fds(), ==, fds);
  /* GLib's pool keeps a few that idle. */
  g_assert_cmpint(test::count_threads(), <=, threads + 8);
}

}  // namespace

/* Counts what C++ allocates while a test looks. */
void* operator new(size_t size) {
  if (counting)
    allocations++;
  if (void* p = std::malloc(size ? size : 1))
    return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/thread-host/own-thread", test_runs_in_its_thread);
  g_test_add_func("/ipc/thread-host/states", test_states);
  g_test_add_func("/ipc/thread-host/failed-start", test_a_failed_start_does_not_run);
  g_test_add_func("/ipc/thread-host/order", test_calls_and_events_keep_their_order);
  g_test_add_func("/ipc/thread-host/no-event-after-stop", test_no_event_after_stop);
  g_test_add_func("/ipc/thread-host/stop-waits", test_stop_waits_for_a_running_handler);
  g_test_add_func("/ipc/thread-host/deadline", test_deadline_loses_the_ipa);
  g_test_add_func("/ipc/thread-host/load-deadline", test_load_has_its_own_deadline);
  g_test_add_func("/ipc/thread-host/throws", test_what_an_ipa_throws_is_an_error);
  g_test_add_func("/ipc/thread-host/self-call", test_a_call_from_the_ipa_itself_is_refused);
  g_test_add_func("/ipc/thread-host/slow", test_a_slow_ipa_refuses_calls);
  g_test_add_func("/ipc/thread-host/flood", test_a_flood_of_events_loses_the_ipa);
  g_test_add_func("/ipc/thread-host/end-in-handler", test_a_host_may_end_in_a_handler);
  g_test_add_func("/ipc/thread-host/no-allocation", test_steady_state_allocates_nothing);
  g_test_add_func("/ipc/thread-host/cycles", test_cycles_leave_nothing);
  return g_test_run();
}
