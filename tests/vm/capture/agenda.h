/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * work_off(): modes, each done once by one of several cameras, which work at the same time.
 *
 * Slow modes take time and no processor, fast ones the reverse. So two cameras do the fast ones and
 * all others those of at most ten frames a second; where there are no others, the two do all. A
 * line is printed for each.
 */
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "tests/vm/capture/mode.h"

namespace gstcam::test {

/** In the camera's own thread; what it returns is printed. */
using Work = std::function<Result<std::string>(size_t camera, const Mode& mode)>;

/** Failed where any was; no more is begun then. */
Result<void> work_off(const Modes& modes, size_t cameras, const Work& work);

}  // namespace gstcam::test
