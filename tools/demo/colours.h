/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Colours of a developed picture: mean linear sRGB of squares of it.
 */
#pragma once

#include <vector>

#include "base/result.h"
#include "pipelines/simulated/scene/colour-difference.h"
#include "tools/demo/recording.h"
#include "tools/demo/session.h"

namespace gstcam::demo {

/** Mean linear sRGB of each square, the picture converted by GStreamer. */
Result<std::vector<simulated::LinearRgb>> measure(const SamplePtr& sample,
                                                  const std::vector<GreyPatch>& patches);
/** Squares in the middle of the computed chart's 24 patches. */
Result<std::vector<GreyPatch>> chart_squares(const SamplePtr& sample);
/** How far greys are from neutral: |R/G - 1| or |B/G - 1|, whichever is larger. */
struct GreyCast {
  double mean = 0;     // of the ratios' means over the patches
  double largest = 0;  // of a single patch: light on a real chart is not even
};
GreyCast grey_cast(const std::vector<simulated::LinearRgb>& greys);

}  // namespace gstcam::demo
