/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order that the hostile module was given: what to do, and in which call. It is in the module's
 * data, where a test writes it into a copy of the file: so the module has it before its first
 * instruction, in a process without arguments, environment and files.
 */
#pragma once

#include <string_view>

namespace gstcam::hostile {

/** What a test looks for in the file; "CALL/DEED" and zeros follow, kOrderSize bytes in all. */
inline constexpr char kOrderMark[] = "GST-CAMERA-HOSTILE-ORDER=";
inline constexpr unsigned kOrderSize = 128;

/** The deed to do in `call`; empty: none. */
std::string_view ordered(std::string_view call);

}  // namespace gstcam::hostile
