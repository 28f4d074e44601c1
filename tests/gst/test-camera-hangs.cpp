/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc whose driver hangs, in each call that is made of it: an error says so, no change of
 * state waits for it longer than its time, nothing is freed under its hands, and the same pipeline
 * streams when it is back. And a camera that just sends nothing any more.
 */
#include "tests/gst/live-pipeline.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kCaps = "video/x-raw,format=NV12,width=320,height=240";

std::shared_ptr<FakeScript> hanging_camera(const char* method) {
  auto script = use_camera(FakeScript::Pace::Live);
  script->streams[0].frame_duration_preferred = 2000000;
  script->time_limit = 500ms;
  script->hang_in = method;
  return script;
}

void assert_hangs(const Posted& error) {
  g_test_message("%s", error.text.c_str());
  g_assert_cmpstr(g_quark_to_string(error.domain), ==, g_quark_to_string(GST_RESOURCE_ERROR));
  g_assert_cmpint(error.code, ==, GST_RESOURCE_ERROR_READ);
  g_assert_true(error.says("camera 'fake/0' hangs"));
  g_assert_true(error.says("unplug it"));
}

void assert_nothing_is_left(const FakeScript& script) {
  g_assert_cmpint(script.opened, ==, script.closed);
  g_assert_cmpint(script.started, ==, script.stopped);
  g_assert_cmpint(script.wrong_order, ==, 0);
  g_assert_cmpint(script.wrong_thread, ==, 0);
}

void test_on_the_way_up(gconstpointer method) {
  const auto script = hanging_camera(static_cast<const char*>(method));
  LivePipeline p("", kCaps);
  if (p.set_state(GST_STATE_PLAYING))
    g_assert_false(p.wait_frames(1));
  assert_hangs(*p.error());
  g_assert_true(p.set_state(GST_STATE_NULL));
  g_assert_cmpint(p.errors(), ==, 1);
  /* While it hangs it is nobody's. */
  p.forget();
  g_assert_false(p.set_state(GST_STATE_READY));
  g_assert_cmpint(p.error()->code, ==, GST_RESOURCE_ERROR_BUSY);
  g_assert_true(p.error()->says("hangs since"));
  p.set_state(GST_STATE_NULL);
  script->come_back();
  assert_streams_again(p);
  assert_nothing_is_left(*script);
}

/* With requests that it has, and buffers downstream. */
void test_on_the_way_down(gconstpointer method) {
  const auto script = hanging_camera(static_cast<const char*>(method));
  LivePipeline p("", kCaps);
  p.hold(1);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(3));
  for (const GstState state : {GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_NULL})
    g_assert_true(p.set_state(state));
  assert_hangs(*p.error());
  g_assert_cmpint(p.errors(), ==, 1);
  script->come_back();
  assert_streams_again(p);
  for (const BufferPtr& held : p.drop()) {
    GstMapInfo map;
    g_assert_true(gst_buffer_map(held.get(), &map, GST_MAP_READ));
    g_assert_cmpuint(map.size, ==, size_t{320} * 240 * 3 / 2);
    gst_buffer_unmap(held.get(), &map);
  }
  assert_nothing_is_left(*script);
}

/* The application does not wait for it: element and pipeline are gone when it comes back. */
void test_forgotten(gconstpointer method) {
  const auto script = hanging_camera(static_cast<const char*>(method));
  {
    LivePipeline p("", kCaps);
    if (p.set_state(GST_STATE_PLAYING))
      p.wait_frames(3);
    p.set_state(GST_STATE_NULL);
    assert_hangs(*p.error());
  }
  script->come_back();
  LivePipeline p("", kCaps);
  assert_streams_again(p);
  assert_nothing_is_left(*script);
}

/* The device is lost, and its driver hangs over that: the application learns what was first. */
void test_failed() {
  const auto script = hanging_camera("stop");
  script->fail_at_frame = 4;
  LivePipeline p("", kCaps);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_false(p.wait_frames(100));
  g_assert_true(p.error()->says("was told to fail"));
  g_assert_true(p.set_state(GST_STATE_NULL));
  g_assert_cmpint(p.errors(), ==, 2);  // the other one is that it hangs
  script->fail_at_frame.reset();
  script->come_back();
  assert_streams_again(p);
  assert_nothing_is_left(*script);
}

/* It was only slow, and is mostly back when it is closed. */
void test_slow() {
  const auto script = hanging_camera("stop");
  LivePipeline p("", kCaps);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(3));
  g_assert_true(p.set_state(GST_STATE_READY));
  assert_hangs(*p.error());
  script->come_back();
  g_assert_true(p.set_state(GST_STATE_NULL));
  assert_streams_again(p);
  assert_nothing_is_left(*script);
}

void test_silent() {
  const auto script = use_camera(FakeScript::Pace::Fast);
  script->hang_at_frame = 4;
  LivePipeline p("", kCaps);
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(4));
  const gint64 begin = g_get_monotonic_time();
  const Posted warning = p.wait_warning();
  g_assert_cmpint(g_get_monotonic_time() - begin, >=, 4 * G_USEC_PER_SEC);
  g_test_message("%s", warning.text.c_str());
  g_assert_true(warning.says("camera 'fake/0' has sent no frame for 5 s"));
  g_assert_true(p.set_state(GST_STATE_NULL));
  g_assert_cmpuint(p.warnings().size(), ==, 1);
}

}  // namespace

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  for (const char* method : {"open", "configure", "allocate_buffer", "start"})
    g_test_add_data_func((std::string("/camera-hangs/up/") + method).c_str(), method,
                         test_on_the_way_up);
  for (const char* method : {"stop", "close"})
    g_test_add_data_func((std::string("/camera-hangs/down/") + method).c_str(), method,
                         test_on_the_way_down);
  for (const char* method : {"start", "stop", "close"})
    g_test_add_data_func((std::string("/camera-hangs/forgotten/") + method).c_str(), method,
                         test_forgotten);
  g_test_add_func("/camera-hangs/failed", test_failed);
  g_test_add_func("/camera-hangs/slow", test_slow);
  g_test_add_func("/camera-hangs/silent", test_silent);
  return g_test_run();
}
