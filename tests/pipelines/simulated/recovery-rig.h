/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests and the benchmark of recovery share: a camera whose worker gets signals while it
 * streams, a record of every frame, and what is to be said about it.
 */
#pragma once

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "tests/pipelines/simulated/pipeline-fixture.h"

namespace gstcam::test {

inline Result<std::unique_ptr<simulated::IpaProxy>> connect_ipa(const CameraOptions& wanted,
                                                                GMainContext* context,
                                                                simulated::IpaEvents& events,
                                                                ipc::HostHandlers handlers) {
  ipc::IpaOptions options;
  options.isolation = wanted.ipa_isolation;
  return simulated::create_ipa(options, context, events, std::move(handlers));
}

struct TakenFrame {
  uint32_t sequence = 0;
  int64_t timestamp = 0;
  bool bridged = false;
  double ae_error = 0;  // |level / target - 1|
};

inline int64_t field(const Fields& fields, const char* name) {
  for (const Field& f : fields) {
    if (f.name == name && std::holds_alternative<int64_t>(f.value))
      return std::get<int64_t>(f.value);
  }
  return -1;
}

/** What a process has that it could lose hold of. */
struct Belongings {
  size_t fds = 0;
  size_t threads = 0;
  size_t maps = 0;
  size_t children = 0;  // zombies too
  size_t shm = 0;
  size_t rss_kib = 0;

  static size_t entries(const char* folder) {
    size_t count = 0;
    if (DIR* dir = opendir(folder)) {
      while (readdir(dir))
        count++;
      closedir(dir);
    }
    return count;
  }
  static Belongings now() {
    Belongings b;
    b.fds = entries("/proc/self/fd");
    b.threads = entries("/proc/self/task");
    b.shm = entries("/dev/shm");
    std::string line;
    for (std::ifstream maps("/proc/self/maps"); std::getline(maps, line);)
      b.maps++;
    for (std::ifstream status("/proc/self/status"); std::getline(status, line);) {
      if (line.starts_with("VmRSS:"))
        b.rss_kib = std::stoul(line.substr(6));
    }
    b.children = children_of(getpid()).size();
    return b;
  }
  /** Of all its threads. */
  static std::vector<int> children_of(int pid) {
    std::vector<int> found;
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    if (DIR* dir = opendir(tasks.c_str())) {
      while (const dirent* entry = readdir(dir)) {
        std::ifstream list(tasks + "/" + entry->d_name + "/children");
        for (int child = 0; list >> child;)
          found.push_back(child);
      }
      closedir(dir);
    }
    return found;
  }
};

class RecoveryRig {
 public:
  explicit RecoveryRig(bool live, uint32_t limit = 100000, Size size = kSmall,
                       soft::IpaConnector connect = connect_ipa,
                       IpaIsolation isolation = IpaIsolation::Worker)
      : f(std::make_unique<simulated::SimulatedPipeline>(
            description(live, size), simulated::SimulatedPipeline::Options{.connect = connect})) {
    CameraOptions options;
    options.ipa_isolation = isolation;
    options.ipa_restart_limit = limit;
    CHECK_OK(f.camera->acquire(options));
    f.configure(PixelFormat::Nv12, size);
  }

  void start() {
    f.make_requests(8);
    f.requeue = true;
    f.on_completed = [this](Request& r) {
      if (r.status != Request::Status::Complete)
        return;
      const double target = r.metadata.get_or(ControlId::AeTarget, 0.0);
      TakenFrame frame;
      frame.sequence = r.sequence;
      frame.timestamp = r.timestamp;
      frame.bridged = r.metadata.get_or(ControlId::IpaState, int32_t{0}) == kIpaStateRecovering;
      frame.ae_error =
          target > 0 ? std::abs(r.metadata.get_or(ControlId::AeLevel, 0.0) / target - 1) : 1;
      const std::lock_guard lock(f.mutex);
      frames.push_back(frame);
    };
    CHECK_OK(f.camera->start({}));
    f.queue_all();
  }
  void wait_frames(size_t count) {
    f.wait([this, count] { return frames.size() >= count || !f.failures.empty(); });
  }
  /** Of notices with this name, any thread. */
  size_t count(const char* name) {
    const std::lock_guard lock(f.mutex);
    return count_locked(name);
  }
  size_t count_locked(const char* name) const {
    return static_cast<size_t>(
        std::ranges::count_if(f.notices, [name](const Notice& n) { return n.name == name; }));
  }
  void wait_more_frames(size_t more) {
    size_t now = 0;
    {
      const std::lock_guard lock(f.mutex);
      now = frames.size();
    }
    wait_frames(now + more);
  }
  /** Every worker there is: what bubblewrap started, in the namespace that it made. */
  static std::vector<int> workers() {
    std::vector<int> found;
    for (const int outer : Belongings::children_of(getpid())) {
      const std::vector<int> inner = Belongings::children_of(outer);
      for (const int init : inner) {
        const std::vector<int> innermost = Belongings::children_of(init);
        found.push_back(innermost.empty() ? init : innermost.front());
      }
      if (inner.empty())
        found.push_back(outer);
    }
    return found;
  }
  int64_t last_recovery_us() {
    const std::lock_guard lock(f.mutex);
    int64_t us = -1;
    for (const Notice& n : f.notices)
      us = n.name == "camera-ipa-recovered" ? field(n.fields, "microseconds") : us;
    return us;
  }
  void wait_recovered(size_t times) {
    f.wait([this, times] {
      return count_locked("camera-ipa-recovered") >= times || !f.failures.empty();
    });
  }
  void wait_spare() {
    f.wait([this] {
      for (const Field& field : f.camera->ipa_status().stats) {
        if (field.name == "spare-ready")
          return std::get<bool>(field.value);
      }
      return false;
    });
  }
  /** The worker's; waits while there is none. */
  int worker() {
    for (;;) {
      if (const int pid = f.camera->ipa_status().pid)
        return pid;
      f.pass_time(std::chrono::milliseconds(1));
    }
  }
  void stop() { CHECK_OK(f.camera->stop()); }
  int64_t stat(const char* name) { return field(f.camera->ipa_status().stats, name); }

  /** Sends `signal` to the worker every `period` frames, `times` times, and lets it end well. */
  void torture(int signal, size_t period, size_t times) {
    for (size_t i = 1; i <= times; i++) {
      wait_frames(i * period);
      wait_recovered(i - 1);
      f.pass_time(std::chrono::milliseconds(7 * i % 33));  // at another moment of the frame
      g_assert_cmpint(kill(worker(), signal), ==, 0);
    }
    wait_frames((times + 1) * period);
    wait_recovered(times);
  }

  struct Verdict {
    size_t frames = 0;
    size_t missing = 0;  // numbers left out
    size_t uneven = 0;   // timestamps that are not a frame after the last
    size_t bridged = 0;
    int64_t bridged_median = 0;  // of a loss
    int64_t bridged_max = 0;
    int64_t recovery_median_us = 0;  // from the notice of the loss to good parameters
    int64_t recovery_max_us = 0;
    size_t ae_frames_max = 0;  // from the first frame of a new IPA until AE is within 10 %
  };
  Verdict verdict(int64_t frame_duration) {
    const std::lock_guard lock(f.mutex);
    Verdict v;
    v.frames = frames.size();
    size_t since = 0;
    bool settling = false;
    for (size_t i = 0; i < frames.size(); i++) {
      v.bridged += frames[i].bridged ? 1 : 0;
      if (i == 0)
        continue;
      v.missing += frames[i].sequence - frames[i - 1].sequence - 1;
      v.uneven += frames[i].timestamp - frames[i - 1].timestamp != frame_duration ? 1 : 0;
      if (frames[i - 1].bridged && !frames[i].bridged) {
        settling = true;
        since = 0;
      }
      if (settling && !frames[i].bridged) {
        settling = frames[i].ae_error > 0.1;
        since += settling ? 1 : 0;
        v.ae_frames_max = std::max(v.ae_frames_max, since);
      }
    }
    std::vector<int64_t> bridged;
    std::vector<int64_t> times;
    for (const Notice& n : f.notices) {
      if (n.name != "camera-ipa-recovered")
        continue;
      bridged.push_back(field(n.fields, "bridged-frames"));
      times.push_back(field(n.fields, "microseconds"));
    }
    std::ranges::sort(bridged);
    std::ranges::sort(times);
    if (!bridged.empty()) {
      v.bridged_median = bridged[bridged.size() / 2];
      v.bridged_max = bridged.back();
      v.recovery_median_us = times[times.size() / 2];
      v.recovery_max_us = times.back();
    }
    return v;
  }

  CameraFixture f;
  std::vector<TakenFrame> frames;  // under f.mutex

 private:
  static simulated::CameraDescription description(bool live, Size size) {
    simulated::CameraDescription d = fast_description();
    d.size = size;
    if (live) {
      d.pace = simulated::CameraDescription::Pace::Live;
      d.deterministic = false;
    }
    return d;
  }
};

}  // namespace gstcam::test
