/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parameters an IPA wrote, judged before the ISP uses them; and parameters that do nothing.
 *
 * Functions without state, any thread. The caller checks its own copy: a buffer that an IPA can
 * still write to may change after the check.
 */
#pragma once

#include "base/result.h"
#include "ipa/isp-parameters.h"

namespace gstcam {

/**
 * Version, size, ranges as ipa/isp-parameters.h documents them, no NaN, a tone curve that never
 * falls. The error (Protocol) names the field and its value. An unused lens shading grid is not
 * looked at.
 */
Result<void> check_isp_parameters(const GstCameraIspParameters& parameters);

/**
 * No black level, no shading correction, gains of 1, unit matrix, linear tone: the picture is the
 * demosaiced sensor light. Right to run an ISP on before an IPA answered, and to start from.
 */
GstCameraIspParameters neutral_isp_parameters();

}  // namespace gstcam
