/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stream can be, what it is asked to be, and what people read of it. */
#include "core/stream.h"

#include <glib.h>

namespace {

using namespace gstcam;

StreamMode mode_of(PixelFormat format, Size size, std::vector<int64_t> durations) {
  StreamMode mode;
  mode.formats = {format};
  mode.min = mode.max = size;
  mode.frame_duration_min = durations.front();
  mode.frame_duration_max = durations.back();
  mode.frame_durations = std::move(durations);
  return mode;
}

StreamCapabilities webcam() {
  StreamCapabilities can;
  can.modes = {mode_of(PixelFormat::Yuyv, {640, 480}, {33333333, 66666667}),
               mode_of(PixelFormat::Yuyv, {1280, 720}, {100000000, 200000000}),
               mode_of(PixelFormat::Jpeg, {1280, 720}, {33366667, 66733333})};
  can.preferred = {640, 480};
  can.frame_duration_preferred = 33333333;
  return can;
}

Result<void> ask(PixelFormat format, Size size, int64_t duration, int64_t* got = nullptr) {
  StreamConfiguration stream;
  stream.format = format;
  stream.size = size;
  stream.frame_duration = duration;
  Result<void> result = check_stream_configuration(webcam(), stream);
  if (got)
    *got = stream.frame_duration;
  return result;
}

void assert_hint(const Result<void>& result, const char* hint) {
  g_assert_false(result.ok());
  g_assert_true(result.error().code == Error::Code::Invalid);
  g_assert_cmpstr(result.error().hint.c_str(), ==, hint);
}

void test_possible() {
  int64_t got = 0;
  g_assert_true(ask(PixelFormat::Yuyv, {640, 480}, 33333333, &got).ok());
  g_assert_cmpint(got, ==, 33333333);
  // As a fraction's rounding gives it.
  g_assert_true(ask(PixelFormat::Jpeg, {1280, 720}, 33366700, &got).ok());
  g_assert_cmpint(got, ==, 33366667);
  // Nobody asks for a rate: the one nearest to the preferred.
  g_assert_true(ask(PixelFormat::Yuyv, {1280, 720}, 0, &got).ok());
  g_assert_cmpint(got, ==, 100000000);
  g_assert_true(ask(PixelFormat::Jpeg, {1280, 720}, 0, &got).ok());
  g_assert_cmpint(got, ==, 33366667);
}

void test_impossible() {
  assert_hint(ask(PixelFormat::Nv12, {640, 480}, 33333333), "possible formats: YUY2, JPEG");
  assert_hint(ask(PixelFormat::Jpeg, {640, 480}, 33333333), "possible sizes: 1280x720");
  assert_hint(ask(PixelFormat::Yuyv, {320, 240}, 33333333), "possible sizes: 640x480, 1280x720");
  // 30 is not 29.97.
  assert_hint(ask(PixelFormat::Jpeg, {1280, 720}, 33333333),
              "possible rates: 29.97 fps (33.367 ms), 14.99 fps (66.733 ms)");
  for (int64_t duration : {int64_t{-1}, int64_t{1}, INT64_MIN, INT64_MAX})
    assert_hint(ask(PixelFormat::Yuyv, {1280, 720}, duration),
                "possible rates: 10 fps (100.000 ms), 5 fps (200.000 ms)");
}

void test_described() {
  const std::string text = describe(webcam());
  g_assert_cmpstr(text.c_str(), ==,
                  "YUY2; 640x480, 1280x720; 5 to 30 frames a second, or JPEG; 1280x720; 14.99 to "
                  "29.97 frames a second");
  StreamCapabilities many;
  for (uint32_t i = 1; i <= 20; i++)
    many.modes.push_back(mode_of(PixelFormat::Yuyv, {i * 16, 16}, {33333333}));
  const std::string bounded = describe(many);
  g_assert_true(bounded.ends_with("192x16 and 8 more; 30 frames a second"));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/stream/possible", test_possible);
  g_test_add_func("/stream/impossible", test_impossible);
  g_test_add_func("/stream/described", test_described);
  return g_test_run();
}
