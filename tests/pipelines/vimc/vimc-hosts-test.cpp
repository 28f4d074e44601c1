/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vimc camera over a simulated kernel with its own IPA, in a thread and in a sandboxed worker. */
#include <signal.h>

#include "tests/pipelines/vimc/vimc-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using vimc::kRawA;
using vimc::kScaled;

namespace {

CameraOptions in(IpaIsolation isolation) {
  CameraOptions options;
  options.ipa_isolation = isolation;
  return options;
}

int64_t stat(const Camera& camera, const char* name) {
  for (const Field& field : camera.ipa_status().stats) {
    if (field.name == name)
      return std::get<int64_t>(field.value);
  }
  return -1;
}

/** All that the IPA was asked is answered. */
void settle(VimcFixture& f, int64_t asked) {
  while (stat(f.camera(), "round-trips") < asked)
    f.f->pass_time(std::chrono::milliseconds(1));
}

struct Taken {
  ControlList metadata;
  std::array<int64_t, 4> codes{};
  bool operator==(const Taken&) const = default;
};

/* Promise 6: the same input gives the same metadata, and the same values in the subdevices. */
void test_same_in_both() {
  std::vector<std::vector<Taken>> runs;
  for (const IpaIsolation isolation : {IpaIsolation::Thread, IpaIsolation::Worker}) {
    VimcFixture f(vimc::connect_installed_ipa);
    std::vector<Taken> taken;
    ControlList metadata;
    f.f->on_completed = [&](Request& request) {
      if (request.status != Request::Status::Complete)
        return;
      g_assert_cmpint(request.metadata.get_or<int32_t>(ControlId::IpaHost, -1), ==,
                      isolation == IpaIsolation::Thread ? kIpaHostThread : kIpaHostWorker);
      metadata = request.metadata;
      for (const ControlId id : {ControlId::IpaHost, ControlId::SensorTimestamp})
        metadata.erase(id);
      const double n = request.sequence % 17;
      request.reuse(true);
      request.controls.set(ControlId::Brightness, n / 8 - 1);
      if (request.sequence % 3 == 0)
        request.controls.set(ControlId::Contrast, n / 10);
      if (request.sequence % 5 == 0)
        request.controls.set(ControlId::Saturation, 2 - n / 10);
    };
    f.run({vimc_stream(kScaled), vimc_stream(kRawA)}, in(isolation));
    for (int64_t n = 0; n < 60; n++) {
      settle(f, n + 4);
      f.make_frames();
      Request& request = *f.f->done[static_cast<size_t>(n)].request;
      CHECK_OK(f.f->queue(request));
      f.sync();
      taken.push_back({metadata,
                       {f.value(V4L2_CID_BRIGHTNESS), f.value(V4L2_CID_CONTRAST),
                        f.value(V4L2_CID_SATURATION, 1), f.value(V4L2_CID_HUE, 1)}});
    }
    CHECK_OK(f.camera().stop());
    runs.push_back(std::move(taken));
  }
  g_assert_true(runs[0] == runs[1]);
  /* And it is what was asked for, to the driver's precision. */
  const Taken& last = runs[0].back();
  const double brightness = last.metadata.get_or(ControlId::Brightness, -2.0);
  g_assert_cmpfloat(std::abs(brightness - ((55 % 17) / 8.0 - 1)), <, 1 / 127.0);
}

/* The worker dies, hangs, or dies again and again: no frame is lost. */
void test_signals() {
  for (const int signal : {SIGKILL, SIGSTOP, SIGABRT}) {
    VimcFixture f(vimc::connect_installed_ipa, 300000);
    f.f->requeue = true;
    f.run({vimc_stream(kScaled), vimc_stream(kRawA)}, in(IpaIsolation::Worker));
    uint32_t n = 0;
    for (size_t loss = 1; loss <= 3; loss++) {
      for (int i = 0; i < 10; i++, n++)
        f.make_frames();
      const int pid = f.camera().ipa_pid();
      g_assert_cmpint(pid, >, 0);
      g_assert_cmpint(kill(pid, signal), ==, 0);
      for (int i = 0; i < 6; i++, n++)
        f.make_frames();
      f.wait_notice("camera-ipa-lost", loss);
      f.wait_notice("camera-ipa-recovered", loss);
      g_assert_cmpint(f.camera().ipa_pid(), !=, pid);
    }
    CHECK_OK(f.camera().stop());
    g_assert_true(f.f->failures.empty());
    for (uint32_t i = 0; i < n; i++) {
      g_assert_cmpuint(f.f->done[i].sequence, ==, i);
      g_assert_true(f.f->done[i].status == Request::Status::Complete);
    }
    g_assert_cmpint(stat(f.camera(), "losses"), ==, 3);
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/vimc-hosts/same-in-both", test_same_in_both);
  g_test_add_func("/vimc-hosts/signals", test_signals);
  return g_test_run();
}
