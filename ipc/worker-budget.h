/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WorkerBudget: what one worker may spend of the application: events, text on stderr, and how large
 * its messages may be. An error of a count means that the worker is over it, and has to go.
 *
 * Events are earned: every call that is sent allows some, and a worker may have so many in reserve.
 * So an IPA may answer as late as it likes, and cannot flood. Text flows from a bucket that fills
 * with time. What waits is bounded where it waits: calls that the worker has not done, by the
 * transport; bytes that it does not take, by MessageStream; events that the handler has not taken,
 * by EventQueue; its last words, by WorkerProcess.
 *
 * Thread: any.
 */
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/result.h"
#include "ipc/transport.h"

namespace gstcam::ipc {

struct BudgetLimits {
  /** Events, of all members, that may come for one call, and that may be in reserve. */
  uint32_t events_per_call = 4096;
  uint32_t events_reserve = 65536;
  /** Bytes on stdout and stderr: at once, and a second. */
  size_t output_burst = size_t{4} << 20U;
  size_t output_per_second = size_t{256} << 10U;
  /** The largest message, on the wire: some types take more room there than in a body, which
   * kMaxBody bounds. */
  size_t message_bytes = 2 * kMaxBody;
};

class WorkerBudget {
 public:
  using Clock = std::chrono::steady_clock;

  explicit WorkerBudget(BudgetLimits limits = {});

  /** A call is sent: it may be answered. */
  void earn();
  /** An event came. */
  Result<void> count_event();
  /** So many bytes of text came. */
  Result<void> count_output(size_t bytes, Clock::time_point now = Clock::now());

 private:
  const BudgetLimits limits_;
  std::mutex mutex_;
  uint32_t events_;
  size_t output_;
  Clock::time_point filled_ = Clock::now();
};

}  // namespace gstcam::ipc
