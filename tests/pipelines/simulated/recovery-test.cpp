/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whatever becomes of the IPA, the frames go on. Longer runs: recovery-benchmark. */
#include <gst/gst.h>

#include "base/sanitizers.h"
#include "tests/keep-time.h"
#include "tests/pipelines/simulated/recovery-rig.h"
#include "tests/pipelines/soft-isp/scripted-ipa.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::simulated;

namespace {

using Code = Error::Code;

/* An instrumented worker takes more frames to start than some rows allow; the others lose workers
 * in the same ways without a clock. */
#ifdef GST_CAMERA_SANITIZER_BUILD
constexpr bool kKeepsTime = false;
#else
constexpr bool kKeepsTime = true;
#endif

void assert_unbroken(const RecoveryRig::Verdict& v) {
  g_assert_cmpuint(v.missing, ==, 0);
  g_assert_cmpuint(v.uneven, ==, 0);
}

int64_t duration_of(RecoveryRig& rig) {
  return rig.f.configuration.frame_duration;
}

/* Live, killed once a second: no frame is missing, and the picture stays as bright as it was. */
void test_live_killed() {
  constexpr size_t kTimes = 6;
  RecoveryRig rig(true);
  rig.start();
  rig.torture(SIGKILL, 30, kTimes);
  const RecoveryRig::Verdict v = rig.verdict(duration_of(rig));
  g_test_message("bridged: median %d, most %d; recovered in %d us; AE after %d frames",
                 static_cast<int>(v.bridged_median), static_cast<int>(v.bridged_max),
                 static_cast<int>(v.recovery_median_us), static_cast<int>(v.ae_frames_max));
  assert_unbroken(v);
  g_assert_cmpint(v.bridged_median, <=, 2);
  g_assert_cmpuint(v.ae_frames_max, <=, 5);
  g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, kTimes);
  g_assert_cmpuint(rig.count("camera-ipa-recovered"), ==, kTimes);
  g_assert_cmpint(rig.stat("losses-died"), ==, kTimes);
  // One that was late beside may have had a stand-in too.
  g_assert_cmpint(rig.stat("replays"), >=, kTimes);
  g_assert_cmpint(rig.stat("bridged-frames"), ==, static_cast<int64_t>(v.bridged));
  rig.stop();
  g_assert_true(rig.f.failures.empty());
}

/* One that hangs is bridged at once, the spare takes over, and when it was silent for long it is
 * lost: what was bridged until then is a frame or two. */
void test_live_stopped() {
  constexpr size_t kTimes = 5;
  RecoveryRig rig(true);
  rig.start();
  rig.torture(SIGSTOP, 30, kTimes);
  const RecoveryRig::Verdict v = rig.verdict(duration_of(rig));
  g_test_message("bridged: median %d, most %d; recovered in %d us; AE after %d frames",
                 static_cast<int>(v.bridged_median), static_cast<int>(v.bridged_max),
                 static_cast<int>(v.recovery_median_us), static_cast<int>(v.ae_frames_max));
  assert_unbroken(v);
  g_assert_cmpint(v.bridged_median, <=, 2);
  g_assert_cmpuint(v.ae_frames_max, <=, 5);
  g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, kTimes);
  g_assert_cmpuint(rig.count("camera-ipa-recovered"), ==, kTimes);
  g_assert_cmpint(rig.stat("losses-silent"), ==, kTimes);
  g_assert_cmpint(rig.stat("late-answers"), >=, kTimes);
  rig.stop();
  g_assert_true(rig.f.failures.empty());
}

/* One that only was slow is no loss: the spare takes over, and it is the spare when it spoke again.
 */
void test_live_slow() {
  RecoveryRig rig(true);
  rig.start();
  for (int64_t times = 1; times <= 3; times++) {
    rig.wait_spare();
    const int slow = rig.worker();
    g_assert_cmpint(kill(slow, SIGSTOP), ==, 0);
    rig.f.wait([&] { return rig.f.camera->ipa_status().pid != slow; });
    g_assert_cmpint(kill(slow, SIGCONT), ==, 0);
    rig.f.wait([&] { return rig.stat("spares-returned") == times; });
  }
  rig.stop();
  const RecoveryRig::Verdict v = rig.verdict(duration_of(rig));
  assert_unbroken(v);
  g_assert_cmpuint(v.bridged, >=, 3);
  g_assert_cmpuint(v.ae_frames_max, <=, 5);
  g_assert_cmpint(rig.stat("losses"), ==, 0);
  g_assert_cmpint(rig.stat("spares-used"), ==, 3);
  g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, 0);
  g_assert_cmpuint(rig.count("camera-ipa-recovered"), ==, 0);
  g_assert_true(rig.f.failures.empty());
}

/* Without a clock there is no hurry: the next IPA is waited for, and nothing is bridged. */
void test_fast_killed() {
  RecoveryRig rig(false);
  rig.start();
  rig.torture(SIGKILL, 40, 5);
  const RecoveryRig::Verdict v = rig.verdict(duration_of(rig));
  g_assert_cmpuint(v.missing, ==, 0);
  g_assert_cmpuint(v.bridged, ==, 0);
  rig.stop();
  g_assert_true(rig.f.failures.empty());
}

/* Whatever a loss takes, it gives back. */
void test_leaves_nothing() {
  constexpr size_t kTimes = 40;
  RecoveryRig rig(false);
  rig.start();
  rig.torture(SIGKILL, 20, 5);
  rig.stop();
  const Belongings before = Belongings::now();
  CHECK_OK(rig.f.camera->start({}));
  rig.f.queue_all();
  for (size_t i = 1; i <= kTimes; i++) {
    size_t now = 0;
    {
      const std::lock_guard lock(rig.f.mutex);
      now = rig.frames.size();
    }
    rig.wait_frames(now + 20);
    g_assert_cmpint(kill(rig.worker(), SIGKILL), ==, 0);
    rig.wait_recovered(5 + i);
  }
  rig.stop();
  // A spare may be there or not, and with it its pipe, socket, thread of GDBus and process.
  const Belongings after = Belongings::now();
  g_assert_cmpuint(after.fds, <=, before.fds + 8);
  g_assert_cmpuint(after.threads, <=, before.threads + 2);
  g_assert_cmpuint(after.children, <=, before.children + 1);
  g_assert_cmpuint(after.maps, <=, before.maps + 40);
  rig.f.camera->release();
  g_assert_cmpuint(Belongings::now().children, ==, 0);
}

/* More losses a minute than are allowed: one error, with all there is to know. */
void test_limit() {
  RecoveryRig rig(true, 2);
  rig.start();
  for (size_t i = 1; i <= 3; i++) {
    rig.wait_frames(i * 15);
    g_assert_cmpint(kill(rig.worker(), SIGKILL), ==, 0);
    if (i < 3)
      rig.wait_recovered(i);
  }
  rig.f.wait_failed();
  g_assert_cmpuint(rig.f.failures.size(), ==, 1);
  g_assert_true(rig.f.failures[0].code == Code::Lost);
  g_assert_nonnull(strstr(rig.f.failures[0].message.c_str(), "ipa-restart-limit"));
  g_assert_nonnull(strstr(rig.f.failures[0].message.c_str(), "signal 9"));
  g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, 3);
  g_assert_cmpuint(rig.count("camera-ipa-recovered"), ==, 2);
  CHECK_OK(rig.f.camera->stop());
}

/* Lost where nobody streams: the next start has another one. */
void test_idle_killed() {
  RecoveryRig rig(false);
  for (size_t round = 1; round <= 3; round++) {
    g_assert_cmpint(kill(rig.worker(), SIGKILL), ==, 0);
    rig.f.wait([&] { return rig.count_locked("camera-ipa-lost") == round; });
    if (round == 2)
      rig.f.configure(PixelFormat::Nv12, {64, 64});
    take(rig.f, 5);
    g_assert_cmpuint(rig.count("camera-ipa-recovered"), ==, round);
  }
}

/* The spare may die as well: nobody notices. */
void test_spare_killed() {
  RecoveryRig rig(true);
  rig.start();
  rig.wait_frames(10);
  const int worker = rig.worker();
  const auto spare = [worker] {
    int found = 0;
    if (DIR* dir = opendir("/proc/self/task")) {
      while (const dirent* entry = readdir(dir)) {
        std::ifstream list(std::string("/proc/self/task/") + entry->d_name + "/children");
        for (int child = 0; list >> child;)
          found = child != worker ? child : found;
      }
      closedir(dir);
    }
    return found;
  };
  rig.wait_spare();
  g_assert_cmpint(kill(spare(), SIGKILL), ==, 0);
  rig.f.wait([&] { return rig.stat("spares-lost") == 1; });
  g_assert_cmpint(kill(worker, SIGKILL), ==, 0);
  rig.wait_recovered(1);
  g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, 1);
  rig.stop();
  g_assert_true(rig.f.failures.empty());
}

/* Silence, lies and failed calls are losses as a death is. The second IPA is an honest one. */
struct LieRow {
  const char* name;
  Lie lie;
};
constexpr LieRow kLies[] = {
    {"wrong-frame", Lie::WrongFrame},
    {"params-twice", Lie::ParamsTwice},
    {"nan-gain", Lie::NanGain},
    {"no-params", Lie::NoParams},
    {"no-metadata", Lie::NoMetadata},
    {"nan-controls", Lie::NanControls},
    {"metadata-twice", Lie::MetadataTwice},
    {"silent", Lie::Silent},
    {"call-fails", Lie::CallFails},
    {"call-refused", Lie::CallRefused},
    {"dies", Lie::Dies},
};

soft::IpaConnector liar_first(std::shared_ptr<IpaPlan> plan, std::shared_ptr<int> connected) {
  return [plan, connected](const CameraOptions& options, GMainContext* context, IpaEvents& events,
                           ipc::HostHandlers handlers) {
    if (++*connected == 2)
      plan->lie = Lie::None;
    return ScriptedIpa::connector(plan)(options, context, events, std::move(handlers));
  };
}

void test_lie(gconstpointer data) {
  const auto& row = *static_cast<const LieRow*>(data);
  for (const bool live : {false, true}) {
    auto plan = std::make_shared<IpaPlan>();
    plan->lie = row.lie;
    auto connected = std::make_shared<int>(0);
    RecoveryRig rig(live, 100, kSmall, liar_first(plan, connected), IpaIsolation::Auto);
    rig.start();
    rig.wait_recovered(1);
    rig.wait_frames(20);
    rig.stop();
    g_assert_cmpuint(rig.verdict(duration_of(rig)).missing, ==, 0);
    g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, 1);
    g_assert_true(rig.f.failures.empty());
    g_assert_cmpint(*connected, ==, 2);
    rig.f.camera->release();
    g_assert_cmpint(plan->alive, ==, 0);
  }
}

/* The second dies before it has answered anything: two losses, and two that are mended. */
void test_lost_again() {
  auto plan = std::make_shared<IpaPlan>();
  plan->lie = Lie::Dies;
  auto connected = std::make_shared<int>(0);
  const soft::IpaConnector connect = [plan, connected](const CameraOptions& options,
                                                       GMainContext* context, IpaEvents& events,
                                                       ipc::HostHandlers handlers) {
    plan->lie_always = ++*connected == 2;
    if (*connected == 3)
      plan->lie = Lie::None;
    return ScriptedIpa::connector(plan)(options, context, events, std::move(handlers));
  };
  RecoveryRig rig(true, 100, kSmall, connect, IpaIsolation::Auto);
  rig.start();
  rig.wait_recovered(2);
  rig.wait_frames(30);
  rig.stop();
  assert_unbroken(rig.verdict(duration_of(rig)));
  g_assert_cmpuint(rig.count("camera-ipa-lost"), ==, 2);
  g_assert_cmpuint(rig.count("camera-ipa-recovered"), ==, 2);
  g_assert_cmpint(rig.stat("losses-died"), ==, 2);
  g_assert_true(rig.f.failures.empty());
}

/* Who insists on a thread gets no other: code that lied there may be anywhere. */
void test_thread_is_final() {
  auto plan = std::make_shared<IpaPlan>();
  plan->lie = Lie::NanGain;
  RecoveryRig rig(false, 100, kSmall, ScriptedIpa::connector(plan), IpaIsolation::Thread);
  rig.start();
  rig.f.wait_failed();
  g_assert_true(rig.f.failures[0].code == Code::Protocol);
  rig.stop();
}

/* Answers that come late, each by up to two frames, are no loss and stop nothing. */
void test_late() {
  auto plan = std::make_shared<IpaPlan>();
  plan->jitter_us = 60000;
  RecoveryRig rig(true, 0, kSmall, ScriptedIpa::connector(plan), IpaIsolation::Auto);
  rig.start();
  rig.wait_frames(60);
  rig.stop();
  const RecoveryRig::Verdict v = rig.verdict(duration_of(rig));
  assert_unbroken(v);
  g_assert_cmpuint(v.bridged, >, 0);
  g_assert_cmpint(rig.stat("losses"), ==, 0);
  g_assert_cmpint(rig.stat("late-answers"), >, 0);
  g_assert_true(rig.f.failures.empty());
}

}  // namespace

int main(int argc, char** argv) {
  keep_time();
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  if (kKeepsTime) {
    g_test_add_func("/recovery/live-killed", test_live_killed);
    g_test_add_func("/recovery/live-stopped", test_live_stopped);
    g_test_add_func("/recovery/live-slow", test_live_slow);
    g_test_add_func("/recovery/late", test_late);
  }
  g_test_add_func("/recovery/lost-again", test_lost_again);
  g_test_add_func("/recovery/fast-killed", test_fast_killed);
  g_test_add_func("/recovery/leaves-nothing", test_leaves_nothing);
  g_test_add_func("/recovery/limit", test_limit);
  g_test_add_func("/recovery/idle-killed", test_idle_killed);
  g_test_add_func("/recovery/spare-killed", test_spare_killed);
  for (const LieRow& row : kLies)
    g_test_add_data_func((std::string("/recovery/lie/") + row.name).c_str(), &row, test_lie);
  g_test_add_func("/recovery/thread-is-final", test_thread_is_final);
  return g_test_run();
}
