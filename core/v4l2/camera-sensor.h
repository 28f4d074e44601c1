/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraSensor: a sensor subdevice as cameras think of it: modes, and exposure time, gain and frame
 * duration in units of the control table instead of lines and codes.
 *
 * The driver's conventions are those of
 * Documentation/userspace-api/media/drivers/camera-sensor.rst: a line has width + HBLANK pixels at
 * PIXEL_RATE, a frame height + VBLANK lines, EXPOSURE is in lines. A sensor without these controls
 * (one with an ISP of its own) opens, and has no limits().
 *
 * The subdevice is not shared: nobody else writes its controls. Not thread safe, in the camera's
 * thread; write() waits for the sensor's bus (about 1 ms for all three).
 */
#pragma once

#include <linux/v4l2-controls.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/controls.h"
#include "core/delayed-controls.h"
#include "core/pixel-format.h"
#include "core/v4l2/device-controls.h"
#include "core/v4l2/media-bus-format.h"
#include "core/v4l2/sensor-properties.h"
#include "core/v4l2/subdevice.h"

namespace gstcam::v4l2 {

struct SensorMode {
  MediaBusFormat format;
  SizeRange size;  // of most sensors discrete
};

/** Of the configured mode; times in ns. */
struct SensorLimits {
  double line_duration = 0;
  int64_t exposure_time_min = 0;
  int64_t exposure_time_max = 0;  // at the longest frame duration
  int64_t frame_duration_min = 0;
  int64_t frame_duration_max = 0;
  double analogue_gain_min = 1;  // 1 to 1 where the sensor has none to set
  double analogue_gain_max = 1;
};

class CameraSensor {
 public:
  enum class Location : uint8_t { Unknown, Front, Back, External };

  /** `entity`: the name in the media graph, "imx219 10-0010". */
  static Result<std::unique_ptr<CameraSensor>> open(Kernel& kernel, const std::string& path,
                                                    const std::string& entity);
  ~CameraSensor() = default;
  CameraSensor(const CameraSensor&) = delete;
  CameraSensor& operator=(const CameraSensor&) = delete;

  /** "imx219" */
  [[nodiscard]] const std::string& model() const { return model_; }
  [[nodiscard]] const std::string& entity() const { return entity_; }
  [[nodiscard]] Location location() const { return location_; }
  /** How it is mounted, degrees as V4L2_CID_CAMERA_SENSOR_ROTATION counts them, 0 to 359. */
  [[nodiscard]] uint32_t rotation() const { return rotation_; }
  /** Raw and other modes, the largest first. Codes follow flips: they are of now. */
  [[nodiscard]] const std::vector<SensorMode>& modes() const { return modes_; }
  /** nullptr for a sensor the table does not know: gain and delays are assumed then. */
  [[nodiscard]] const SensorProperties* properties() const { return properties_; }
  [[nodiscard]] SensorDelays delays() const;
  /** All pixels it has; empty where the driver does not tell. */
  [[nodiscard]] Size array_size() const { return array_size_; }

  /**
   * Sets the mode nearest to it; what the driver made of it. Limits are the mode's afterwards. In a
   * raw mode the sensor's own automatics are turned off.
   */
  Result<PadFormat> configure(const PadFormat& wanted);
  /** Unsupported before configure(), and where the driver lacks the controls it takes. */
  [[nodiscard]] Result<SensorLimits> limits() const;
  /** Part of the array that the mode shows; none where the driver does not tell. */
  [[nodiscard]] const std::optional<Rect>& crop() const { return crop_; }

  /**
   * Moves exposure-time (µs), analogue-gain and frame-duration (ns) to what the sensor can really
   * do, the exposure within the frame. Others are left out.
   */
  [[nodiscard]] ControlList nearest(const ControlList& controls) const;
  /**
   * Writes those of the list, nearest(): push() what nearest() gives to DelayedControls, or it will
   * tell of frames what they were not taken with. Every one is written, or an error tells which was
   * not. A frame that becomes too short for the exposure of before shortens that at once, in the
   * driver: where both have different delays, one frame may have a shorter exposure than was asked.
   */
  Result<void> write(const ControlList& controls);
  /** What is written now. */
  [[nodiscard]] ControlList current() const;

  /** DelayedControls with the sensor's delays. */
  [[nodiscard]] DelayedControls delayed_controls() const;

  [[nodiscard]] Subdevice& subdevice() { return subdevice_; }
  [[nodiscard]] DeviceControls& controls() { return *controls_; }

 private:
  /* What is written, in the driver's units. */
  struct Codes {
    int64_t exposure = 0;
    int64_t gain = 0;
    int64_t vblank = 0;
  };

  CameraSensor(Subdevice subdevice, std::string entity);
  Result<void> find_modes();
  Result<void> find_place();
  Result<void> turn_automatics_off();
  Result<void> read_mode();
  void assume_gain();
  [[nodiscard]] bool timed() const { return line_duration_ > 0; }
  [[nodiscard]] Codes codes_of(const ControlList& controls) const;
  [[nodiscard]] ControlList list_of(const Codes& codes, const ControlList& which) const;
  /** In lines, in a frame with that blanking. */
  [[nodiscard]] int64_t exposure_max(int64_t vblank) const;
  [[nodiscard]] int64_t lines_of(double ns) const;

  Subdevice subdevice_;
  std::optional<DeviceControls> controls_;
  std::string entity_;
  std::string model_;
  const SensorProperties* properties_ = nullptr;
  std::optional<SensorGain> gain_;  // none: its gain cannot be set, or what it means is unknown
  Location location_ = Location::Unknown;
  uint32_t rotation_ = 0;
  Size array_size_;
  std::vector<SensorMode> modes_;

  /* Of the configured mode. */
  PadFormat format_;
  std::optional<Rect> crop_;
  double line_duration_ = 0;     // ns, 0: not configured, or not told
  int64_t exposure_margin_ = 0;  // lines a frame is longer than its longest exposure
  Codes codes_;
};

}  // namespace gstcam::v4l2
