/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc with the simulated camera: the whole way of a frame, with the IPA in both hosts. */
#include <gst/video/video.h>

#include <string>

#include "gst/gst-camera-meta.h"
#include "pipelines/registry.h"
#include "tests/gst/element-fixture.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using namespace gstcam::test;

static const char* const kSmall = "video/x-raw,width=320,height=240,framerate=60/1";

static std::string properties(gconstpointer host, const char* more = "") {
  return std::string("ipa-isolation=") + static_cast<const char*>(host) + " " + more;
}

static void test_streams(gconstpointer host) {
  TestPipeline p(to_appsink(properties(host, "num-buffers=15"), kSmall));
  p.play();
  int frames = 0;
  GstClockTime last = 0;
  while (const SamplePtr sample = p.pull()) {
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    const GstStructure* s = gst_buffer_get_camera_meta(buffer);
    g_assert_nonnull(s);
    g_assert_cmpstr(gst_structure_get_string(s, "ipa-host"), ==, static_cast<const char*>(host));
    for (const char* field : {"exposure-time", "analogue-gain", "colour-gains",
                              "colour-temperature", "sensor-timestamp", "ae-state", "awb-state"})
      g_assert_true(gst_structure_has_field(s, field));
    if (frames > 0)
      g_assert_cmpuint(GST_BUFFER_PTS(buffer), >, last);
    last = GST_BUFFER_PTS(buffer);
    frames++;
  }
  g_assert_cmpint(frames, ==, 15);
}

static void test_controls(gconstpointer host) {
  TestPipeline p(to_appsink(properties(host, "ae-mode=manual exposure-time=2000"), kSmall));
  p.play();
  for (const int us : {2000, 4000}) {
    g_object_set(p.src.get(), "exposure-time", us, nullptr);
    int value = 0;
    for (int i = 0; i < 60 && std::abs(value - us) > us / 20; i++) {
      const SamplePtr sample = p.pull();
      const GstStructure* s = gst_buffer_get_camera_meta(gst_sample_get_buffer(sample.get()));
      g_assert_true(gst_structure_get_int(s, "exposure-time", &value));
    }
    g_assert_cmpint(std::abs(value - us), <=, us / 20);
  }
}

static void test_formats(gconstpointer host) {
  for (const char* format : {"NV12", "I420", "YUY2", "RGBx", "BGRx", "RGB"}) {
    TestPipeline p(
        to_appsink(properties(host, "num-buffers=2"), std::string(kSmall) + ",format=" + format));
    p.play();
    const SamplePtr sample = p.pull();
    GstVideoInfo info;
    g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
    GstVideoFrame frame;
    g_assert_true(
        gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample.get()), GST_MAP_READ));
    gst_video_frame_unmap(&frame);
  }
}

static void test_renegotiation(gconstpointer host) {
  TestPipeline p(
      to_appsink(properties(host), std::string("capsfilter name=filter caps=") + kSmall));
  p.play();
  p.pull_some(3);
  const auto filter = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), "filter"));
  for (const int width : {640, 320, 640}) {
    const CapsPtr caps(gst_caps_new_simple("video/x-raw", "width", G_TYPE_INT, width, "height",
                                           G_TYPE_INT, width * 3 / 4, nullptr));
    g_object_set(filter.get(), "caps", caps.get(), nullptr);
    bool changed = false;
    for (int i = 0; i < 60 && !changed; i++) {
      const SamplePtr sample = p.pull();
      GstVideoInfo info;
      g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
      changed = GST_VIDEO_INFO_WIDTH(&info) == width;
    }
    g_assert_true(changed);
  }
}

/** 200 lives of the pipeline give everything back. */
static void test_cycles(gconstpointer host) {
  TestPipeline p(to_appsink(properties(host), kSmall));
  const auto cycle = [&p](int i) {
    p.play();
    p.pull_some(i % 3);
    p.set_state(GST_STATE_NULL);
  };
  /* The last one of each pulls nothing: appsink keeps the last sample it gave away. */
  for (int i = 0; i < 10; i++)
    cycle(i);
  const Holdings before;
  for (int i = 0; i <= 201; i++)
    cycle(i);
  const Holdings after;
  /* GLib gives up its watch of a process in its own time, and its pool keeps threads that idle; one
   * a round would be 200. */
  g_assert_cmpuint(after.fds, <=, before.fds + 4);
  g_assert_cmpuint(after.threads, <=, before.threads + 4);
  g_assert_cmpuint(after.mappings, ==, before.mappings);
  g_assert_cmpuint(after.shm, ==, before.shm);
  g_assert_false(after.children);
}

static void test_missing_tuning(gconstpointer host) {
  TestPipeline p(to_appsink(properties(host, "tuning-file=/no/such/tuning.yaml"), kSmall));
  p.play_or_fail();
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  const std::string text = TestPipeline::error_of(message.get());
  g_assert_nonnull(strstr(text.c_str(), "/no/such/tuning.yaml"));
  /* Usable afterwards. */
  p.set_state(GST_STATE_NULL);
  g_object_set(p.src.get(), "tuning-file", nullptr, nullptr);
  p.play();
  p.pull_some(2);
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  set_pipeline_factories(pipeline_factories);
  const struct {
    const char* name;
    GTestDataFunc function;
  } tests[] = {
      {"streams", test_streams}, {"controls", test_controls},
      {"formats", test_formats}, {"renegotiation", test_renegotiation},
      {"cycles", test_cycles},   {"missing-tuning", test_missing_tuning},
  };
  for (const char* host : {"thread", "worker"}) {
    for (const auto& test : tests) {
      const std::string path = std::string("/camera-src-simulated/") + host + "/" + test.name;
      g_test_add_data_func(path.c_str(), host, test.function);
    }
  }
  return g_test_run();
}
