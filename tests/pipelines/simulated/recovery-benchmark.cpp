/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a lost worker costs, as JSON lines, and whether the promises hold at length; exits with 1
 * where one does not. Arguments choose among: killed stopped thousand start spare.
 *
 * killed: a minute live, SIGKILL each second. stopped: a minute live, SIGSTOP each five seconds.
 * thousand: as many losses in one run, as fast as they are mended. start: from the wish for an IPA
 * to one that is configured, and from a loss to good parameters, with and without a spare. spare:
 * what one that waits costs.
 */
#include <gst/gst.h>

#include <cstdio>
#include <filesystem>
#include <string_view>

#include "tests/keep-time.h"
#include "tests/pipelines/simulated/recovery-rig.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

bool all_hold = true;

const char* judged(bool holds) {
  all_hold = all_hold && holds;
  return holds ? "true" : "false";
}

void live(const char* name, int signal, size_t period, size_t times) {
  RecoveryRig rig(true);
  rig.start();
  rig.torture(signal, period, times);
  const RecoveryRig::Verdict v = rig.verdict(rig.f.configuration.frame_duration);
  const size_t lost = rig.count("camera-ipa-lost");
  const size_t recovered = rig.count("camera-ipa-recovered");
  const bool holds = v.missing == 0 && v.uneven == 0 && v.bridged_median <= 2 &&
                     v.ae_frames_max <= 5 && lost == times && recovered == times &&
                     rig.f.failures.empty();
  std::printf(
      "{\"benchmark\": \"%s\", \"losses\": %zu, \"frames\": %zu, \"missing\": %zu, "
      "\"uneven\": %zu, \"bridged\": %zu, \"bridged_median\": %d, \"bridged_max\": %d, "
      "\"ae_frames_max\": %zu, \"lost_messages\": %zu, \"recovered_messages\": %zu, "
      "\"recovery_median_ms\": %.2f, \"recovery_max_ms\": %.2f, \"spares_used\": %d, "
      "\"holds\": %s}\n",
      name, times, v.frames, v.missing, v.uneven, v.bridged, static_cast<int>(v.bridged_median),
      static_cast<int>(v.bridged_max), v.ae_frames_max, lost, recovered,
      static_cast<double>(v.recovery_median_us) / 1e3, static_cast<double>(v.recovery_max_us) / 1e3,
      static_cast<int>(rig.stat("spares-used")), judged(holds));
  rig.stop();
}

void print_belongings(const char* when, const Belongings& b) {
  std::printf(
      "{\"benchmark\": \"recovery-thousand\", \"when\": \"%s\", \"fds\": %zu, \"threads\": %zu, "
      "\"children\": %zu, \"maps\": %zu, \"shm\": %zu, \"rss_kib\": %zu}\n",
      when, b.fds, b.threads, b.children, b.maps, b.shm, b.rss_kib);
  std::fflush(stdout);
}

int64_t median(std::vector<int64_t> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

/* Counts what the rig has recorded, and lets it forget: what it keeps would look like a leak. */
struct Taken {
  size_t frames = 0;
  size_t missing = 0;
  size_t lost = 0;
  size_t recovered = 0;
  uint32_t last = 0;
  void add(RecoveryRig& rig) {
    const std::lock_guard lock(rig.f.mutex);
    for (const TakenFrame& frame : rig.frames) {
      missing += frames > 0 ? frame.sequence - last - 1 : 0;
      last = frame.sequence;
      frames++;
    }
    lost += rig.count_locked("camera-ipa-lost");
    recovered += rig.count_locked("camera-ipa-recovered");
    rig.frames.clear();
    rig.f.notices.clear();
    rig.f.done.clear();
    const std::lock_guard queue_lock(rig.f.queue_mutex);
    rig.f.queued.clear();
  }
};

/* A loss each time the last one is mended and the new one has proved itself. */
void thousand() {
  constexpr size_t kTimes = 1000;
  RecoveryRig rig(false);
  rig.start();
  Belongings early;
  Taken taken;
  std::vector<int64_t> times;
  times.reserve(kTimes);
  const int64_t begin = g_get_monotonic_time();
  for (size_t i = 1; i <= kTimes; i++) {
    rig.wait_more_frames(ipc::Supervisor::kProved + 2);
    g_assert_cmpint(kill(rig.worker(), SIGKILL), ==, 0);
    rig.wait_recovered(1);
    times.push_back(rig.last_recovery_us());
    taken.add(rig);
    if (i == 100 || i == kTimes) {
      // With all that belongs to a stream that runs steadily.
      rig.wait_spare();
      const Belongings now = Belongings::now();
      print_belongings(i == 100 ? "after 100" : "after 1000", now);
      if (i == 100)
        early = now;
    }
  }
  const double seconds = static_cast<double>(g_get_monotonic_time() - begin) / 1e6;
  const Belongings late = Belongings::now();
  rig.stop();
  rig.f.camera->release();
  const Belongings end = Belongings::now();
  print_belongings("released", end);
  constexpr size_t kSlackKib = 1024;  // of the allocator
  const bool flat = late.rss_kib <= early.rss_kib + kSlackKib && late.fds <= early.fds &&
                    late.threads <= early.threads && late.children <= early.children &&
                    late.maps <= early.maps + 8 && late.shm <= early.shm && end.children == 0;
  std::printf(
      "{\"benchmark\": \"recovery-thousand\", \"losses\": %zu, \"seconds\": %.1f, "
      "\"frames\": %zu, \"missing\": %zu, \"rss_growth_kib\": %ld, \"recovery_median_ms\": %.2f, "
      "\"holds\": %s}\n",
      taken.lost, seconds, taken.frames, taken.missing,
      static_cast<long>(late.rss_kib) - static_cast<long>(early.rss_kib),
      static_cast<double>(median(times)) / 1e3,
      judged(flat && taken.lost == kTimes && taken.recovered == kTimes && taken.missing == 0 &&
             rig.f.failures.empty()));
}

/* Alternately with a spare and without, so that what else the machine does hits both. */
void start() {
  constexpr int kRounds = 20;
  RecoveryRig rig(true);
  rig.start();
  std::vector<int64_t> launch;
  std::vector<int64_t> change_over;
  std::vector<int64_t> with_spare;
  std::vector<int64_t> without;
  size_t losses = 0;
  for (int i = 0; i < 2 * kRounds; i++) {
    const bool spare = i % 2 == 0;
    rig.wait_more_frames(ipc::Supervisor::kProved + 1);
    rig.wait_spare();
    launch.push_back(rig.stat("start-us"));
    const int worker = rig.worker();
    if (!spare) {
      for (const int pid : rig.workers()) {
        if (pid != worker)
          g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
      }
    }
    g_assert_cmpint(kill(worker, SIGKILL), ==, 0);
    rig.wait_recovered(++losses);
    (spare ? with_spare : without).push_back(rig.last_recovery_us());
    if (spare)
      change_over.push_back(rig.stat("change-over-us"));
  }
  std::printf(
      "{\"benchmark\": \"recovery-start\", \"launch_cold_ms\": %.2f, \"spare_to_work_ms\": %.2f, "
      "\"loss_to_params_with_spare_ms\": %.2f, \"loss_to_params_cold_ms\": %.2f}\n",
      static_cast<double>(median(launch)) / 1e3, static_cast<double>(median(change_over)) / 1e3,
      static_cast<double>(median(with_spare)) / 1e3, static_cast<double>(median(without)) / 1e3);
  rig.stop();
}

double cpu_ms(int pid) {
  double total = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    double ns = 0;
    std::ifstream(task.path() / "schedstat") >> ns;
    total += ns / 1e6;
  }
  return total;
}

size_t kib_of(int pid, const char* file, const std::string& name) {
  std::ifstream lines("/proc/" + std::to_string(pid) + "/" + file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":"))
      return std::stoul(line.substr(name.size() + 1));
  }
  return 0;
}

void spare() {
  constexpr size_t kFrames = 300;
  RecoveryRig rig(true);
  rig.start();
  rig.wait_spare();
  const int worker = rig.worker();
  int idle = 0;
  for (const int pid : rig.workers())
    idle = pid != worker ? pid : idle;
  rig.wait_more_frames(10);
  const double idle_before = cpu_ms(idle);
  const double busy_before = cpu_ms(worker);
  rig.wait_more_frames(kFrames);
  const double seconds =
      static_cast<double>(kFrames) * static_cast<double>(rig.f.configuration.frame_duration) / 1e9;
  const double idle_ms = (cpu_ms(idle) - idle_before) / seconds;
  std::printf(
      "{\"benchmark\": \"recovery-spare\", \"cpu_ms_per_s\": %.3f, \"at_work_cpu_ms_per_s\": %.3f, "
      "\"rss_kib\": %zu, \"pss_kib\": %zu, \"private_dirty_kib\": %zu, \"at_work_rss_kib\": %zu}\n",
      idle_ms, (cpu_ms(worker) - busy_before) / seconds, kib_of(idle, "status", "VmRSS"),
      kib_of(idle, "smaps_rollup", "Pss"), kib_of(idle, "smaps_rollup", "Private_Dirty"),
      kib_of(worker, "status", "VmRSS"));
  rig.stop();
}

}  // namespace

int main(int argc, char** argv) {
  keep_time();
  gst_init(&argc, &argv);
  const auto wanted = [argc, argv](std::string_view name) {
    return argc < 2 ||
           std::any_of(argv + 1, argv + argc, [name](const char* a) { return a == name; });
  };
  if (wanted("killed"))
    live("recovery-killed", SIGKILL, 30, 59);
  if (wanted("stopped"))
    live("recovery-stopped", SIGSTOP, 150, 11);
  if (wanted("start"))
    start();
  if (wanted("spare"))
    spare();
  if (wanted("thousand"))
    thousand();
  return all_hold ? 0 : 1;
}
