/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the sensor's clock to running time; and the latency that is promised. */
#include "gst/clock-map.h"

#include <gst/check/gsttestclock.h>

#include "gst/latency.h"

using namespace gstcam;

static void test_monotonic() {
  const auto clock = ObjectPtr<GstClock>::adopt(gst_system_clock_obtain());
  ClockMap map;
  map.set(clock.get(), 1000);
  g_assert_cmpuint(map.running_time(5000), ==, 4000);
  g_assert_cmpuint(map.running_time(1000), ==, 0);
  g_assert_cmpuint(map.running_time(500), ==, 0);
  map.set(clock.get(), 2000);
  g_assert_cmpuint(map.running_time(5000), ==, 3000);
}

static void test_other_clock() {
  const auto clock =
      ObjectPtr<GstClock>::adopt(gst_test_clock_new_with_start_time(100 * GST_SECOND));
  ClockMap map;
  map.set(clock.get(), 90 * GST_SECOND);
  /* The test clock stands still at 100 s, which is now: 1 s ago was 99 s, running time 9 s. */
  const auto now = static_cast<int64_t>(gst_util_get_timestamp());
  const GstClockTime t = map.running_time(now - static_cast<int64_t>(GST_SECOND));
  g_assert_cmpuint(t, <=, 9 * GST_SECOND);
  g_assert_cmpuint(t, >, 8 * GST_SECOND);
}

static void test_no_clock() {
  ClockMap map;
  map.set(nullptr, GST_CLOCK_TIME_NONE);
  g_assert_cmpuint(map.running_time(7000), ==, 0);
  g_assert_cmpuint(map.running_time(8000), ==, 1000);
  map.set(nullptr, GST_CLOCK_TIME_NONE);
  g_assert_cmpuint(map.running_time(9000), ==, 2000);
}

static void test_latency() {
  constexpr int64_t kMs = 1000000;
  Latency latency;
  latency.reset(33 * kMs);
  g_assert_cmpint(latency.min(), ==, 33 * kMs);
  for (int i = 0; i < 100; i++)
    g_assert_false(latency.note(30 * kMs));
  /* A hiccup now and then changes nothing. */
  for (int i = 0; i < 100; i++)
    g_assert_false(latency.note(i % 10 == 0 ? 90 * kMs : 30 * kMs));
  /* Always late: once, and enough. */
  int changes = 0;
  for (int i = 0; i < 100; i++)
    changes += latency.note(50 * kMs);
  g_assert_cmpint(changes, >=, 1);
  g_assert_cmpint(changes, <=, 2);
  g_assert_cmpint(latency.min(), >=, 50 * kMs);
  const int64_t settled = latency.min();
  for (int i = 0; i < 100; i++)
    g_assert_false(latency.note(settled));
  /* Nonsense has a limit. */
  for (int i = 0; i < 100; i++)
    latency.note(INT64_C(1) << 60);
  g_assert_cmpint(latency.min(), ==, 8 * 33 * kMs);
  latency.reset(10 * kMs);
  g_assert_cmpint(latency.min(), ==, 10 * kMs);
}

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  gst_init(&argc, &argv);
  g_test_add_func("/clock-map/monotonic", test_monotonic);
  g_test_add_func("/clock-map/other-clock", test_other_clock);
  g_test_add_func("/clock-map/no-clock", test_no_clock);
  g_test_add_func("/latency/widens", test_latency);
  return g_test_run();
}
