/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames that are dmabufs: what caps say of them to which GStreamer, and that they are never
 * copied.
 *
 * The program says itself which GStreamer runs: gst_version() is its own. The forms of 1.24 are
 * nothing but caps, which any version can carry.
 */
#include "gst/dmabuf-caps.h"

#include <gst/allocators/allocators.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gst/stream-caps.h"
#include "tests/gst/several-streams.h"

using namespace gstcam;
using namespace gstcam::test;

static guint running_minor = 22;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): GStreamer's */
extern "C" void gst_version(guint* major, guint* minor, guint* micro, guint* nano) {
  *major = 1;
  *minor = running_minor;
  *micro = 0;
  *nano = 0;
}

static CapsPtr parse(const char* text) {
  CapsPtr caps(gst_caps_from_string(text));
  g_assert_nonnull(caps.get());
  return caps;
}

static void assert_caps(const CapsPtr& caps, const char* text) {
  const CapsPtr expected = parse(text);
  if (!gst_caps_is_strictly_equal(caps.get(), expected.get())) {
    const CharPtr got(gst_caps_to_string(caps.get()));
    g_error("%s, expected %s", got.get(), text);
  }
}

/* ---- caps ---- */

static void test_forms() {
  const char* plain =
      "image/jpeg, width=64; video/x-raw, format=YUY2, width=64; "
      "video/x-raw, format={GRAY8, I420, RGB, RGBx, BGRx}, width=32; video/x-raw, format=GRAY8";
  running_minor = 22;
  assert_caps(and_dmabufs(parse(plain)),
              "image/jpeg, width=64; video/x-raw, format=YUY2, width=64; "
              "video/x-raw, format={GRAY8, I420, RGB, RGBx, BGRx}, width=32; "
              "video/x-raw, format=GRAY8; "
              "video/x-raw(memory:DMABuf), format=YUY2, width=64; "
              "video/x-raw(memory:DMABuf), format={GRAY8, I420, RGB, RGBx, BGRx}, width=32; "
              "video/x-raw(memory:DMABuf), format=GRAY8");
  running_minor = 24;
  const CapsPtr both = and_dmabufs(parse(plain));
  assert_caps(CapsPtr(gst_caps_copy(both.get())),
              "image/jpeg, width=64; video/x-raw, format=YUY2, width=64; "
              "video/x-raw, format={GRAY8, I420, RGB, RGBx, BGRx}, width=32; "
              "video/x-raw, format=GRAY8; "
              "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=YUYV, width=64; "
              "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format={YU12, BG24, XB24, XR24}, "
              "width=32; "
              "video/x-raw(memory:DMABuf), format=YUY2, width=64; "
              "video/x-raw(memory:DMABuf), format={GRAY8, I420, RGB, RGBx, BGRx}, width=32; "
              "video/x-raw(memory:DMABuf), format=GRAY8");
  running_minor = 22;
  g_assert_true(has_dmabufs(both.get()));
  const CapsPtr rest = without_dmabufs(CapsPtr(gst_caps_copy(both.get())));
  g_assert_false(has_dmabufs(rest.get()));
  assert_caps(CapsPtr(gst_caps_copy(rest.get())), plain);
  g_assert_false(has_dmabufs(parse("video/x-raw(ANY), format=NV12").get()));
}

static void test_in_system_memory() {
  const char* rows[][2] = {
      {"video/x-raw, format=NV12, width=64", "video/x-raw, format=NV12, width=64"},
      {"video/x-raw(memory:DMABuf), format=NV12, width=64", "video/x-raw, format=NV12, width=64"},
      {"video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=AR24, width=64",
       "video/x-raw, format=BGRA, width=64"},
      /* Tiled, unknown, nothing. */
      {"video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=(string)NV12:0x0100000000000002",
       "video/x-raw, format=DMA_DRM, drm-format=(string)NV12:0x0100000000000002"},
      {"video/x-raw(memory:DMABuf), format=DMA_DRM", "video/x-raw, format=DMA_DRM"},
  };
  for (const auto& row : rows)
    assert_caps(in_system_memory(parse(row[0]).get()), row[1]);
  const CapsPtr tiled = in_system_memory(parse(rows[3][0]).get());
  g_assert_false(configuration_of(tiled.get(), StreamCapabilities()));
}

/* Each format that has a name of DRM's is the same again on the way back. */
static void test_every_format() {
  running_minor = 24;
  int count = 0;
  for (const PixelFormat format : all_pixel_formats()) {
    if (to_gst(format) == GST_VIDEO_FORMAT_UNKNOWN || pixel_kind(format) == PixelKind::Grey)
      continue;
    const CapsPtr plain(
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, to_string(format), nullptr));
    CapsPtr caps = and_dmabufs(CapsPtr(gst_caps_copy(plain.get())));
    g_assert_cmpuint(gst_caps_get_size(caps.get()), ==, 3);
    gst_caps_remove_structure(caps.get(), 0);
    const CapsPtr drm(gst_caps_truncate(caps.release()));
    g_assert_cmpstr(gst_structure_get_string(gst_caps_get_structure(drm.get(), 0), "format"), ==,
                    "DMA_DRM");
    g_assert_true(gst_caps_is_strictly_equal(in_system_memory(drm.get()).get(), plain.get()));
    count++;
  }
  g_assert_cmpint(count, >, 15);
  running_minor = 22;
}

/* ---- the element ---- */

static std::shared_ptr<FakeScript> use_dmabuf_camera(
    FakeScript::Pace pace = FakeScript::Pace::Fast) {
  auto script = use_camera(pace);
  script->streams[0].dmabufs = true;
  script->dmabufs = true;
  return script;
}

struct Stats {
  guint64 delivered = 0;
  guint64 lost = 0;
  guint64 copied = 0;
};

static Stats stats_of(GstElement* src) {
  GstStructure* s = nullptr;
  g_object_get(src, "frame-stats", &s, nullptr);
  Stats stats;
  g_assert_true(gst_structure_get(s, "delivered", G_TYPE_UINT64, &stats.delivered, "lost",
                                  G_TYPE_UINT64, &stats.lost, "copied", G_TYPE_UINT64,
                                  &stats.copied, nullptr));
  gst_structure_free(s);
  return stats;
}

/* What the peer takes, in its order, and what it gets. */
struct Peer {
  const char* name;
  guint minor;
  const char* takes;
  const char* gets;
  GstVideoFormat format;
};

static const Peer kPeers[] = {
    {"any", 22, "ANY", "video/x-raw, format=NV12", GST_VIDEO_FORMAT_NV12},
    {"no-features", 22, "video/x-raw, format=BGRx", "video/x-raw, format=BGRx",
     GST_VIDEO_FORMAT_BGRx},
    {"1.22", 22, "video/x-raw(memory:DMABuf), format=BGRx",
     "video/x-raw(memory:DMABuf), format=BGRx", GST_VIDEO_FORMAT_BGRx},
    {"prefers-dmabufs", 22, "video/x-raw(memory:DMABuf); video/x-raw",
     "video/x-raw(memory:DMABuf), format=NV12", GST_VIDEO_FORMAT_NV12},
    {"prefers-none", 22, "video/x-raw; video/x-raw(memory:DMABuf)", "video/x-raw, format=NV12",
     GST_VIDEO_FORMAT_NV12},
    {"any-in-1.24", 24, "ANY", "video/x-raw, format=NV12", GST_VIDEO_FORMAT_NV12},
    {"dma-drm", 24,
     "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=XR24; "
     "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format={YUYV, NV12}",
     "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=XR24", GST_VIDEO_FORMAT_BGRx},
    /* glupload of 1.24 */
    {"dma-drm-first", 24,
     "video/x-raw(memory:DMABuf), format=DMA_DRM, "
     "drm-format={(string)NV12:0x0100000000000002, NV12}; video/x-raw",
     "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=NV12", GST_VIDEO_FORMAT_NV12},
    {"1.22-in-1.24", 24, "video/x-raw(memory:DMABuf), format={NV12, BGRx}",
     "video/x-raw(memory:DMABuf), format=NV12", GST_VIDEO_FORMAT_NV12},
    {"any-dmabuf-in-1.24", 24, "video/x-raw(memory:DMABuf)",
     "video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=NV12", GST_VIDEO_FORMAT_NV12},
    {"features-any", 22, "video/x-raw(ANY)", "video/x-raw, format=NV12", GST_VIDEO_FORMAT_NV12},
};

/* Which caps, and whether the frames are what they say: dmabufs as they were made. */
static void test_peer(gconstpointer data) {
  const Peer& peer = *static_cast<const Peer*>(data);
  use_dmabuf_camera();
  running_minor = peer.minor;
  /* An element that answers in its own order, and one that answers in that of the question. */
  for (const bool filter : {false, true}) {
    TestPipeline p(to_appsink("num-buffers=30", filter ? "capsfilter name=filter" : ""));
    const auto taker =
        filter ? ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), "filter"))
               : p.sink;
    const CapsPtr takes = parse(peer.takes);
    g_object_set(taker.get(), "caps", takes.get(), nullptr);
    p.play();
    uint32_t count = 0;
    while (const SamplePtr sample = p.pull()) {
      GstCaps* caps = gst_sample_get_caps(sample.get());
      g_assert_true(gst_caps_is_fixed(caps));
      g_assert_true(gst_caps_is_subset(caps, parse(peer.gets).get()));
      GstBuffer* buffer = gst_sample_get_buffer(sample.get());
      g_assert_cmpuint(gst_buffer_n_memory(buffer), ==, 1);
      GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
      g_assert_true(gst_is_dmabuf_memory(memory));
      g_assert_cmpint(gst_dmabuf_memory_get_fd(memory), >=, 0);
      const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
      g_assert_nonnull(meta);
      g_assert_cmpint(meta->format, ==, peer.format);
      count++;
    }
    g_assert_cmpuint(count, ==, 30);
    const Stats stats = stats_of(p.src.get());
    g_assert_cmpuint(stats.delivered, ==, 30);
    g_assert_cmpuint(stats.copied, ==, 0);
    g_assert_cmpuint(stats.lost, ==, 0);
  }
  running_minor = 22;
}

/* Rows that are not where GstVideoInfo looks: who takes dmabufs reads GstVideoMeta. */
static void test_no_copy_for_layout() {
  const auto script = use_dmabuf_camera();
  script->row_bytes = 1024;
  for (const bool dmabufs : {false, true}) {
    GstHarness* h = gst_harness_new("camerasrc");
    const char* caps = dmabufs ? "video/x-raw(memory:DMABuf), format=NV12, width=64, height=32"
                               : "video/x-raw, format=NV12, width=64, height=32";
    gst_harness_set_sink_caps_str(h, caps);
    gst_harness_play(h);
    for (int i = 0; i < 5; i++) {
      GstBuffer* buffer = gst_harness_pull(h);
      g_assert_nonnull(buffer);
      g_assert_true(gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer, 0)) == (dmabufs ? 1 : 0));
      const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
      g_assert_cmpint(meta ? meta->stride[0] : 64, ==, dmabufs ? 1024 : 64);
      gst_buffer_unref(buffer);
    }
    const Stats stats = stats_of(h->element);
    g_assert_cmpuint(stats.copied, >=, dmabufs ? 0 : 5);
    if (dmabufs)
      g_assert_cmpuint(stats.copied, ==, 0);
    gst_harness_teardown(h);
  }
}

/* Downstream keeps every buffer there is: the camera waits, and says what it lost meanwhile. */
static void test_all_kept() {
  const auto script = use_dmabuf_camera(FakeScript::Pace::Live);
  script->buffer_limit = 5;
  TestPipeline p(
      "camerasrc name=src ! video/x-raw(memory:DMABuf),framerate=200/1 ! "
      "appsink name=sink sync=false wait-on-eos=false");
  p.play();
  for (int round = 0; round < 3; round++) {
    std::vector<SamplePtr> kept;
    for (uint32_t i = 0; i < script->buffer_limit; i++)
      kept.push_back(p.pull());
    const SamplePtr none(
        gst_app_sink_try_pull_sample(GST_APP_SINK(p.sink.get()), 50 * GST_MSECOND));
    g_assert_null(none.get());
    GstBuffer* last = gst_sample_get_buffer(kept.back().get());
    const guint64 next = GST_BUFFER_OFFSET_END(last);
    kept.clear();
    const SamplePtr sample = p.pull();
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), >, next);
    g_assert_true(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
    g_assert_true(gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer, 0)));
    p.wait_for(GST_MESSAGE_QOS);
  }
  const Stats stats = stats_of(p.src.get());
  g_assert_cmpuint(stats.copied, ==, 0);
  g_assert_cmpuint(stats.lost, >, 0);
}

/* Of one stream alone: the other one goes on, and neither is copied. */
static void test_all_kept_of_one() {
  const auto script = use_dmabuf_camera(FakeScript::Pace::Live);
  script->streams.push_back(script->streams[0]);
  script->streams[0].frame_duration_preferred = 5000000;
  script->buffer_limit = 6;
  constexpr const char* kDmabufs = "video/x-raw(memory:DMABuf),framerate=200/1";
  TestPipeline p("camerasrc name=src " + branch("src", "sink", kDmabufs) +
                 branch("src_1", "b", kDmabufs));
  const auto b = element_of(p, "b");
  p.play();
  for (int round = 0; round < 3; round++) {
    std::vector<SamplePtr> kept;
    while (SamplePtr sample =
               SamplePtr(gst_app_sink_try_pull_sample(GST_APP_SINK(b.get()), 200 * GST_MSECOND))) {
      kept.push_back(std::move(sample));
      p.pull();
    }
    g_assert_cmpuint(kept.size(), >=, 2);
    g_assert_cmpuint(kept.size(), <=, script->buffer_limit);
    const guint64 last = GST_BUFFER_OFFSET(buffer_of(kept.back()));
    guint64 offset = 0;
    for (int i = 0; i < 30; i++) {
      const SamplePtr sample = p.pull();
      offset = GST_BUFFER_OFFSET(buffer_of(sample));
      g_assert_true(gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer_of(sample), 0)));
    }
    g_assert_cmpuint(offset, >, last);
    kept.clear();
    const SamplePtr sample = pull(b);
    g_assert_cmpuint(GST_BUFFER_OFFSET(buffer_of(sample)), >, last + 1);
    g_assert_true(GST_BUFFER_FLAG_IS_SET(buffer_of(sample), GST_BUFFER_FLAG_DISCONT));
    g_assert_true(gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer_of(sample), 0)));
    p.wait_for(GST_MESSAGE_QOS);
  }
  g_assert_cmpuint(stats_of(p.src.get()).copied, ==, 0);
}

static std::string error_with(const char* takes) {
  TestPipeline p(to_appsink());
  const CapsPtr caps = parse(takes);
  g_object_set(p.sink.get(), "caps", caps.get(), nullptr);
  p.play_or_fail();
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  GQuark domain = 0;
  int code = 0;
  std::string text = TestPipeline::error_of(message.get(), &domain, &code);
  g_assert_cmpuint(domain, ==, GST_STREAM_ERROR);
  g_assert_cmpint(code, ==, GST_STREAM_ERROR_FORMAT);
  return text;
}

/* None where the memory is ours: nothing is promised, and who insists is told. */
static void test_none() {
  use_camera();
  const std::string text = error_with("video/x-raw(memory:DMABuf)");
  g_assert_nonnull(strstr(text.c_str(), "not as dmabufs"));
  TestPipeline p(to_appsink("", "capsfilter caps=\"video/x-raw(memory:DMABuf);video/x-raw\""));
  p.play();
  const SamplePtr sample = p.pull();
  g_assert_false(has_dmabufs(gst_sample_get_caps(sample.get())));
}

/* DMA_DRM is no word of a GStreamer before 1.24. */
static void test_no_drm_format() {
  use_dmabuf_camera();
  const std::string text = error_with("video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12");
  g_assert_null(strstr(text.c_str(), "not as dmabufs"));
}

/* A driver that has the request to export and refuses it is known when it is configured. */
static void test_refused() {
  const auto script = use_dmabuf_camera();
  script->dmabufs = false;
  script->copied = true;
  {
    TestPipeline p(
        to_appsink("num-buffers=10", "capsfilter caps=\"video/x-raw(memory:DMABuf);video/x-raw\""));
    p.play();
    while (const SamplePtr sample = p.pull()) {
      g_assert_false(has_dmabufs(gst_sample_get_caps(sample.get())));
      GstBuffer* buffer = gst_sample_get_buffer(sample.get());
      g_assert_false(gst_is_dmabuf_memory(gst_buffer_peek_memory(buffer, 0)));
    }
    g_assert_cmpuint(stats_of(p.src.get()).copied, ==, 10);
    const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
    g_assert_false(has_dmabufs(CapsPtr(gst_pad_query_caps(pad.get(), nullptr)).get()));
  }
  const std::string text = error_with("video/x-raw(memory:DMABuf)");
  g_assert_nonnull(strstr(text.c_str(), "not as dmabufs"));
}

/* configure() says dmabufs, and then a frame is none: an error, and no frame. */
static void test_lie() {
  const auto script = use_dmabuf_camera();
  script->memfds_all_the_same = true;
  TestPipeline p(to_appsink("", "video/x-raw(memory:DMABuf)"));
  p.play_or_fail();
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  g_assert_nonnull(
      strstr(TestPipeline::error_of(message.get()).c_str(), "should be a dmabuf is none"));
  g_assert_cmpuint(stats_of(p.src.get()).delivered, ==, 0);
}

/* A coded picture is a dmabuf too, which no caps say; and the counter of copies counts. */
static void test_coded() {
  const auto script = use_dmabuf_camera();
  script->streams[0].modes[0].formats = {PixelFormat::Jpeg};
  script->buffer_limit = 5;
  TestPipeline p(to_appsink());
  p.play();
  const SamplePtr first = p.pull();
  GstMemory* memory = gst_buffer_peek_memory(gst_sample_get_buffer(first.get()), 0);
  g_assert_true(gst_is_dmabuf_memory(memory));
  std::vector<SamplePtr> kept;
  for (int i = 0; i < 20; i++)
    kept.push_back(p.pull());
  g_assert_cmpuint(stats_of(p.src.get()).copied, >=, 20 - script->buffer_limit);
}

/* The template says so to who looks before there is a camera. */
static void test_template() {
  const CapsPtr any = template_caps();
  g_assert_true(gst_caps_is_subset(
      parse("video/x-raw(memory:DMABuf), format=NV12, width=640, height=480, framerate=30/1").get(),
      any.get()));
  StreamCapabilities can;
  can.modes.resize(1);
  can.modes[0].formats = {PixelFormat::Nv12};
  can.modes[0].min = can.modes[0].max = {64, 64};
  can.dmabufs = true;
  for (const guint minor : {22U, 24U}) {
    running_minor = minor;
    g_assert_true(gst_caps_is_subset(caps_of(can).get(), template_caps().get()));
  }
  running_minor = 22;
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/dmabufs/forms", test_forms);
  g_test_add_func("/dmabufs/in-system-memory", test_in_system_memory);
  g_test_add_func("/dmabufs/every-format", test_every_format);
  g_test_add_func("/dmabufs/template", test_template);
  for (const Peer& peer : kPeers)
    g_test_add_data_func((std::string("/dmabufs/peer/") + peer.name).c_str(), &peer, test_peer);
  g_test_add_func("/dmabufs/no-copy-for-layout", test_no_copy_for_layout);
  g_test_add_func("/dmabufs/all-kept", test_all_kept);
  g_test_add_func("/dmabufs/all-kept-of-one", test_all_kept_of_one);
  g_test_add_func("/dmabufs/none", test_none);
  g_test_add_func("/dmabufs/no-drm-format", test_no_drm_format);
  g_test_add_func("/dmabufs/refused", test_refused);
  g_test_add_func("/dmabufs/lie", test_lie);
  g_test_add_func("/dmabufs/coded", test_coded);
  return g_test_run();
}
