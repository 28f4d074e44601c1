/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/capture/agenda.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace gstcam::test {

namespace {

constexpr int64_t kSlow = GST_SECOND / 10;

class Agenda {
 public:
  /** `slow`: from this duration on; 0: none is. */
  Agenda(const Modes& modes, int64_t slow) {
    for (const Mode& mode : modes) {
      const bool is_slow = slow > 0 && mode.frame_duration() >= slow;
      (is_slow ? slow_ : fast_).push_back(mode);
    }
    std::ranges::stable_sort(slow_, std::greater(), &Mode::frame_duration);
    std::ranges::stable_sort(fast_, std::less(), &Mode::frame_duration);
  }

  std::optional<Mode> take(bool fast) {
    const std::lock_guard lock(mutex_);
    std::deque<Mode>& modes = fast ? fast_ : slow_;
    if (modes.empty() || failed_)
      return std::nullopt;
    const Mode mode = modes.front();
    modes.pop_front();
    return mode;
  }
  void done(const Mode& mode, const Result<std::string>& result) {
    const std::lock_guard lock(mutex_);
    failed_ = failed_ || !result;
    std::printf("%s: %s\n", mode.text().c_str(),
                result ? result->c_str() : result.error().message.c_str());
    std::fflush(stdout);
  }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  std::mutex mutex_;
  std::deque<Mode> slow_;  // the slowest first
  std::deque<Mode> fast_;  // the fastest first
  bool failed_ = false;
};

}  // namespace

Result<void> work_off(const Modes& modes, size_t cameras, const Work& work) {
  constexpr size_t kFastCameras = 2;
  Agenda agenda(modes, cameras > kFastCameras ? kSlow : 0);
  std::vector<std::thread> threads;
  threads.reserve(cameras);
  for (size_t i = 0; i < cameras; i++) {
    threads.emplace_back([&, i] {
      while (const std::optional<Mode> mode = agenda.take(i < kFastCameras))
        agenda.done(*mode, work(i, *mode));
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  if (agenda.failed())
    return Error(Error::Code::Failed, "not every mode is as it should be");
  return {};
}

}  // namespace gstcam::test
