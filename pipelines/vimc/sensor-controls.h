/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorControls: parameters of the IPA in the controls of vimc's subdevices.
 *
 * Both sensors and both debayers have the same controls and are given the same values, so that all
 * streams show one picture. Nothing is known of what they were set to before: the first parameters
 * after forget() are all written, later ones only where they differ.
 *
 * The devices must stay where they are and outlive the object. One thread. Allocates nothing unless
 * it fails.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/controls.h"
#include "core/v4l2/device-controls.h"
#include "core/v4l2/subdevice.h"
#include "pipelines/vimc/parameters.h"

namespace gstcam::vimc {

class SensorControls {
 public:
  struct Devices {
    std::array<v4l2::Subdevice*, 2> sensors{};
    std::array<v4l2::Subdevice*, 2> debayers{};
  };

  /** Unsupported where a control is missing. */
  static Result<SensorControls> query(const Devices& devices);

  [[nodiscard]] const DriverLimits& limits() const { return limits_; }
  void forget() { written_.reset(); }
  /** Parameters are checked. After an error it is not known what is written. */
  Result<void> write(const GstCameraVimcParameters& parameters);
  /** What was written last, in units of the control table. */
  [[nodiscard]] const ControlList& in_force() const { return in_force_; }

 private:
  struct Unit {
    v4l2::DeviceControls sensor;
    v4l2::DeviceControls debayer;
  };
  explicit SensorControls(std::array<Unit, 2> units) : units_(std::move(units)) {}
  Result<void> find_limits(const Devices& devices);

  std::array<Unit, 2> units_;
  DriverLimits limits_;
  std::optional<GstCameraVimcParameters> written_;
  ControlList in_force_;
};

}  // namespace gstcam::vimc
