/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: device-hang PID
 * camerasrc whose webcam hangs under a kernel of its own (tests/vm): the process of a webcam
 * (tests/vm/webcam), the only camera there is, is stopped. It then answers nothing, not even that
 * the kernel gives up, so a driver's call does not come back before the process goes on.
 *
 * The application is told that no frames come, then that the driver hangs; every change of state
 * comes back in time; and the same pipeline streams when the webcam goes on.
 */
#include <csignal>

#include "pipelines/registry.h"
#include "tests/gst/live-pipeline.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

pid_t webcam = 0;

void assert_hangs(const Posted& error) {
  g_test_message("%s", error.text.c_str());
  g_assert_cmpstr(g_quark_to_string(error.domain), ==, g_quark_to_string(GST_RESOURCE_ERROR));
  g_assert_true(error.says("hangs"));
}

void test_while_it_streams() {
  LivePipeline p;
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(5));
  g_assert_cmpint(kill(webcam, SIGSTOP), ==, 0);
  g_assert_true(p.wait_warning().says("has sent no frame"));
  g_assert_false(p.error().has_value());
  for (const GstState state : {GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_NULL})
    g_assert_true(p.set_state(state));
  assert_hangs(*p.error());
  p.forget();
  g_assert_false(p.set_state(GST_STATE_READY));
  g_assert_true(p.error()->says("hangs since"));
  p.set_state(GST_STATE_NULL);
  g_assert_cmpint(kill(webcam, SIGCONT), ==, 0);
  assert_streams_again(p);
}

void test_on_the_way_up() {
  LivePipeline p;
  g_assert_cmpint(kill(webcam, SIGSTOP), ==, 0);
  if (p.set_state(GST_STATE_PLAYING))
    g_assert_false(p.wait_frames(1));
  assert_hangs(*p.error());
  p.set_state(GST_STATE_NULL);
  g_assert_cmpint(kill(webcam, SIGCONT), ==, 0);
  assert_streams_again(p);
}

}  // namespace

int main(int argc, char** argv) {
  g_setenv("GST_CAMERA_PIPELINES", "uvcvideo", TRUE);
  init_element_test(&argc, &argv);
  set_pipeline_factories(pipeline_factories);
  if (argc != 2 || (webcam = static_cast<pid_t>(std::strtol(argv[1], nullptr, 10))) <= 0) {
    g_printerr("usage: device-hang PID\n");
    return 2;
  }
  g_test_add_func("/device-hang/while-it-streams", test_while_it_streams);
  g_test_add_func("/device-hang/on-the-way-up", test_on_the_way_up);
  return g_test_run();
}
