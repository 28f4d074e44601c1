/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a camera has to tell beside frames: element messages, and the properties that show the
 * status of its IPA.
 */
#include "tests/gst/element-fixture.h"

namespace gstcam::test {
namespace {

MessagePtr next_message(TestPipeline& p, const char* name) {
  for (;;) {
    MessagePtr message = p.wait_for(GST_MESSAGE_ELEMENT);
    if (gst_message_has_name(message.get(), name))
      return message;
  }
}

/* A notice before anybody listens is kept, one of a running camera comes at once. */
void test_messages() {
  const auto script = use_camera();
  script->open_notices = {{"camera-isolation",
                           {{"level", std::string("seccomp")}},
                           Error(Error::Code::NotFound, "no bubblewrap", "install bubblewrap")}};
  script->notice_at[3] = {"camera-ipa-lost",
                          {{"pid", int64_t{4711}},
                           {"cause", std::string("died \xff")},
                           {"share", 0.5},
                           {"worker", true}},
                          {}};
  TestPipeline p(to_appsink("num-buffers=10"));
  p.play();
  MessagePtr warning = p.wait_for(GST_MESSAGE_WARNING);
  g_assert_nonnull(strstr(TestPipeline::error_of(warning.get()).c_str(), "install bubblewrap"));
  const MessagePtr level = next_message(p, "camera-isolation");
  g_assert_cmpstr(gst_structure_get_string(gst_message_get_structure(level.get()), "level"), ==,
                  "seccomp");
  p.pull_some(10);
  const MessagePtr lost = next_message(p, "camera-ipa-lost");
  const GstStructure* fields = gst_message_get_structure(lost.get());
  gint64 pid = 0;
  gdouble share = 0;
  gboolean worker = FALSE;
  g_assert_true(gst_structure_get(fields, "pid", G_TYPE_INT64, &pid, "share", G_TYPE_DOUBLE, &share,
                                  "worker", G_TYPE_BOOLEAN, &worker, nullptr));
  g_assert_cmpint(pid, ==, 4711);
  g_assert_cmpfloat(share, ==, 0.5);
  g_assert_true(worker);
  g_assert_true(g_utf8_validate(gst_structure_get_string(fields, "cause"), -1, nullptr));
}

void test_properties() {
  const auto script = use_camera();
  script->status.pid = 815;
  script->status.isolation_level = "seccomp,rlimits";
  script->status.stats = {{"losses", int64_t{7}}};
  TestPipeline p(to_appsink("ipa-restart-limit=17"));
  const auto read = [&p](int& pid, CharPtr& level, gint64& losses) {
    char* text = nullptr;
    GstStructure* stats = nullptr;
    g_object_get(p.src.get(), "ipa-pid", &pid, "isolation-level", &text, "ipa-stats", &stats,
                 nullptr);
    level.reset(text);
    losses = -1;
    gst_structure_get_int64(stats, "losses", &losses);
    gst_structure_free(stats);
  };
  int pid = -1;
  CharPtr level;
  gint64 losses = 0;
  read(pid, level, losses);  // no camera yet
  g_assert_cmpint(pid, ==, 0);
  g_assert_cmpstr(level.get(), ==, "");
  g_assert_cmpint(losses, ==, -1);
  p.play();
  p.pull_some(2);
  read(pid, level, losses);
  g_assert_cmpint(pid, ==, 815);
  g_assert_cmpstr(level.get(), ==, "seccomp,rlimits");
  g_assert_cmpint(losses, ==, 7);
  g_assert_cmpuint(script->restart_limit, ==, 17);
}

}  // namespace
}  // namespace gstcam::test

int main(int argc, char** argv) {
  gstcam::test::init_element_test(&argc, &argv);
  g_test_add_func("/gst/notices/messages", gstcam::test::test_messages);
  g_test_add_func("/gst/notices/properties", gstcam::test::test_properties);
  return g_test_run();
}
