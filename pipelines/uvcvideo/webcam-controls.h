/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WebcamControls: the controls of a capture node as rows of the control table.
 *
 *     our control             V4L2_CID_*                        how
 *     ae-mode                 EXPOSURE_AUTO                     auto: the automatic mode the camera
 *                                                               has; locked, manual: MANUAL
 *     exposure-time           EXPOSURE_ABSOLUTE                 100 µs a step; in ae-mode=manual
 *     analogue-gain           GAIN                              lowest 1, highest 16, linear: UVC
 *                                                               gives it no unit
 *     exposure-compensation   AUTO_EXPOSURE_BIAS                0.001 EV a unit
 *     ae-flicker-period       POWER_LINE_FREQUENCY              0 none, 10000 50 Hz, 8333 60 Hz
 *     awb-mode                AUTO_WHITE_BALANCE                off for all but auto
 *     colour-temperature      WHITE_BALANCE_TEMPERATURE         in awb-mode=temperature
 *     af-mode                 FOCUS_AUTO                        off in manual
 *     focus-position          FOCUS_ABSOLUTE                    lowest 0, highest 1
 *     brightness              BRIGHTNESS                        default 0, ends -1 and 1
 *     contrast, saturation,   CONTRAST, SATURATION, SHARPNESS   lowest 0, default 1, linear
 *     sharpness
 *
 * Ranges are the device's own, in our units. A value that automatics rule is kept, and written when
 * the mode lets it. The device must stay where it is and outlive the object. One thread.
 */
#pragma once

#include <vector>

#include "base/controls.h"
#include "core/v4l2/device-controls.h"

namespace gstcam::uvcvideo {

class WebcamControls {
 public:
  static Result<WebcamControls> query(v4l2::Device& device);

  [[nodiscard]] const ControlRanges& ranges() const { return ranges_; }
  /** Writes what changes. Values are in range; what the device does not have is left out. */
  Result<void> apply(const ControlList& controls);
  /** Adds what is in force as far as it is known without asking the device. Allocates nothing. */
  void report(ControlList& metadata) const { metadata.merge(in_force_); }

 private:
  explicit WebcamControls(v4l2::DeviceControls controls) : device_(std::move(controls)) {}
  void add_numbers();
  void add_modes();
  [[nodiscard]] bool ruled_by_automatics(ControlId id) const;
  Result<void> write(ControlId id, const ControlValue& value);
  void read();

  v4l2::DeviceControls device_;
  ControlRanges ranges_;
  ControlList wanted_;         // what automatics do not let through yet
  ControlList in_force_;       // as last written or read
  int64_t auto_exposure_ = 0;  // the menu's item for it
};

}  // namespace gstcam::uvcvideo
