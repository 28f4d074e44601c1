/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc of the built plugin, with the simulated camera's IPA in a worker that is a service.
 */
#include "tests/gst/element-fixture.h"
#include "tests/ipc/daemon-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

std::string module() {
  return std::string(g_getenv("GST_CAMERA_IPA_PATH")) + "/simulated/simulated.so";
}

std::string launch(const SocketFolder& at) {
  return to_appsink("ipa-address=" + at.address, "video/x-raw,format=NV12,width=320,height=240");
}

void test_starts() {
  const SocketFolder at;
  const Daemon daemon(at, module());
  for (int i = 0; i < 2; i++) {
    TestPipeline p(launch(at));
    p.play();
    p.pull_some(5);
    p.set_state(GST_STATE_NULL);
    p.play();
    p.pull_some(5);
  }
}

/* Frames that are on their way may still come; then either they go on, or one error says why. */
void test_restarted() {
  const SocketFolder at;
  auto daemon = std::make_unique<Daemon>(at, module());
  for (int i = 0; i < 2; i++) {
    TestPipeline p(launch(at));
    p.play();
    p.pull_some(5);
    daemon->kill();
    daemon = std::make_unique<Daemon>(at, module());
    bool failed = false;
    for (int frames = 0; frames < 60 && !failed; frames++) {
      const SamplePtr sample(
          gst_app_sink_try_pull_sample(GST_APP_SINK(p.sink.get()), 5 * GST_SECOND));
      failed = !sample;
    }
    if (failed) {
      const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
      const std::string text = TestPipeline::error_of(message.get());
      g_test_message("%s", text.c_str());
      g_assert_nonnull(strstr(text.c_str(), "IPA"));
    } else {
      g_test_message("the stream went on");
    }
    p.set_state(GST_STATE_NULL);
    p.play();  // the same element, with the new service
    p.pull_some(5);
  }
}

void test_property() {
  TestPipeline p("camerasrc name=src ! fakesink name=sink");
  char* text = nullptr;
  g_object_get(p.src.get(), "ipa-address", &text, nullptr);
  g_assert_null(text);
  g_object_set(p.src.get(), "ipa-address", "unix:path=/nonexistent/socket", nullptr);
  g_object_get(p.src.get(), "ipa-address", &text, nullptr);
  g_assert_cmpstr(text, ==, "unix:path=/nonexistent/socket");
  g_free(text);
  g_assert_cmpint(p.set_state(GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  g_assert_nonnull(strstr(TestPipeline::error_of(message.get()).c_str(), "/nonexistent/socket"));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  gst_init(&argc, &argv);
  g_test_add_func("/gst/daemon/starts", test_starts);
  g_test_add_func("/gst/daemon/restarted", test_restarted);
  g_test_add_func("/gst/daemon/property", test_property);
  return g_test_run();
}
