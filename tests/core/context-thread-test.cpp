/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ContextThread and Wakeup: calls and signals from many threads arrive in one. */
#include "core/context-thread.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/wakeup.h"

using namespace gstcam;

namespace {

std::unique_ptr<ContextThread> create() {
  Result<std::unique_ptr<ContextThread>> thread = ContextThread::create("a name that is too long");
  g_assert_true(thread.ok());
  return std::move(thread).value();
}

void test_invoke() {
  std::unique_ptr<ContextThread> thread = create();
  g_assert_false(thread->is_current());
  const std::string name = thread->invoke([&] {
    g_assert_true(thread->is_current());
    g_assert_true(g_main_context_get_thread_default() == thread->context());
    // From inside it runs at once.
    return thread->invoke([] { return std::string("inside"); });
  });
  g_assert_cmpstr(name.c_str(), ==, "inside");
  int sum = 0;  // no lock: one thread adds
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; i++) {
    callers.emplace_back([&] {
      for (int k = 0; k < 200; k++)
        thread->invoke([&sum] { sum++; });
    });
  }
  for (std::thread& caller : callers)
    caller.join();
  g_assert_cmpint(thread->invoke([&sum] { return sum; }), ==, 1600);
}

void test_wakeup() {
  std::unique_ptr<ContextThread> thread = create();
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  bool in_thread = true;
  auto wakeup = thread->invoke([&] {
    return std::make_unique<Wakeup>(thread->context(), "test", [&] {
      std::lock_guard lock(mutex);
      calls++;
      in_thread = in_thread && thread->is_current();
      changed.notify_all();
    });
  });
  auto wait_for = [&](int count) {
    std::unique_lock lock(mutex);
    g_assert_true(changed.wait_for(lock, std::chrono::minutes(1), [&] { return calls >= count; }));
  };
  // Signals that come before the function ran are one.
  thread->invoke([&] {
    wakeup->signal();
    wakeup->signal();
  });
  wait_for(1);
  thread->invoke([] {});
  g_assert_cmpint(calls, ==, 1);
  // A deadline is kept, a cancelled one is not.
  const int64_t deadline = g_get_monotonic_time() + 20000;
  wakeup->signal_at(deadline);
  wait_for(2);
  g_assert_cmpint(g_get_monotonic_time(), >=, deadline);
  thread->invoke([&] {
    wakeup->signal();
    wakeup->cancel();
  });
  thread->invoke([] {});
  g_assert_cmpint(calls, ==, 2);
  // None is lost of those that come after the function ran.
  for (int i = 3; i < 500; i++) {
    wakeup->signal();
    wait_for(i);
  }
  g_assert_true(in_thread);
  thread->invoke([&] { wakeup.reset(); });
}

/** By its own function, which may go on, and while its function runs in another thread. */
void test_wakeup_goes() {
  std::unique_ptr<ContextThread> thread = create();
  for (const bool by_itself : {true, false}) {
    std::promise<void> running;
    std::promise<void> go_on;
    std::promise<std::string> said;
    std::unique_ptr<Wakeup> wakeup;
    wakeup =
        std::make_unique<Wakeup>(thread->context(), "test",
                                 [&, text = std::string("what the function holds is still there")] {
                                   running.set_value();
                                   if (by_itself)
                                     wakeup.reset();
                                   else
                                     go_on.get_future().wait();
                                   said.set_value(text);
                                 });
    wakeup->signal();
    running.get_future().wait();
    if (!by_itself) {
      wakeup.reset();
      go_on.set_value();
    }
    const std::string text = said.get_future().get();
    g_assert_cmpstr(text.c_str(), ==, "what the function holds is still there");
    thread->invoke([] {});
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/context-thread/invoke", test_invoke);
  g_test_add_func("/context-thread/wakeup", test_wakeup);
  g_test_add_func("/context-thread/wakeup-goes", test_wakeup_goes);
  return g_test_run();
}
