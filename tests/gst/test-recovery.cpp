/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc with a worker that is lost, in every way there is: the stream goes on without a gap,
 * and the bus tells of one loss and one recovery. Where too many are lost, one error tells all
 * there is to know.
 */
#include <filesystem>

#include "pipelines/registry.h"
#include "tests/gst/element-fixture.h"
#include "tests/keep-time.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

constexpr char kSmall[] = "video/x-raw,format=NV12,width=320,height=240,framerate=30/1";

/* A tuning file whose name tells the module how to fail. */
class Order {
 public:
  explicit Order(const char* name) {
    namespace fs = std::filesystem;
    const fs::path tuning = fs::path(g_getenv("GST_CAMERA_DATA_PATH")) / "simulated.yaml";
    fs::copy_file(tuning, path(name));
    text_ = "tuning-file=" + path(name);
  }
  ~Order() { std::filesystem::remove_all(folder_.get()); }
  Order(const Order&) = delete;
  Order& operator=(const Order&) = delete;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] std::string path(const char* name) const {
    return std::string(folder_.get()) + "/" + name + ".yaml";
  }
  CharPtr folder_{g_dir_make_tmp("gst-camera-order-XXXXXX", nullptr)};
  std::string text_;
};

struct Told {
  std::vector<MessagePtr> lost;
  std::vector<MessagePtr> recovered;
  int errors = 0;
  std::string error;
};

void note(MessagePtr message, Told& told) {
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
    told.errors++;
    told.error = TestPipeline::error_of(message.get());
  } else if (gst_message_has_name(message.get(), "camera-ipa-lost")) {
    told.lost.push_back(std::move(message));
  } else if (gst_message_has_name(message.get(), "camera-ipa-recovered")) {
    told.recovered.push_back(std::move(message));
  }
}

/* All that is on the bus now. */
void look(TestPipeline& p, Told& told) {
  while (MessagePtr message{gst_bus_pop(p.bus.get())})
    note(std::move(message), told);
}

gint64 number(const MessagePtr& message, const char* field) {
  gint64 value = -1;
  g_assert_true(gst_structure_get_int64(gst_message_get_structure(message.get()), field, &value));
  return value;
}

gint64 stat(TestPipeline& p, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(p.src.get(), "ipa-stats", &stats, nullptr);
  gint64 value = -1;
  gst_structure_get_int64(stats, name, &value);
  gst_structure_free(stats);
  return value;
}

struct Row {
  const char* order;
  const char* cause;    // of the message
  const char* counter;  // of ipa-stats
  const char* says;     // in the message
};
constexpr Row kRows[] = {
    {"dies", "died", "losses-died", "signal 11"},
    {"hangs", "silent", "losses-silent", "no answer to compute_params"},
    {"lies", "protocol", "losses-protocol", "params_computed"},
    {"floods", "protocol", "losses-protocol", "too many events"},
    {"babbles", "protocol", "losses-protocol", "writes too much"},
};

void test_lost(gconstpointer data) {
  const auto& row = *static_cast<const Row*>(data);
  const Order order(row.order);
  TestPipeline p(to_appsink(order.text(), kSmall));
  p.play();
  Told told;
  guint64 next = 0;
  for (int after = 0; after < 20; after += told.recovered.empty() ? 0 : 1) {
    const SamplePtr sample = p.pull();
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    if (next != 0)
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), ==, next);
    next = GST_BUFFER_OFFSET(buffer) + 1;
    look(p, told);
  }
  g_assert_cmpint(told.errors, ==, 0);
  g_assert_cmpuint(told.lost.size(), ==, 1);
  g_assert_cmpuint(told.recovered.size(), ==, 1);
  const GstStructure* lost = gst_message_get_structure(told.lost[0].get());
  g_assert_cmpstr(gst_structure_get_string(lost, "cause"), ==, row.cause);
  g_test_message("%s", gst_structure_get_string(lost, "message"));
  g_assert_nonnull(strstr(gst_structure_get_string(lost, "message"), row.says));
  g_assert_cmpint(number(told.lost[0], "pid"), >, 0);
  g_assert_cmpint(number(told.lost[0], "pid"), ==, number(told.recovered[0], "lost-pid"));
  g_assert_cmpint(number(told.recovered[0], "pid"), >, 0);
  g_assert_cmpint(stat(p, "losses"), ==, 1);
  g_assert_cmpint(stat(p, row.counter), ==, 1);
}

/* Whoever takes over fails too: after so many losses one error, with the worker's last words. */
void test_limit() {
  const Order order("always");
  TestPipeline p(to_appsink(order.text() + " ipa-restart-limit=3", kSmall));
  p.play();
  Told told;
  // The end of the stream follows the error.
  while (const SamplePtr sample = p.pull())
    look(p, told);
  while (told.errors == 0) {
    MessagePtr message(gst_bus_timed_pop(p.bus.get(), kTestTimeout));
    g_assert_nonnull(message.get());
    note(std::move(message), told);
  }
  look(p, told);
  g_assert_cmpint(told.errors, ==, 1);
  g_test_message("%s", told.error.c_str());
  for (const char* says : {"signal 11", "the lens is foggy", "ipa-restart-limit", "worker process"})
    g_assert_nonnull(strstr(told.error.c_str(), says));
  g_assert_null(strstr(told.error.c_str(), "process 0"));
  g_assert_cmpuint(told.lost.size(), ==, 4);
  g_assert_cmpuint(told.recovered.size(), ==, 3);
  for (const MessagePtr& lost : told.lost) {
    const GstStructure* s = gst_message_get_structure(lost.get());
    g_assert_nonnull(strstr(gst_structure_get_string(s, "last-words"), "the lens is foggy"));
  }
}

/* 0: the first loss is the end. */
void test_no_restart() {
  const Order order("dies");
  TestPipeline p(to_appsink(order.text() + " ipa-restart-limit=0", kSmall));
  p.play();
  while (p.pull()) {
  }
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  g_assert_nonnull(strstr(TestPipeline::error_of(message.get()).c_str(), "the lens is foggy"));
}

}  // namespace

int main(int argc, char** argv) {
  keep_time_fairly();  // one of the workers babbles as fast as it can
  init_element_test(&argc, &argv);
  set_pipeline_factories(pipeline_factories);
  for (const Row& row : kRows)
    g_test_add_data_func((std::string("/gst/recovery/") + row.order).c_str(), &row, test_lost);
  g_test_add_func("/gst/recovery/limit", test_limit);
  g_test_add_func("/gst/recovery/no-restart", test_no_restart);
  return g_test_run();
}
