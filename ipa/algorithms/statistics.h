/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading ISP statistics: the check that comes before everything else, and the few measures of
 * exposure that more than one algorithm needs.
 *
 * Functions without state, no allocation, any thread. Levels are linear, 1.0 = white level. The
 * caller passes a copy of its own: a shared buffer may change after the check.
 */
#pragma once

#include <cstdint>

#include "base/result.h"
#include "ipa/isp-statistics.h"

namespace gstcam::algorithms {

/** Version, size, finite levels in range, counts that add up. The error (Protocol) names the field.
 */
Result<void> check_isp_statistics(const GstCameraIspStatistics& statistics);

struct GreenLevel {
  double mean = 0;         // of all quads, saturated ones at 1.0
  double estimate = 0;     // the same with a guess of how far beyond 1.0 the saturated ones are
  double unsaturated = 0;  // of the others alone
  double saturated = 0;    // share of quads whose green is saturated
};

/** Mean level of green: the channel that stands for luminance and that white balance leaves alone.
 */
GreenLevel green_level(const GstCameraIspStatistics& statistics);

/**
 * The level that a share `fraction` of the quads lies above, of the channel where it is highest.
 * Where that is beyond saturation it is a guess above 1.0 that grows with the saturated share.
 */
double highlight_level(const GstCameraIspStatistics& statistics, double fraction);

}  // namespace gstcam::algorithms
