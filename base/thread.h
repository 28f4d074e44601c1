/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * start_thread(): a std::thread with a name, or the Error that says why there is none.
 * std::thread's constructor throws where memory, addresses or the limit of processes do not
 * suffice.
 */
#pragma once

#include <functional>
#include <thread>

#include "base/result.h"

namespace gstcam {

/** `name` shows in ps and debuggers, its first 15 characters. */
Result<std::thread> start_thread(const char* name, std::function<void()> main);

}  // namespace gstcam
