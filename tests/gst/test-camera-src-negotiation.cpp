/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc over fake cameras: caps, negotiation, allocation, renegotiation. */
#include <gst/allocators/allocators.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

static std::shared_ptr<FakeScript> use_full_camera(FakeScript::Pace pace) {
  auto script = use_camera(pace);
  const std::span<const PixelFormat> formats = software_isp_formats();
  script->streams[0].modes[0].formats.assign(formats.begin(), formats.end());
  return script;
}

static GstVideoInfo info_of(GstSample* sample) {
  GstVideoInfo info;
  g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
  return info;
}

static CapsPtr caps_of_src(const TestPipeline& p) {
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
  return CapsPtr(gst_pad_query_caps(pad.get(), nullptr));
}

static bool accepts(const CapsPtr& caps, const char* text) {
  const CapsPtr wanted(gst_caps_from_string(text));
  return gst_caps_can_intersect(caps.get(), wanted.get()) != FALSE;
}

static void test_caps_query() {
  use_full_camera(FakeScript::Pace::Fast);
  TestPipeline p(to_appsink());
  const CapsPtr any = caps_of_src(p);
  g_assert_true(accepts(any, "video/x-raw,format=NV12,width=8192,height=8192,framerate=500/1"));

  p.set_state(GST_STATE_READY);
  const CapsPtr caps = caps_of_src(p);
  for (const char* format : {"NV12", "I420", "YUY2", "RGBx", "BGRx", "RGB"}) {
    const std::string text = std::string("video/x-raw,format=") + format +
                             ",width=640,height=480,framerate=30/1,pixel-aspect-ratio=1/1";
    g_assert_true(accepts(caps, text.c_str()));
  }
  g_assert_true(accepts(caps, "video/x-raw,format=NV12,colorimetry=bt601"));
  g_assert_true(accepts(caps, "video/x-raw,format=NV12,colorimetry=bt709"));
  g_assert_true(accepts(caps, "video/x-raw,format=RGB,colorimetry=sRGB"));
  g_assert_true(accepts(caps, "video/x-raw,framerate=1000/1"));
  g_assert_true(accepts(caps, "video/x-raw,framerate=1/1"));
  g_assert_false(accepts(caps, "video/x-raw,framerate=1001/1"));
  g_assert_false(accepts(caps, "video/x-raw,framerate=1/2"));
  g_assert_false(accepts(caps, "video/x-raw,format=RGB,colorimetry=bt601"));
  g_assert_false(accepts(caps, "video/x-raw,width=641"));
  g_assert_false(accepts(caps, "video/x-raw,width=642"));
  g_assert_false(accepts(caps, "video/x-raw,width=14"));
  g_assert_false(accepts(caps, "video/x-raw,width=63"));
  g_assert_false(accepts(caps, "video/x-raw,format=GRAY8"));
  g_assert_false(accepts(caps, "video/x-raw(memory:DMABuf),format=NV12"));
}

static void test_preferred() {
  use_full_camera(FakeScript::Pace::Fast);
  TestPipeline p(to_appsink());
  p.play();
  const SamplePtr sample = p.pull();
  const GstVideoInfo info = info_of(sample.get());
  g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, GST_VIDEO_FORMAT_NV12);
  g_assert_cmpint(GST_VIDEO_INFO_WIDTH(&info), ==, 320);
  g_assert_cmpint(GST_VIDEO_INFO_HEIGHT(&info), ==, 240);
  g_assert_cmpint(GST_VIDEO_INFO_FPS_N(&info), ==, 100);
  g_assert_true(gst_video_colorimetry_matches(&info.colorimetry, GST_VIDEO_COLORIMETRY_BT709));
}

/** Every format at sizes with and without padded rows, mapped as a frame and as bytes. */
static void test_matrix() {
  use_full_camera(FakeScript::Pace::Fast);
  for (const char* format : {"NV12", "I420", "YUY2", "RGBx", "BGRx", "RGB"}) {
    for (const char* size : {"width=320,height=240", "width=66,height=50", "width=16,height=16"}) {
      const std::string caps = std::string("video/x-raw,format=") + format + "," + size;
      TestPipeline p(to_appsink("num-buffers=2", caps));
      p.play();
      const SamplePtr sample = p.pull();
      const GstVideoInfo info = info_of(sample.get());
      g_assert_cmpstr(GST_VIDEO_INFO_NAME(&info), ==, format);
      GstBuffer* buffer = gst_sample_get_buffer(sample.get());
      const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
      g_assert_nonnull(meta);
      g_assert_cmpint(meta->format, ==, GST_VIDEO_INFO_FORMAT(&info));
      g_assert_true(gst_is_fd_memory(gst_buffer_peek_memory(buffer, 0)));
      GstVideoFrame frame;
      g_assert_true(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
      for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); i++)
        g_assert_cmpuint(static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i))[0], ==, 0);
      gst_video_frame_unmap(&frame);
      while (p.pull()) {
      }
    }
  }
}

struct SizeRow {
  const char* caps;
  int width;
  int height;
  int fps_n;
  int fps_d;
};

static void test_fixation() {
  const SizeRow rows[] = {
      {"video/x-raw,width=640", 640, 480, 100, 1},
      {"video/x-raw,height=120", 160, 120, 100, 1},
      {"video/x-raw,width=[400,800]", 400, 300, 100, 1},
      {"video/x-raw,height=[1,100]", 134, 100, 100, 1},
      {"video/x-raw,framerate=[1/1,30/1]", 320, 240, 30, 1},
      {"video/x-raw,framerate=30000/1001", 320, 240, 30000, 1001},
      {"video/x-raw,width={64,128},height={48,96}", 128, 96, 100, 1},
  };
  use_full_camera(FakeScript::Pace::Fast);
  for (const SizeRow& row : rows) {
    TestPipeline p(to_appsink("num-buffers=1", row.caps));
    p.play();
    const SamplePtr sample = p.pull();
    const GstVideoInfo info = info_of(sample.get());
    g_assert_cmpint(GST_VIDEO_INFO_WIDTH(&info), ==, row.width);
    g_assert_cmpint(GST_VIDEO_INFO_HEIGHT(&info), ==, row.height);
    g_assert_cmpint(GST_VIDEO_INFO_FPS_N(&info), ==, row.fps_n);
    g_assert_cmpint(GST_VIDEO_INFO_FPS_D(&info), ==, row.fps_d);
  }
}

static void test_impossible_caps() {
  use_full_camera(FakeScript::Pace::Fast);
  for (const char* caps :
       {"video/x-raw,width=1,height=1", "video/x-raw,width=65536,height=65536",
        "video/x-raw,width=63,height=63", "video/x-raw,framerate=2000/1",
        "video/x-raw,format=NV12,colorimetry=sRGB", "video/x-raw,pixel-aspect-ratio=2/1"}) {
    TestPipeline p(to_appsink("", caps));
    p.set_state(GST_STATE_PLAYING);
    const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
    GQuark domain = 0;
    int code = 0;
    const std::string text = TestPipeline::error_of(message.get(), &domain, &code);
    g_assert_cmpuint(domain, ==, GST_STREAM_ERROR);
    g_assert_cmpint(code, ==, GST_STREAM_ERROR_FORMAT);
    g_assert_nonnull(strstr(text.c_str(), "16x16 to 640x480"));
    g_assert_nonnull(strstr(text.c_str(), "NV12"));
    /* Usable afterwards. */
    p.set_state(GST_STATE_NULL);
    const auto filter =
        ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), "capsfilter0"));
    const auto any = filter ? CapsPtr(gst_caps_from_string("video/x-raw")) : CapsPtr();
    if (filter) {
      g_object_set(filter.get(), "caps", any.get(), nullptr);
      p.play();
      p.pull_some(2);
    }
  }
}

/** Downstream without GstVideoMeta gets frames in the default layout. */
static void test_without_video_meta() {
  use_full_camera(FakeScript::Pace::Fast);
  GstHarness* h = gst_harness_new("camerasrc");
  gst_harness_set_sink_caps_str(h, "video/x-raw,format=RGB,width=66,height=50");
  gst_harness_play(h);
  GstBuffer* buffer = gst_harness_pull(h);
  g_assert_nonnull(buffer);
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, 66, 50);
  g_assert_cmpuint(gst_buffer_get_size(buffer), ==, info.size);
  gst_buffer_unref(buffer);
  gst_harness_teardown(h);
}

static void set_filter(const TestPipeline& p, const char* text) {
  const auto filter = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), "filter"));
  const CapsPtr caps(gst_caps_from_string(text));
  g_object_set(filter.get(), "caps", caps.get(), nullptr);
}

static void test_renegotiation() {
  const auto script = use_full_camera(FakeScript::Pace::Fast);
  TestPipeline p(to_appsink("", "capsfilter name=filter caps=video/x-raw,width=320,height=240"));
  p.play();
  uint64_t last_offset = 0;
  GstClockTime last_pts = 0;
  int width = 320;
  p.pull_some(2);
  for (int i = 0; i < 10; i++) {
    width = width == 320 ? 160 : 320;
    set_filter(p, width == 320 ? "video/x-raw,width=320,height=240"
                               : "video/x-raw,width=160,height=120,format=BGRx");
    bool changed = false;
    for (int k = 0; k < 1000 && !changed; k++) {
      const SamplePtr sample = p.pull();
      const GstVideoInfo info = info_of(sample.get());
      GstBuffer* buffer = gst_sample_get_buffer(sample.get());
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), >=, last_offset);
      g_assert_cmpuint(GST_BUFFER_PTS(buffer), >=, last_pts);
      last_offset = GST_BUFFER_OFFSET(buffer) + 1;
      changed = GST_VIDEO_INFO_WIDTH(&info) == width;
      if (changed)
        g_assert_true(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
      GstVideoFrame frame;
      g_assert_true(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
      gst_video_frame_unmap(&frame);
    }
    g_assert_true(changed);
  }
  g_assert_cmpint(script->opened, ==, 1);
}

/** A reconfigure event that changes nothing does not interrupt the stream. */
static void test_reconfigure_same() {
  const auto script = use_full_camera(FakeScript::Pace::Fast);
  TestPipeline p(to_appsink());
  p.play();
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
  for (int i = 0; i < 20; i++) {
    p.pull_some(2);
    g_assert_true(gst_pad_send_event(pad.get(), gst_event_new_reconfigure()));
  }
  p.pull_some(10);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpint(script->configured, ==, 1);
}

static void test_renegotiation_fails() {
  use_full_camera(FakeScript::Pace::Fast);
  TestPipeline p(to_appsink("", "capsfilter name=filter caps=video/x-raw,width=320,height=240"));
  p.play();
  p.pull_some(2);
  set_filter(p, "video/x-raw,width=1,height=1");
  while (p.pull()) {
  }
  p.wait_for(GST_MESSAGE_ERROR);
  p.set_state(GST_STATE_NULL);
  set_filter(p, "video/x-raw");
  p.play();
  p.pull_some(2);
}

static void test_tee() {
  use_full_camera(FakeScript::Pace::Fast);
  TestPipeline p(
      "camerasrc name=src num-buffers=40 ! tee name=t ! queue ! fakesink sync=false "
      "t. ! queue ! videoconvert ! video/x-raw,format=RGBA ! fakesink sync=false");
  p.play();
  p.wait_for(GST_MESSAGE_EOS);
}

/* Pictures of any length in buffers that go round, also where downstream keeps them all. */
static void test_coded() {
  const auto script = use_camera();
  script->streams[0].modes[0].formats = {PixelFormat::Jpeg};
  TestPipeline p(to_appsink());
  std::vector<SamplePtr> kept;
  p.play();
  for (uint32_t i = 0; i < 60; i++) {
    SamplePtr sample = p.pull();
    g_assert_nonnull(sample.get());
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    g_assert_cmpuint(gst_buffer_get_size(buffer), ==,
                     FakePipeline::coded_size(static_cast<uint32_t>(GST_BUFFER_OFFSET(buffer))));
    g_assert_null(gst_buffer_get_video_meta(buffer));
    const GstStructure* s = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
    g_assert_true(gst_structure_has_name(s, "image/jpeg"));
    if (i % 2 == 0)
      kept.push_back(std::move(sample));
  }
  for (const SamplePtr& sample : kept) {
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    GstMapInfo map;
    g_assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    for (gsize i = 0; i < map.size; i++)
      g_assert_cmpuint(map.data[i], ==, GST_BUFFER_OFFSET(buffer) & 0xff);
    gst_buffer_unmap(buffer, &map);
  }
}

/* A driver has so many buffers and no more: downstream keeps some, and the stream goes on. */
static void test_few_buffers() {
  const auto script = use_camera();
  script->buffer_limit = 5;
  TestPipeline p(to_appsink());
  std::vector<SamplePtr> kept;
  p.play();
  for (int i = 0; i < 30; i++)
    kept.push_back(p.pull());
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/camera-src-negotiation/caps-query", test_caps_query);
  g_test_add_func("/camera-src-negotiation/preferred", test_preferred);
  g_test_add_func("/camera-src-negotiation/matrix", test_matrix);
  g_test_add_func("/camera-src-negotiation/fixation", test_fixation);
  g_test_add_func("/camera-src-negotiation/impossible-caps", test_impossible_caps);
  g_test_add_func("/camera-src-negotiation/without-video-meta", test_without_video_meta);
  g_test_add_func("/camera-src-negotiation/renegotiation", test_renegotiation);
  g_test_add_func("/camera-src-negotiation/reconfigure-same", test_reconfigure_same);
  g_test_add_func("/camera-src-negotiation/renegotiation-fails", test_renegotiation_fails);
  g_test_add_func("/camera-src-negotiation/tee", test_tee);
  g_test_add_func("/camera-src/coded", test_coded);
  g_test_add_func("/camera-src/few-buffers", test_few_buffers);
  return g_test_run();
}
