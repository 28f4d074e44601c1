/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which rows of the control table the simulated camera has: all but those of a lens that moves, and
 * of sharpening, which its ISP does not do.
 */
#pragma once

#include "base/controls.h"

namespace gstcam::test {

inline bool simulated_has(ControlId id) {
  return id != ControlId::Sharpness && id != ControlId::AfMode && id != ControlId::FocusPosition;
}

}  // namespace gstcam::test
