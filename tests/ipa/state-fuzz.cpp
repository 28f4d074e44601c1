/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the state that another IPA saved: refused, or a run from there whose first controls
 * a sensor takes and whose parameters an ISP takes.
 */
#include <cstddef>
#include <cstdint>

#include "tests/ipa/fuzz-run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gstcam::simulated;  // NOLINT
  static Rig rig;
  if (!rig.ipa.restore_state({data, data + size}))
    return 0;
  rig.events.seen.clear();
  run_frames(rig.ipa, rig.events, rig.params, rig.stats);
  return 0;
}
