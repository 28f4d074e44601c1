/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame rate that the streams of one camera share: a frame is taken once, for all of them.
 *
 * Pure functions, any thread.
 */
#pragma once

#include <vector>

#include "gst/mini-object-ptr.h"

namespace gstcam {

/** What is left of each where only those rates stay that all of them have. False: there is none. */
bool share_rates(std::vector<CapsPtr>& caps);

/** What is left of `caps` at the rate of these fixed ones. */
CapsPtr at_rate_of(CapsPtr caps, const GstCaps* fixed);

}  // namespace gstcam
