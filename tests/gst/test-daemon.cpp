/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc of the built plugin, with the simulated camera's IPA in a worker that is a service.
 */
#include "tests/gst/element-fixture.h"
#include "tests/ipc/daemon-fixture.h"
#include "tests/keep-time.h"

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

/* Pulls frames, none of which may be missing, until the messages came and `more` frames after. */
void pull_until_recovered(TestPipeline& p, guint64& next, int times, int more) {
  int lost = 0;
  int recovered = 0;
  while (more > 0) {
    const SamplePtr sample = p.pull();
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    if (next != 0)
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), ==, next);
    next = GST_BUFFER_OFFSET(buffer) + 1;
    more -= recovered == times ? 1 : 0;
    while (const MessagePtr message{gst_bus_pop(p.bus.get())}) {
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR)
        g_error("%s", TestPipeline::error_of(message.get()).c_str());
      lost += gst_message_has_name(message.get(), "camera-ipa-lost") ? 1 : 0;
      recovered += gst_message_has_name(message.get(), "camera-ipa-recovered") ? 1 : 0;
    }
  }
  g_assert_cmpint(lost, ==, times);
  g_assert_cmpint(recovered, ==, times);
}

/* The service is gone for a while, and comes back: the stream goes on all the time. */
void test_restarted() {
  const SocketFolder at;
  auto daemon = std::make_unique<Daemon>(at, module());
  TestPipeline p(launch(at));
  for (int start = 0; start < 2; start++) {
    p.play();
    guint64 next = 0;
    pull_until_recovered(p, next, 0, 10);
    for (int i = 0; i < 2; i++) {
      daemon->kill();
      for (int frame = 0; frame < 15; frame++, next++)
        g_assert_cmpuint(GST_BUFFER_OFFSET(gst_sample_get_buffer(p.pull().get())), ==, next);
      daemon = std::make_unique<Daemon>(at, module());
      pull_until_recovered(p, next, 1, 10);
    }
    p.set_state(GST_STATE_NULL);
  }
}

/* An application that is killed: the service listens again. */
void test_application_killed() {
  const SocketFolder at;
  const Daemon daemon(at, module());
  for (int i = 0; i < 2; i++) {
    ErrorOut error;
    const auto application = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "--application",
                         at.address.c_str(), nullptr));
    g_assert_nonnull(application.get());
    const auto lines = ObjectPtr<GDataInputStream>::adopt(
        g_data_input_stream_new(g_subprocess_get_stdout_pipe(application.get())));
    const CharPtr line(g_data_input_stream_read_line(lines.get(), nullptr, nullptr, nullptr));
    g_assert_cmpstr(line.get(), ==, "streams");
    g_subprocess_send_signal(application.get(), SIGKILL);
    g_assert_true(g_subprocess_wait(application.get(), nullptr, nullptr));
    TestPipeline p(launch(at));
    p.play();
    p.pull_some(5);
  }
}

/* What is killed there. */
[[noreturn]] void be_application(const char* address) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  TestPipeline p(to_appsink(std::string("ipa-address=") + address,
                            "video/x-raw,format=NV12,width=320,height=240"));
  p.play();
  p.pull_some(5);
  g_print("streams\n");
  for (;;)
    p.pull_some(1);
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
  keep_time();
  if (argc == 3 && strcmp(argv[1], "--application") == 0) {
    gst_init(&argc, &argv);
    be_application(argv[2]);
  }
  g_test_init(&argc, &argv, nullptr);
  gst_init(&argc, &argv);
  g_test_add_func("/gst/daemon/starts", test_starts);
  g_test_add_func("/gst/daemon/restarted", test_restarted);
  g_test_add_func("/gst/daemon/application-killed", test_application_killed);
  g_test_add_func("/gst/daemon/property", test_property);
  return g_test_run();
}
