/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc of the built plugin with the hostile module of tests/ipc/hostile: whatever the module
 * does, every frame comes, and the bus tells of each loss and of the worker that took over. One
 * order of each class; the table's others are escape-stream's.
 */
#include "tests/gst/element-fixture.h"
#include "tests/ipc/hostile/ordered-module.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::hostile;

namespace {

constexpr int kFramesAfter = 10;

struct Misdeed {
  const char* call;
  const char* deed;
  const char* cause;  // as the message has it
};
constexpr Misdeed kMisdeeds[] = {
    {"compute_params", "segfault", "died"},
    {"process_stats", "fork", "died"},  // killed by the system call filter
    {"compute_params", "loop", "silent"},
    {"compute_params", "silent", "silent"},
    {"process_stats", "silent", "protocol"},  // its next answer is out of turn
    {"compute_params", "flood-events", "protocol"},
    {"compute_params", "raw-garbage", "protocol"},
    {"compute_params", "unknown-frame", "protocol"},
    {"compute_params", "params-ones", "protocol"},
    {"compute_params", "params-nan-gain", "protocol"},
    {"process_stats", "controls-infinite-gain", "protocol"},
    {"process_stats", "metadata-out-of-range", "protocol"},
};

/* A folder of modules in which the simulated camera's is this one. */
class ModuleFolder {
 public:
  explicit ModuleFolder(const std::string& module) : link_(std::string(folder_.get()) + kName) {
    g_assert_cmpint(symlink(module.c_str(), link_.c_str()), ==, 0);
    g_setenv("GST_CAMERA_IPA_PATH", folder_.get(), TRUE);
  }
  ~ModuleFolder() {
    unlink(link_.c_str());
    g_assert_cmpint(rmdir(folder_.get()), ==, 0);
  }
  ModuleFolder(const ModuleFolder&) = delete;
  ModuleFolder& operator=(const ModuleFolder&) = delete;

 private:
  static constexpr char kName[] = "/simulated.so";
  CharPtr folder_{g_dir_make_tmp("gst-camera-modules-XXXXXX", nullptr)};
  std::string link_;
};

/* What the bus has said so far. */
struct Told {
  int lost = 0;
  int recovered = 0;
  std::string first_cause;

  void listen(TestPipeline& p) {
    for (;;) {
      const MessagePtr message(gst_bus_pop_filtered(
          p.bus.get(), static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR)));
      if (!message)
        return;
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR)
        g_error("the stream failed: %s", TestPipeline::error_of(message.get()).c_str());
      recovered += gst_message_has_name(message.get(), "camera-ipa-recovered") ? 1 : 0;
      if (!gst_message_has_name(message.get(), "camera-ipa-lost"))
        continue;
      const char* cause =
          gst_structure_get_string(gst_message_get_structure(message.get()), "cause");
      if (lost++ == 0)
        first_cause = cause ? cause : "";
    }
  }
};

void test_stream_goes_on(gconstpointer data) {
  const auto& misdeed = *static_cast<const Misdeed*>(data);
  const OrderedModule ordered(misdeed.call, misdeed.deed);
  const ModuleFolder folder(ordered.path());
  /* So slow that a busy machine does not miss a frame by itself. */
  TestPipeline p(to_appsink("ipa-isolation=worker",
                            "video/x-raw,format=NV12,width=320,height=240,framerate=10/1"));
  p.play();
  Told told;
  guint64 next = 0;
  int frames = 0;
  for (int after = 0; after < kFramesAfter; frames++) {
    const SamplePtr sample = p.pull();
    g_assert_nonnull(sample.get());
    const guint64 number = GST_BUFFER_OFFSET(gst_sample_get_buffer(sample.get()));
    if (frames > 0)
      g_assert_cmpuint(number, ==, next);
    next = number + 1;
    told.listen(p);
    after += told.recovered > 0 && told.recovered == told.lost ? 1 : 0;
    g_assert_cmpint(frames, <, 300);
  }
  g_test_message("%d frames, %d times lost", frames, told.lost);
  g_assert_cmpint(told.lost, >=, 1);
  g_assert_cmpstr(told.first_cause.c_str(), ==, misdeed.cause);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  gst_init(&argc, &argv);
  for (const Misdeed& misdeed : kMisdeeds) {
    const std::string path =
        std::string("/gst/hostile-module/") + misdeed.call + "/" + misdeed.deed;
    g_test_add_data_func(path.c_str(), &misdeed, test_stream_goes_on);
  }
  return g_test_run();
}
