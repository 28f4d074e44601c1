/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a vimc camera makes of an IPA that lies, is silent or dies: frames go on, one loss is told,
 * and its end; and that controls are not lost on the way. */
#include "tests/pipelines/vimc/vimc-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using vimc::kRawA;
using vimc::kScaled;

namespace {

struct Case {
  const char* name;
  VimcLie lie;
  const char* cause;
  const char* words;
};
constexpr Case kCases[] = {
    {"wrong-frame", VimcLie::WrongFrame, "protocol", "does not await"},
    {"future-frame", VimcLie::FutureFrame, "protocol", "does not await"},
    {"wrong-buffer", VimcLie::WrongBuffer, "protocol", "is not the one"},
    {"unknown-buffer", VimcLie::UnknownBuffer, "protocol", "is not the one"},
    {"twice", VimcLie::Twice, "protocol", "params_computed"},
    {"nan", VimcLie::Nan, "protocol", "contrast"},
    {"infinite", VimcLie::Infinite, "protocol", "brightness"},
    {"code-out-of-range", VimcLie::CodeOutOfRange, "protocol", "saturation is 256"},
    {"flip-out-of-range", VimcLie::FlipOutOfRange, "protocol", "horizontal_flip is 2"},
    {"even-window", VimcLie::EvenWindow, "protocol", "mean_window is 4"},
    {"wrong-version", VimcLie::WrongVersion, "protocol", "version is 77"},
    {"wrong-size", VimcLie::WrongSize, "protocol", "size is 4"},
    {"other-frame", VimcLie::OtherFrame, "protocol", "are those of frame"},
    {"silent", VimcLie::Silent, "silent", "no answer to compute_params"},
    {"call-fails", VimcLie::CallFails, "protocol", "out of ideas"},
    {"call-refused", VimcLie::CallRefused, "died", "the worker is gone"},
    {"dies", VimcLie::Dies, "died", "killed by signal 9"},
};

std::string field(const Notice& notice, const char* name) {
  for (const auto& [key, value] : notice.fields) {
    if (key == name) {
      const auto* text = std::get_if<std::string>(&value);
      return text ? *text : "";
    }
  }
  return {};
}

std::vector<Notice> of_name(VimcFixture& f, const char* name) {
  const std::lock_guard lock(f.f->mutex);
  std::vector<Notice> found;
  std::ranges::copy_if(f.f->notices, std::back_inserter(found),
                       [name](const Notice& n) { return n.name == name; });
  return found;
}

/* Also where it lies in its first answer, before which nothing streams. */
void test_lie(gconstpointer data) {
  const auto& c = *static_cast<const Case*>(data);
  for (const uint32_t at : {0U, 2U, 5U}) {
    VimcFixture f({}, 50000);
    f.plan->lie = c.lie;
    // A frame that follows is needed to find these out, or one before.
    const bool first_is_right = at == 0 && (c.lie == VimcLie::WrongFrame);
    f.plan->lie_at = first_is_right ? 1 : at;
    f.f->requeue = true;
    f.run({vimc_stream(kScaled), vimc_stream(kRawA)});
    for (uint32_t n = 0; n < 30; n++) {
      f.make_frames();
      g_assert_cmpuint(f.f->done[n].sequence, ==, n);
      if (n == 12) {
        f.wait_notice("camera-ipa-lost");
        f.wait_notice("camera-ipa-recovered");
      }
    }
    CHECK_OK(f.camera().stop());
    g_assert_true(f.f->failures.empty());
    const std::vector<Notice> lost = of_name(f, "camera-ipa-lost");
    g_assert_cmpuint(lost.size(), ==, 1);
    const std::string cause = field(lost[0], "cause");
    g_assert_cmpstr(cause.c_str(), ==, c.cause);
    if (field(lost[0], "message").find(c.words) == std::string::npos)
      g_error("'%s' without '%s'", field(lost[0], "message").c_str(), c.words);
    g_assert_cmpuint(of_name(f, "camera-ipa-recovered").size(), ==, 1);
    g_assert_cmpint(f.plan->connected, ==, 2);
    /* And it can run again. */
    f.f->queued.clear();
    for (const auto& request : f.f->requests)
      request->reuse(true);
    const size_t before = f.f->done.size();
    f.start();
    f.make_frames();
    g_assert_cmpuint(f.f->done[before].sequence, ==, 0);
  }
}

/* What the application set before, while and after an IPA was lost arrives all the same. */
void test_controls_survive() {
  for (const VimcLie lie : {VimcLie::Silent, VimcLie::Dies}) {
    VimcFixture f({}, 200000);
    f.plan->lie = lie;
    f.plan->lie_at = 4;
    f.run({vimc_stream(kScaled)});
    const auto queue = [&f](size_t done, ControlId id, double value) {
      Request& request = *f.f->done.at(done).request;
      request.reuse(true);
      request.controls.set(id, value);
      CHECK_OK(f.f->queue(request));
      f.sync();
    };
    f.make_frames();
    queue(0, ControlId::Brightness, 0.5);  // in the question that is not answered
    f.make_frames();
    queue(1, ControlId::Contrast, 0.7);
    for (size_t n = 2; n < 6; n++) {
      f.make_frames();
      queue(n, ControlId::Contrast, 0.8);
    }
    f.wait_notice("camera-ipa-recovered");
    for (size_t n = 6; n < 10; n++) {
      f.make_frames();
      queue(n, ControlId::Contrast, 0.9);
    }
    g_assert_cmpint(f.value(V4L2_CID_BRIGHTNESS), ==, 178);
    CHECK_OK(f.camera().stop());
    const auto restarted =
        std::ranges::find_if(f.plan->calls, [started = 0](const std::string& call) mutable {
          return call.starts_with("start") && ++started == 2;
        });
    g_assert_true(restarted != f.plan->calls.end());
    g_assert_nonnull(strstr(restarted->c_str(), "brightness=0.5"));
  }
}

/* A late answer is used for the frames that come, and its own says that it went without. */
void test_late() {
  VimcFixture f;
  f.plan->jitter_us = 300000;
  f.f->requeue = true;
  size_t recovering = 0;
  f.f->on_completed = [&](Request& r) {
    if (r.status == Request::Status::Complete &&
        r.metadata.get_or<int32_t>(ControlId::IpaState, -1) == kIpaStateRecovering)
      recovering++;
  };
  f.run({vimc_stream(kScaled)});
  for (uint32_t n = 0; n < 40; n++) {
    f.make_frames();
    g_assert_cmpuint(f.f->done[n].sequence, ==, n);
  }
  CHECK_OK(f.camera().stop());
  g_assert_cmpuint(recovering, >, 0);
  g_assert_true(f.f->failures.empty());
  g_assert_true(of_name(f, "camera-ipa-lost").empty());
}

/* Who wants a thread and no process has no other IPA: the first loss is the end. */
void test_no_replacement() {
  for (const bool limit : {false, true}) {
    VimcFixture f;
    f.plan->lie = VimcLie::Nan;
    f.plan->lie_at = 2;
    CameraOptions options;
    if (limit)
      options.ipa_restart_limit = 0;
    else
      options.ipa_isolation = IpaIsolation::Thread;
    CHECK_OK(f.camera().acquire(options));
    f.configure({vimc_stream(kScaled)});
    f.make_requests(4);
    CHECK_OK(f.camera().start({}));
    f.f->try_queue_all();
    f.f->wait_failed();
    f.f->wait_done(4);
    g_assert_true(f.f->failures[0].message.find("contrast") != std::string::npos);
    CHECK_OK(f.camera().stop());
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  (void)g_main_context_default();  // GLib keeps it once it is made: before descriptors are counted
  for (const Case& c : kCases)
    g_test_add_data_func((std::string("/vimc-ipa/lies/") + c.name).c_str(), &c, test_lie);
  g_test_add_func("/vimc-ipa/controls-survive", test_controls_survive);
  g_test_add_func("/vimc-ipa/late", test_late);
  g_test_add_func("/vimc-ipa/no-replacement", test_no_replacement);
  return g_test_run();
}
