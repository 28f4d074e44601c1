/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the sensor's clock (CLOCK_MONOTONIC) to the running time of a pipeline. Not thread safe.
 */
#pragma once

#include <gst/gst.h>

#include <cstdint>

#include "base/glib-ptr.h"

namespace gstcam {

class ClockMap {
 public:
  /**
   * Before the first frame and whenever clock or base time may have changed. Without a clock
   * running time starts at the first frame.
   */
  void set(GstClock* clock, GstClockTime base_time);

  /** Never negative: a frame from before the base time is at 0. */
  GstClockTime running_time(int64_t monotonic);

 private:
  [[nodiscard]] GstClockTimeDiff clock_time(int64_t monotonic) const;

  ObjectPtr<GstClock> clock_;
  GstClockTime base_time_ = 0;
  bool is_monotonic_ = false;
  GstClockTimeDiff first_ = -1;
};

}  // namespace gstcam
