/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker-budget.h"

#include <algorithm>
#include <string>

namespace gstcam::ipc {

WorkerBudget::WorkerBudget(BudgetLimits limits)
    : limits_(limits), events_(limits.events_reserve), output_(limits.output_burst) {}

void WorkerBudget::earn() {
  const std::lock_guard lock(mutex_);
  const uint32_t room = limits_.events_reserve - events_;
  events_ += std::min(room, limits_.events_per_call);
}

Result<void> WorkerBudget::count_event() {
  const std::lock_guard lock(mutex_);
  if (events_ == 0) {
    return Error(Error::Code::Protocol,
                 "the IPA worker sends too many events: more than " +
                     std::to_string(limits_.events_per_call) + " for each call, and " +
                     std::to_string(limits_.events_reserve) + " in reserve",
                 "this is an error in the IPA module");
  }
  events_--;
  return {};
}

Result<void> WorkerBudget::count_output(size_t bytes, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_).count();
  if (passed > 0) {
    /* An hour fills any bucket; the product stays small. */
    const auto earned = std::min<uint64_t>(static_cast<uint64_t>(passed), 3600000) *
                        limits_.output_per_second / 1000;
    output_ = static_cast<size_t>(std::min<uint64_t>(limits_.output_burst, output_ + earned));
    filled_ = now;
  }
  if (bytes > output_) {
    output_ = 0;
    return Error(Error::Code::Protocol,
                 "the IPA worker writes too much: more than " +
                     std::to_string(limits_.output_per_second) + " bytes a second, and " +
                     std::to_string(limits_.output_burst) + " at once",
                 "this is an error in the IPA module");
  }
  output_ -= bytes;
  return {};
}

}  // namespace gstcam::ipc
