/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What controls the IPA takes, and in which ranges: the control table's, narrowed to the sensor and
 * its tuning. A function without state.
 */
#pragma once

#include "base/controls.h"
#include "ipa/algorithms/exposure-split.h"
#include "ipa/algorithms/white-locus.h"

namespace gstcam::simulated {

ControlRanges control_ranges(const algorithms::ExposureSplit& exposure,
                             const algorithms::WhiteLocus& locus);

}  // namespace gstcam::simulated
