/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorModel: a raw image sensor in software, in front of a scene.
 *
 *     scene's signal x illuminance x exposure -> electrons -> shot and read noise
 *     -> gain -> black level -> quantised mosaic
 *
 * Like a real one it has registers: a control written at the start of frame n acts on frame n +
 * delay, exposure in whole lines, gain in steps of its code (gain = 1024 / (1024 - code), as
 * sensors of Sony have). A frame is a pure function of scene, light at its time, effective exposure
 * and gain, seed and sequence number. Sensitivity: a perfect white at 6.93 lux seconds is just
 * white at gain 1 (see kSaturationExposure).
 *
 * Not thread safe: one thread at a time. expose() allocates nothing (a video's decoder does).
 */
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/controls.h"
#include "base/result.h"
#include "core/pixel-format.h"
#include "core/sensor-info.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/scene/scene.h"

namespace gstcam::simulated {

class SensorModel {
 public:
  /** What a frame was, or will be, taken with. */
  struct Effective {
    uint64_t exposure_time = 0;  // ns
    double gain = 1;
    /** The same as controls: exposure-time (µs, rounded) and analogue-gain. */
    [[nodiscard]] ControlList controls() const;
  };

  /** Opens the scene as far as its size needs; renders nothing. */
  static Result<std::unique_ptr<SensorModel>> create(const CameraDescription& description);
  ~SensorModel();
  SensorModel(const SensorModel&) = delete;
  SensorModel& operator=(const SensorModel&) = delete;

  /** Sizes it can put out: even numbers within these. */
  [[nodiscard]] SizeLimits limits() const;
  /** The mode of that size. `frame_duration` in ns fixes the frame rate; 0: any it can do. */
  [[nodiscard]] Result<SensorInfo> info(Size size, uint64_t frame_duration) const;

  /** Chooses the size; loads the scene. */
  Result<void> configure(Size size);
  /** Begins a run at frame 0; `initial` acts from the first frame on. */
  Result<void> start(const ControlList& initial);
  /**
   * Writes exposure-time and analogue-gain (others are not the sensor's and are ignored) at the
   * start of frame `sequence`. Sequences must not fall. Values are moved into the sensor's range.
   */
  void set_controls(uint32_t sequence, const ControlList& controls);
  /**
   * The raw frame `sequence`, `time_ns` after the first, as 16 bit words with the code in the low
   * bits; `stride` in bytes. A failure is the scene's (a video that stops decoding).
   */
  Result<void> expose(uint32_t sequence, int64_t time_ns, uint16_t* out, size_t stride);
  /** For the frames around the last written one (16 back). */
  [[nodiscard]] Effective effective(uint32_t sequence) const;
  /** The true light of a frame. */
  [[nodiscard]] Light light(uint32_t sequence, int64_t time_ns) const;

 private:
  class Private;
  explicit SensorModel(std::unique_ptr<Private> d);
  std::unique_ptr<Private> d_;
};

}  // namespace gstcam::simulated
