/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The budget of a worker: what is within it, what is over, and how it fills again. */
#include "ipc/worker-budget.h"

#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace std::chrono_literals;

namespace {

void test_events() {
  WorkerBudget budget({.events_per_call = 3, .events_reserve = 10});
  for (int i = 0; i < 10; i++)
    ASSERT_OK(budget.count_event());
  ASSERT_ERROR(budget.count_event(), Error::Code::Protocol);
  budget.earn();
  for (int i = 0; i < 3; i++)
    ASSERT_OK(budget.count_event());
  ASSERT_ERROR(budget.count_event(), Error::Code::Protocol);
  /* As many as there is room for, whatever the number of calls. */
  for (int i = 0; i < 1000; i++)
    budget.earn();
  for (int i = 0; i < 10; i++)
    ASSERT_OK(budget.count_event());
  ASSERT_ERROR(budget.count_event(), Error::Code::Protocol);
}

void test_output() {
  WorkerBudget budget({.output_burst = 1000, .output_per_second = 100});
  const auto start = WorkerBudget::Clock::now();
  ASSERT_OK(budget.count_output(1000, start));
  ASSERT_ERROR(budget.count_output(1, start), Error::Code::Protocol);
  ASSERT_ERROR(budget.count_output(101, start + 1s), Error::Code::Protocol);
  ASSERT_OK(budget.count_output(100, start + 2s));
  ASSERT_ERROR(budget.count_output(1, start + 2s), Error::Code::Protocol);
  ASSERT_OK(budget.count_output(1000, start + 100h));
  ASSERT_ERROR(budget.count_output(SIZE_MAX, start + 200h), Error::Code::Protocol);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/worker-budget/events", test_events);
  g_test_add_func("/ipc/worker-budget/output", test_output);
  return g_test_run();
}
