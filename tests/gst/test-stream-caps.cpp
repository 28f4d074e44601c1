/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between caps and capabilities, at the edges. */
#include "gst/stream-caps.h"

#include "base/glib-ptr.h"

using namespace gstcam;

static StreamCapabilities full_hd(std::span<const PixelFormat> formats = software_isp_formats()) {
  StreamCapabilities can;
  can.modes.resize(1);
  StreamMode& mode = can.modes[0];
  mode.formats.assign(formats.begin(), formats.end());
  mode.min = {64, 64};
  mode.max = {1920, 1080};
  mode.frame_duration_min = 16666667;
  mode.frame_duration_max = 1000000000;
  can.preferred = {1920, 1080};
  can.frame_duration_preferred = 33333333;
  return can;
}

static StreamMode webcam_mode(PixelFormat format, Size size, std::vector<int64_t> durations) {
  StreamMode mode;
  mode.formats = {format};
  mode.min = mode.max = size;
  mode.frame_duration_min = durations.front();
  mode.frame_duration_max = durations.back();
  mode.frame_durations = std::move(durations);
  mode.colorimetry = {Colorimetry::SrgbBt601};
  return mode;
}

/* Single sizes, each with rates of its own, raw and coded. */
static StreamCapabilities webcam() {
  StreamCapabilities can;
  can.modes = {webcam_mode(PixelFormat::Yuyv, {640, 480}, {33333333, 66666667}),
               webcam_mode(PixelFormat::Yuyv, {1280, 720}, {100000000}),
               webcam_mode(PixelFormat::Jpeg, {1280, 720}, {33366667, 66733333}),
               webcam_mode(PixelFormat::H264, {1280, 720}, {33333333})};
  can.preferred = {640, 480};
  can.frame_duration_preferred = 33333333;
  return can;
}

static CapsPtr parse(const char* text) {
  return CapsPtr(gst_caps_from_string(text));
}

static CapsPtr fixated(const StreamCapabilities& can, const char* filter) {
  const CapsPtr wanted = parse(filter);
  const CapsPtr all = caps_of(can);
  CapsPtr common(gst_caps_intersect_full(wanted.get(), all.get(), GST_CAPS_INTERSECT_FIRST));
  g_assert_false(gst_caps_is_empty(common.get()));
  CapsPtr caps = fixate(std::move(common), can);
  g_assert_true(gst_caps_is_fixed(caps.get()));
  g_assert_true(gst_caps_is_subset(caps.get(), all.get()));
  return caps;
}

static void test_default() {
  const StreamCapabilities can = full_hd();
  const CapsPtr caps = fixated(can, "video/x-raw");
  const CapsPtr expected = parse(
      "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1,colorimetry=bt709,"
      "pixel-aspect-ratio=1/1,interlace-mode=progressive");
  g_assert_true(gst_caps_is_equal(caps.get(), expected.get()));
  const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
  g_assert_true(config.ok());
  g_assert_true(config->format == PixelFormat::Nv12);
  g_assert_true(config->size == can.preferred);
  g_assert_cmpint(config->frame_duration, ==, 33333333);
  g_assert_true(config->colorimetry == Colorimetry::Bt709);
}

static void test_fastest_rate_is_in_range() {
  const StreamCapabilities can = full_hd();
  const CapsPtr caps = fixated(can, "video/x-raw,framerate=60/1");
  const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
  g_assert_true(config.ok());
  g_assert_cmpint(config->frame_duration, ==, can.modes[0].frame_duration_min);
}

static void test_every_format() {
  const StreamCapabilities can = full_hd(all_pixel_formats());
  for (const PixelFormat format : all_pixel_formats()) {
    std::string filter = std::string("video/x-raw,format=") + to_string(format);
    if (pixel_kind(format) == PixelKind::Mosaic)
      filter = std::string("video/x-bayer,format=") + to_string(format);
    else if (pixel_kind(format) == PixelKind::Coded)
      filter = format == PixelFormat::Jpeg ? "image/jpeg" : "video/x-h264";
    const CapsPtr caps = fixated(can, filter.c_str());
    const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
    g_assert_true(config.ok());
    g_assert_true(config->format == format);
    if (to_gst(format) == GST_VIDEO_FORMAT_UNKNOWN)
      continue;
    GstVideoInfo info;
    g_assert_true(gst_video_info_from_caps(&info, caps.get()));
    const Result<FrameLayout> layout = frame_layout(format, config->size);
    g_assert_true(layout.ok());
    g_assert_true(is_default_layout(*layout, info));
    FrameLayout padded = *layout;
    padded.planes[0].stride += 64;
    g_assert_false(is_default_layout(padded, info));
  }
}

static void test_bt601() {
  const StreamCapabilities can = full_hd();
  const CapsPtr caps = fixated(can, "video/x-raw,format=I420,colorimetry=bt601");
  const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
  g_assert_true(config.ok());
  g_assert_true(config->colorimetry == Colorimetry::Bt601);
}

static void test_one_size() {
  StreamCapabilities can = full_hd();
  StreamMode& mode = can.modes[0];
  mode.min = mode.max = can.preferred = {1888, 1182};
  mode.frame_duration_min = mode.frame_duration_max = can.frame_duration_preferred;
  const CapsPtr caps = fixated(can, "video/x-raw");
  const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
  g_assert_true(config.ok());
  g_assert_true(config->size == mode.max);
}

static void test_odd_grid() {
  StreamCapabilities can = full_hd();
  can.modes[0].min = {17, 17};
  can.modes[0].step = {4, 4};
  const CapsPtr caps = caps_of(can);
  const CapsPtr smallest = parse("video/x-raw,width=17,height=17");
  g_assert_true(gst_caps_can_intersect(caps.get(), smallest.get()));
}

static void test_not_video() {
  const StreamCapabilities can = full_hd();
  const CapsPtr audio = parse("audio/x-raw,rate=48000");
  g_assert_false(configuration_of(audio.get(), can).ok());
  for (const char* text : {"video/x-raw,format=GRAY10_LE32,width=64,height=64,framerate=30/1",
                           "video/x-raw,format=NV12,width=64,framerate=30/1",
                           "video/x-raw,format=NV12,width=64,height=-4,framerate=30/1",
                           "video/x-raw,width=64,height=64"}) {
    const CapsPtr caps = parse(text);
    g_assert_false(configuration_of(caps.get(), can).ok());
  }
}

static void test_nothing() {
  const StreamCapabilities none;
  const CapsPtr caps = caps_of(none);
  g_assert_true(gst_caps_is_empty(caps.get()));
  g_assert_false(describe(none).empty());
}

static void test_webcam() {
  const StreamCapabilities can = webcam();
  const CapsPtr all = caps_of(can);
  const CapsPtr expected = parse(
      "video/x-raw,format=YUY2,width=640,height=480,framerate={30/1,15/1},colorimetry=2:4:7:1,"
      "pixel-aspect-ratio=1/1,interlace-mode=progressive;"
      "video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1,colorimetry=2:4:7:1,"
      "pixel-aspect-ratio=1/1,interlace-mode=progressive;"
      "image/jpeg,width=1280,height=720,framerate={30000/1001,15000/1001},"
      "pixel-aspect-ratio=1/1;"
      "video/x-h264,stream-format=byte-stream,alignment=au,width=1280,height=720,framerate=30/1,"
      "pixel-aspect-ratio=1/1");
  const CharPtr text(gst_caps_to_string(all.get()));
  g_test_message("%s", text.get());
  g_assert_true(gst_caps_is_strictly_equal(all.get(), expected.get()));

  const CapsPtr first = fixated(can, "ANY");
  Result<StreamConfiguration> config = configuration_of(first.get(), can);
  g_assert_true(config.ok());
  g_assert_true(config->format == PixelFormat::Yuyv && (config->size == Size{640, 480}));
  g_assert_cmpint(config->frame_duration, ==, 33333333);
  g_assert_true(config->colorimetry == Colorimetry::SrgbBt601);

  /* A rate's fraction comes back as the device's own duration. */
  const CapsPtr jpeg = fixated(can, "image/jpeg,framerate=30000/1001");
  config = configuration_of(jpeg.get(), can);
  g_assert_true(config.ok());
  g_assert_true(config->format == PixelFormat::Jpeg);
  g_assert_cmpint(config->frame_duration, ==, 33366667);
}

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  gst_init(&argc, &argv);
  g_test_add_func("/stream-caps/default", test_default);
  g_test_add_func("/stream-caps/fastest-rate-is-in-range", test_fastest_rate_is_in_range);
  g_test_add_func("/stream-caps/every-format", test_every_format);
  g_test_add_func("/stream-caps/bt601", test_bt601);
  g_test_add_func("/stream-caps/one-size", test_one_size);
  g_test_add_func("/stream-caps/odd-grid", test_odd_grid);
  g_test_add_func("/stream-caps/not-video", test_not_video);
  g_test_add_func("/stream-caps/nothing", test_nothing);
  g_test_add_func("/stream-caps/webcam", test_webcam);
  return g_test_run();
}
