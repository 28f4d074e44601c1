/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between caps and capabilities, at the edges. */
#include "gst/stream-caps.h"

using namespace gstcam;

static StreamCapabilities full_hd() {
  StreamCapabilities can;
  const std::span<const PixelFormat> formats = all_pixel_formats();
  can.formats.assign(formats.begin(), formats.end());
  can.min = {64, 64};
  can.max = {1920, 1080};
  can.preferred = {1920, 1080};
  can.frame_duration_min = 16666667;
  can.frame_duration_max = 1000000000;
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
  g_assert_cmpint(config->frame_duration, >=, can.frame_duration_min);
  g_assert_cmpint(config->frame_duration, <=, can.frame_duration_max);
}

static void test_every_format() {
  const StreamCapabilities can = full_hd();
  for (const PixelFormat format : can.formats) {
    const std::string filter = std::string("video/x-raw,format=") + to_string(format);
    const CapsPtr caps = fixated(can, filter.c_str());
    const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
    g_assert_true(config.ok());
    g_assert_true(config->format == format);
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
  can.min = can.max = can.preferred = {1888, 1182};
  can.step = {2, 2};
  can.frame_duration_min = can.frame_duration_max = can.frame_duration_preferred;
  const CapsPtr caps = fixated(can, "video/x-raw");
  const Result<StreamConfiguration> config = configuration_of(caps.get(), can);
  g_assert_true(config.ok());
  g_assert_true(config->size == can.max);
}

static void test_odd_grid() {
  StreamCapabilities can = full_hd();
  can.min = {17, 17};
  can.step = {4, 4};
  const CapsPtr caps = caps_of(can);
  const CapsPtr smallest = parse("video/x-raw,width=17,height=17");
  g_assert_true(gst_caps_can_intersect(caps.get(), smallest.get()));
}

static void test_not_video() {
  const StreamCapabilities can = full_hd();
  const CapsPtr audio = parse("audio/x-raw,rate=48000");
  g_assert_false(configuration_of(audio.get(), can).ok());
  const CapsPtr grey = parse("video/x-raw,format=GRAY8,width=64,height=64,framerate=30/1");
  g_assert_false(configuration_of(grey.get(), can).ok());
}

static void test_nothing() {
  const StreamCapabilities none;
  const CapsPtr caps = caps_of(none);
  g_assert_true(gst_caps_is_empty(caps.get()));
  g_assert_false(describe(none).empty());
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
  return g_test_run();
}
