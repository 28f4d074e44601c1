/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedSensor: a raw sensor behind a subdevice, with the controls of
 * Documentation/userspace-api/media/drivers/camera-sensor.rst: the mode decides of blanking, the
 * blanking of the longest exposure, and what is written acts some frames later.
 *
 * The test starts frames (frame_start()) and asks what each was taken with.
 */
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tests/core/v4l2/simulated-subdevice.h"

namespace gstcam::v4l2::test {

struct SimulatedSensorMode {
  Size size;
  Rect crop;
  uint32_t lines = 0;  // of a frame, as the mode begins
};

struct SimulatedSensorDescription {
  std::vector<uint32_t> codes;
  std::vector<SimulatedSensorMode> modes;
  Size array;
  int64_t pixel_rate = 0;
  int64_t line_length = 0;  // pixels, blanking included
  int64_t vblank_min = 0;
  int64_t frame_lines_max = 0;
  int64_t exposure_min = 1;
  int64_t exposure_margin = 4;  // lines a frame is longer than its longest exposure
  int64_t gain_min = 0;
  int64_t gain_max = 0;
  int64_t link_frequency = 0;
  int64_t orientation = 1;
  int64_t rotation = 0;
  uint32_t exposure_delay = 2;
  uint32_t gain_delay = 1;
  uint32_t vblank_delay = 2;
  /* false: it has none of the controls that exposure, gain and times are made of. */
  bool timed = true;
};

class SimulatedSensor final : public SimulatedSubdevice {
 public:
  static std::shared_ptr<SimulatedSensor> create(const SimulatedSensorDescription& description);

  struct Taken {
    int64_t exposure = 0;
    int64_t gain = 0;
    int64_t vblank = 0;
  };
  /** Frame `sequence` starts: what is written from now on belongs to it. Under the kernel's lock.
   */
  void frame_start(uint32_t sequence);
  /** What a frame that started was, or will be, taken with as far as is written. */
  [[nodiscard]] Taken taken(uint32_t sequence) const;

 private:
  explicit SimulatedSensor(const SimulatedSensorDescription& description);
  void add_times();
  void mode_changed(const PadFormat& format);
  void written(const SimulatedControl& control);
  void update_exposure_range();

  const SimulatedSensorDescription d_;
  uint32_t sequence_ = 0;
  uint32_t height_ = 0;
  std::map<uint32_t, int64_t> exposure_;  // from which frame on
  std::map<uint32_t, int64_t> gain_;
  std::map<uint32_t, int64_t> vblank_;
};

/** The numbers of Linux drivers/media/i2c/imx219.c: four modes, 10 and 8 bit, no flips. */
SimulatedSensorDescription imx219_description();

}  // namespace gstcam::v4l2::test
