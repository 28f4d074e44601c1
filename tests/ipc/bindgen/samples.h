/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that leave nothing at its default, for tests of the codec. */
#pragma once

#include "tests/ipc/test-ipa-codec.h"

namespace gstcam::test {

ControlList sample_controls();
ControlRanges sample_ranges();
Everything sample_everything();
/** Descriptors of five different pipes and files. */
Files sample_files();
/** An open descriptor. */
UniqueFd sample_fd();
/** Whether both are the same open file. */
bool same_file(const UniqueFd& a, const UniqueFd& b);

}  // namespace gstcam::test
