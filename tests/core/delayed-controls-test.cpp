/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DelayedControls against a model of a sensor that delays what is written to it. */
#include "core/delayed-controls.h"

#include <glib.h>

#include <algorithm>
#include <map>
#include <random>

using namespace gstcam;

namespace {

ControlList controls(int32_t exposure, double gain, int64_t duration) {
  ControlList list;
  list.set(ControlId::ExposureTime, exposure);
  list.set(ControlId::AnalogueGain, gain);
  list.set(ControlId::FrameDuration, duration);
  return list;
}

/* The naive sensor: remembers by frame what was written and when it acts. */
struct Sensor {
  uint32_t exposure_delay;
  uint32_t gain_delay;
  uint32_t duration_delay;
  std::map<uint32_t, int32_t> exposure;
  std::map<uint32_t, double> gain;
  std::map<uint32_t, int64_t> duration;

  void write(uint32_t frame, const ControlList& list) {
    if (list.has(ControlId::ExposureTime))
      exposure[frame + exposure_delay] = list.get_or(ControlId::ExposureTime, int32_t{0});
    if (list.has(ControlId::FrameDuration))
      duration[frame + duration_delay] = list.get_or(ControlId::FrameDuration, int64_t{0});
    if (list.has(ControlId::AnalogueGain))
      gain[frame + gain_delay] = list.get_or(ControlId::AnalogueGain, 0.0);
  }
  ControlList of(uint32_t frame) const {
    return controls(std::prev(exposure.upper_bound(frame))->second,
                    std::prev(gain.upper_bound(frame))->second,
                    std::prev(duration.upper_bound(frame))->second);
  }
};

Sensor sensor_with(uint32_t exposure_delay, uint32_t gain_delay, uint32_t duration_delay,
                   const ControlList& initial) {
  Sensor sensor{exposure_delay, gain_delay, duration_delay, {}, {}, {}};
  sensor.exposure[0] = initial.get_or(ControlId::ExposureTime, int32_t{0});
  sensor.gain[0] = initial.get_or(ControlId::AnalogueGain, 0.0);
  sensor.duration[0] = initial.get_or(ControlId::FrameDuration, int64_t{0});
  return sensor;
}

/* Exposure, gain and frame duration that were wanted together arrive together. */
void test_together() {
  for (uint32_t delays = 0; delays < 8 * 8 * 9; delays++) {
    const uint32_t exposure_delay = delays % 8;
    const uint32_t gain_delay = delays / 8 % 8;
    const bool own = delays / 64 < 8;  // the frame duration has a delay of its own
    const uint32_t duration_delay = own ? delays / 64 : exposure_delay;
    {
      DelayedControls delayed = own ? DelayedControls(exposure_delay, gain_delay, duration_delay)
                                    : DelayedControls(exposure_delay, gain_delay);
      const ControlList initial = controls(1000, 1.0, 33000000);
      delayed.reset(initial);
      Sensor sensor = sensor_with(exposure_delay, gain_delay, duration_delay, initial);
      const uint32_t arrival = 3 + std::max({exposure_delay, gain_delay, duration_delay});
      for (uint32_t n = 0; n < 16; n++) {
        if (n == 3)
          delayed.push(controls(2000, 2.0, 40000000));
        sensor.write(n, delayed.frame_start(n));
        const ControlList expected = n < arrival ? initial : controls(2000, 2.0, 40000000);
        g_assert_true(sensor.of(n) == expected);
        g_assert_true(delayed.applied(n) == expected);
      }
    }
  }
}

/* Whatever is pushed, whichever frames are missed: applied() is what the sensor did. */
void test_truth() {
  std::minstd_rand random(1);
  for (int round = 0; round < 300; round++) {
    const uint32_t exposure_delay = static_cast<uint32_t>(random() % 8);
    const uint32_t gain_delay = static_cast<uint32_t>(random() % 8);
    const uint32_t duration_delay = static_cast<uint32_t>(random() % 8);
    DelayedControls delayed(exposure_delay, gain_delay, duration_delay);
    const ControlList initial = controls(1000, 1.0, 33000000);
    delayed.reset(initial);
    Sensor sensor = sensor_with(exposure_delay, gain_delay, duration_delay, initial);
    uint32_t n = 0;
    for (int step = 0; step < 60; step++) {
      for (unsigned pushes = static_cast<unsigned>(random() % 3); pushes > 0; pushes--) {
        ControlList list;
        if (random() % 2)
          list.set(ControlId::ExposureTime, static_cast<int32_t>(random() % 5 + 1));
        if (random() % 2)
          list.set(ControlId::AnalogueGain, static_cast<double>(random() % 5 + 1));
        if (random() % 2)
          list.set(ControlId::FrameDuration, static_cast<int64_t>(random() % 5 + 1));
        delayed.push(list);
      }
      sensor.write(n, delayed.frame_start(n));
      for (uint32_t back = 0; back < 16 && back <= n; back++) {
        // Frames in a gap that came later than `next` are not asked for: they do not exist.
        g_assert_true(delayed.applied(n - back) == sensor.of(n - back));
      }
      switch (random() % 8) {
        case 0:
          n += static_cast<uint32_t>(random() % 8);
          break;
        case 1:
          n += static_cast<uint32_t>(random() % 1000);
          break;
        default:
          n++;
      }
      if (n == 0)
        n = 1;
    }
  }
}

void test_edges() {
  DelayedControls delayed(2, 1);
  delayed.reset(controls(1000, 1.0, 33000000));
  g_assert_true(delayed.frame_start(0).empty());
  // The last one wins; a list without a control leaves it alone.
  delayed.push(controls(2000, 4.0, 33000000));
  ControlList exposure;
  exposure.set(ControlId::ExposureTime, int32_t{3000});
  delayed.push(exposure);
  ControlList written = delayed.frame_start(1);
  g_assert_cmpuint(written.size(), ==, 1);
  g_assert_cmpint(written.get_or(ControlId::ExposureTime, int32_t{0}), ==, 3000);
  written = delayed.frame_start(2);
  g_assert_cmpuint(written.size(), ==, 1);
  g_assert_cmpfloat(written.get_or(ControlId::AnalogueGain, 0.0), ==, 4.0);
  // A frame that was: nothing to write, and nothing changes.
  delayed.push(controls(9, 9.0, 9));
  g_assert_true(delayed.frame_start(2).empty());
  g_assert_true(delayed.frame_start(0).empty());
  g_assert_true(delayed.applied(3) == controls(3000, 4.0, 33000000));
  // Others than the sensor's are not its business.
  delayed.reset({});
  ControlList other;
  other.set(ControlId::Brightness, 0.5);
  delayed.push(other);
  g_assert_true(delayed.frame_start(0).empty());
  g_assert_true(delayed.applied(0).empty());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/delayed-controls/together", test_together);
  g_test_add_func("/delayed-controls/truth", test_truth);
  g_test_add_func("/delayed-controls/edges", test_edges);
  return g_test_run();
}
