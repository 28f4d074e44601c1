/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorInfo: what algorithms have to know of a raw sensor in one of its modes: the fields of
 * GstCameraIpaSensorInfo. Times in ns, black level in 16 bit scale. exposure_time_max is 0 for a
 * sensor whose exposure and gain can be neither set nor told.
 */
#pragma once

#include <cstdint>
#include <string>

#include "core/pixel-format.h"

namespace gstcam {

struct SensorInfo {
  std::string model;
  uint32_t width = 0;
  uint32_t height = 0;
  CfaOrder cfa_order = CfaOrder::Rggb;
  uint32_t bits_per_sample = 0;
  uint32_t black_level = 0;
  uint64_t line_duration = 0;
  uint64_t exposure_time_min = 0;
  uint64_t exposure_time_max = 0;
  double analogue_gain_min = 0;
  double analogue_gain_max = 0;
  uint64_t frame_duration_min = 0;
  uint64_t frame_duration_max = 0;
  uint32_t exposure_delay = 0;
  uint32_t gain_delay = 0;
};

}  // namespace gstcam
