/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/clock-map.h"

namespace gstcam {

namespace {

/** Whether the clock shows CLOCK_MONOTONIC itself, so that no measurement is needed. */
bool shows_monotonic(GstClock* clock) {
  /* A subclass (a network clock) shows something else. */
  if (!clock || G_OBJECT_TYPE(clock) != GST_TYPE_SYSTEM_CLOCK)
    return false;
  GstClockType type = GST_CLOCK_TYPE_OTHER;
  g_object_get(clock, "clock-type", &type, nullptr);
  GstClockTime internal = 0;
  GstClockTime external = 0;
  GstClockTime rate_num = 1;
  GstClockTime rate_denom = 1;
  gst_clock_get_calibration(clock, &internal, &external, &rate_num, &rate_denom);
  return type == GST_CLOCK_TYPE_MONOTONIC && internal == external && rate_num == rate_denom;
}

}  // namespace

void ClockMap::set(GstClock* clock, GstClockTime base_time) {
  if (clock_.get() != clock)
    first_ = -1;
  clock_ = ObjectPtr<GstClock>::ref(clock);
  base_time_ = GST_CLOCK_TIME_IS_VALID(base_time) ? base_time : 0;
  is_monotonic_ = shows_monotonic(clock);
}

GstClockTimeDiff ClockMap::clock_time(int64_t monotonic) const {
  if (is_monotonic_)
    return monotonic;
  /* Reads both clocks at the same time. If we were interrupted in between, once more. */
  constexpr int64_t kGoodEnough = 20 * GST_USECOND;
  int64_t best = G_MAXINT64;
  int64_t offset = 0;
  for (int i = 0; i < 3 && best > kGoodEnough; i++) {
    const auto before = static_cast<int64_t>(gst_util_get_timestamp());
    const auto now = static_cast<int64_t>(gst_clock_get_time(clock_.get()));
    const auto after = static_cast<int64_t>(gst_util_get_timestamp());
    if (after - before < best) {
      best = after - before;
      offset = now - (before + best / 2);
    }
  }
  return monotonic + offset;
}

GstClockTime ClockMap::running_time(int64_t monotonic) {
  if (!clock_) {
    if (first_ < 0)
      first_ = monotonic;
    return monotonic > first_ ? static_cast<GstClockTime>(monotonic - first_) : 0;
  }
  const GstClockTimeDiff time = clock_time(monotonic) - static_cast<GstClockTimeDiff>(base_time_);
  return time > 0 ? static_cast<GstClockTime>(time) : 0;
}

}  // namespace gstcam
