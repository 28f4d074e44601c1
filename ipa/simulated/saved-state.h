/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SavedState: what a SimulatedIpa tells of itself so that another one can take over a running
 * camera: where exposure and white balance were. The handler keeps it as bytes it does not look at.
 *
 * It comes back from another process: read() takes nothing that is not finite and plausible.
 */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/result.h"

namespace gstcam::simulated {

struct SavedState {
  static constexpr uint32_t kVersion = 1;

  uint32_t version = kVersion;
  uint32_t has_white = 0;     // mired and off_locus mean something
  double exposure_total = 1;  // µs at gain 1
  double digital_gain = 1;
  double mired = 0;
  double off_locus = 0;

  void write(std::vector<uint8_t>& bytes) const {
    bytes.resize(sizeof *this);
    std::memcpy(bytes.data(), this, sizeof *this);
  }
  static Result<SavedState> read(const std::vector<uint8_t>& bytes) {
    SavedState state;
    if (bytes.size() != sizeof state)
      return Error(Error::Code::Invalid,
                   "a saved state has " + std::to_string(bytes.size()) + " bytes");
    std::memcpy(&state, bytes.data(), sizeof state);
    if (state.version != kVersion || state.has_white > 1)
      return Error(Error::Code::Invalid, "a saved state is of another version");
    const double values[] = {state.exposure_total, state.digital_gain, state.mired,
                             state.off_locus};
    if (!std::ranges::all_of(values, [](double v) { return std::isfinite(v); }) ||
        state.exposure_total <= 0 || state.digital_gain < 1 || state.digital_gain > 256)
      return Error(Error::Code::Invalid, "a saved state has values that cannot be");
    return state;
  }
};

static_assert(sizeof(SavedState) == 40, "no padding: every byte is written");

}  // namespace gstcam::simulated
