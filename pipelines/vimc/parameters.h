/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether parameters that an IPA wrote may be used. A function without state.
 */
#pragma once

#include <cstdint>

#include "base/result.h"
#include "ipa/vimc-parameters.h"

namespace gstcam::vimc {

/** What the driver takes; every control of a camera's sensors and debayers. */
struct DriverLimits {
  struct Range {
    int64_t min = 0;
    int64_t max = 0;
    int64_t step = 1;
    [[nodiscard]] bool has(int64_t value) const {
      return value >= min && value <= max && (value - min) % step == 0;
    }
  };
  Range brightness;
  Range contrast;
  Range saturation;
  Range hue;
  Range mean_window;
};

/**
 * Checks a copy that nobody else writes to: version and size, every code against the driver's
 * limits, every value against the control table. The error (Protocol) names the field.
 */
Result<void> check_vimc_parameters(const GstCameraVimcParameters& parameters,
                                   const DriverLimits& limits);

}  // namespace gstcam::vimc
