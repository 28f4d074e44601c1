/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stream goes on: with restarts on, whatever the table's module does in a call of a frame, no
 * frame is missing, and every loss is told and made good.
 *
 * Without a clock the whole table: one worker misbehaves, in whatever frame the next one takes
 * over.
 * --live: of every class of misbehaviour, with a clock. There every worker has the orders, and the
 * frame in which they hold is bridged. It runs at 4 frames a second: a sensor that comes late by a
 * frame's duration misses one by itself, and a busy machine is late by 100 ms now and then.
 */
#include <gst/gst.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <string_view>
#include <thread>

#include "pipelines/ipa-life/ipa-options.h"
#include "tests/ipc/hostile/ordered-module.h"
#include "tests/ipc/hostile/shares.h"
#include "tests/ipc/hostile/table.h"
#include "tests/pipelines/simulated/recovery-rig.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::hostile;

namespace {

constexpr size_t kFramesBefore = 12;
constexpr size_t kFramesAfter = 8;
constexpr int64_t kLiveFrame = 250000000;

/* Rows of the table, in compute_params where nothing else is said. */
constexpr std::string_view kLiveRows[] = {
    /* It ends, */
    "queue_request/segfault", "segfault", "process_stats/abort", "_exit", "exec", "fork", "bpf",
    "ptrace-parent", "mount",
    /* hangs, */
    "loop", "process_stats/sigstop", "silent", "process_stats/silent", "hang-up", "half-close",
    /* floods, */
    "flood-events", "flood-raw-events", "flood-call-failed", "stderr-bomb", "raw-256-mib",
    "raw-many-fds",
    /* answers wrongly, */
    "raw-garbage", "raw-half-message", "raw-replies-again", "unknown-frame", "answer-twice",
    "wrong-type", "surplus-fd", "process_stats/metadata-twice", "process_stats/controls-nan-gain",
    "process_stats/metadata-out-of-range",
    /* spoils the shared memory, */
    "params-rewritten", "params-ones", "shrink-params", "params-version",
    /* and has no good numbers. */
    "params-nan-gain", "params-infinite-gain", "params-huge-matrix", "params-tone-falls"};

bool live = false;
Counts counts;

bool in_a_frame(const Row& row) {
  return row.call == "queue_request" || row.call == "compute_params" || row.call == "process_stats";
}

bool wanted(const Row& row) {
  if (!in_a_frame(row))
    return false;
  return !live || std::ranges::any_of(kLiveRows, [&](std::string_view name) {
    return name == row.call + "/" + row.deed || (name == row.deed && row.call == "compute_params");
  });
}

soft::IpaConnector connector(const std::string& module) {
  auto connected = std::make_shared<std::atomic<int>>(0);
  return [module, connected](const CameraOptions& camera, GMainContext* context,
                             simulated::IpaEvents& events, ipc::HostHandlers handlers) {
    ipc::IpaOptions options;
    options.isolation = camera.ipa_isolation;
    options.budget = kIpaBudget;
    options.module = live || (*connected)++ == 0 ? module : honest_module();
    return simulated::create_ipa(options, context, events, std::move(handlers));
  };
}

/* Whether the worker has to be lost: an attempt may be refused or killed for, and what is
 * rewritten all the time may be good when it is looked at. */
bool may_be_lost(const Row& row) {
  return row.outcome != Outcome::Unaffected;
}
bool must_be_lost(const Row& row) {
  return row.outcome == Outcome::Lost;
}

/* Behind which frames some are missing, and which are bridged. */
std::string gaps(RecoveryRig& rig) {
  const std::lock_guard lock(rig.f.mutex);
  std::string text;
  for (size_t i = 0; i < rig.frames.size(); i++) {
    if (i + 1 < rig.frames.size() && rig.frames[i + 1].sequence != rig.frames[i].sequence + 1)
      text += " (after " + std::to_string(rig.frames[i].sequence) + ")";
    if (rig.frames[i].bridged)
      text += " (" + std::to_string(rig.frames[i].sequence) + " bridged)";
  }
  return text;
}

/* Wakes up at a steady pace and sees how late it is: a machine that stops for long loses frames of
 * its own, whatever the IPA does. */
class Witness {
 public:
  Witness() : thread_([this] { watch(); }) {}
  ~Witness() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  [[nodiscard]] int64_t latest_ns() {
    const std::lock_guard lock(mutex_);
    return latest_ns_;
  }

 private:
  void watch() {
    using Clock = std::chrono::steady_clock;
    std::unique_lock lock(mutex_);
    while (!done_) {
      const Clock::time_point due = Clock::now() + std::chrono::milliseconds(20);
      changed_.wait_until(lock, due, [this] { return done_; });
      const std::chrono::nanoseconds late = Clock::now() - due;
      latest_ns_ = std::max<int64_t>(latest_ns_, late.count());
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  int64_t latest_ns_ = 0;
  std::thread thread_;
};

/* False where it is to be done again: frames are missing, and the machine stood still meanwhile. */
bool try_row(const Row& row, bool last_try) {
  Witness witness;
  const OrderedModule ordered(row.call, row.deed);
  RecoveryRig rig(live, 1000, kSmall, connector(ordered.path()));
  if (live) {
    rig.f.frame_duration = kLiveFrame;
    rig.f.configure(PixelFormat::Nv12, kSmall);
  }
  const int first = rig.worker();
  rig.start();
  rig.wait_frames(kFramesBefore);
  if (must_be_lost(row))
    rig.wait_recovered(1);
  /* Of the others we do not know: so many frames later it has shown. */
  size_t now = 0;
  {
    const std::lock_guard lock(rig.f.mutex);
    now = rig.frames.size();
  }
  rig.wait_frames(now + kFramesAfter);
  rig.f.wait([&] {
    return rig.count_locked("camera-ipa-recovered") == rig.count_locked("camera-ipa-lost") ||
           !rig.f.failures.empty();
  });
  const int last = rig.worker();
  rig.stop();

  const size_t lost = rig.count("camera-ipa-lost");
  const RecoveryRig::Verdict v = rig.verdict(rig.f.configuration.frame_duration);
  g_test_message("%zu frames, %zu missing, %zu bridged; %zu times lost", v.frames, v.missing,
                 v.bridged, lost);
  for (const Error& error : rig.f.failures)
    g_test_fail_printf("the camera failed: %s", error.message.c_str());
  const int64_t still = witness.latest_ns();
  if (live && v.missing > 0 && still > kLiveFrame / 4 && !last_try) {
    g_test_message("%zu missing; but the machine stood still for %d ms", v.missing,
                   static_cast<int>(still / 1000000));
    return false;
  }
  const auto expect = [&](bool good, const char* what) {
    if (!good) {
      g_test_fail_printf("%s/%s: %s; %zu frames, %zu missing%s, %zu uneven, %zu bridged, %zu lost",
                         row.call.c_str(), row.deed.c_str(), what, v.frames, v.missing,
                         gaps(rig).c_str(), v.uneven, v.bridged, lost);
    }
  };
  expect(v.missing == 0, "a frame is missing");
  expect(v.uneven == 0, "a frame came at another time than it should");
  expect(!must_be_lost(row) || lost >= 1, "the loss was not noticed");
  expect(may_be_lost(row) || lost == 0, "it was lost without a reason");
  expect((first != last) == (lost > 0), "not every loss brings another worker");
  expect(rig.count("camera-ipa-recovered") == lost, "losses and recoveries do not match");
  /* Where nothing depends on time, it is lost once and nothing is bridged. */
  expect(live || lost <= 1, "it was lost more than once");
  expect(live || v.bridged == 0, "a frame was bridged that had time");
  rig.f.camera->release();
  expect(Belongings::now().children == 0, "a process was left");
  return true;
}

void test_row(gconstpointer data) {
  constexpr int kTries = 5;
  counts.rows++;
  for (int i = 1; !try_row(*static_cast<const Row*>(data), i == kTries); i++) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments = take_arguments(argc, argv, "--live");
  if (arguments.processes > 1)
    return run_in_shares(arguments, argc, argv);
  live = arguments.second;
  int words = static_cast<int>(arguments.rest.size());
  arguments.rest.push_back(nullptr);
  char** rest = arguments.rest.data();
  gst_init(&words, &rest);
  g_test_init(&words, &rest, nullptr);
  const std::vector<Row> all = table(Place::Worker);
  std::vector<const Row*> rows;
  for (const Row& row : all) {
    if (wanted(row))
      rows.push_back(&row);
  }
  if (live)
    g_assert_cmpuint(rows.size(), ==, std::size(kLiveRows));
  for (size_t i = arguments.share; i < rows.size(); i += arguments.shares) {
    const Row& row = *rows[i];
    g_test_add_data_func(("/stream/" + row.call + "/" + row.deed).c_str(), &row, test_row);
  }
  const int status = g_test_run();
  tell(counts);
  return status;
}
