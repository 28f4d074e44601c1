/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of the kernel made fit for people: fields of fixed size that may lack their NUL, hold bytes
 * that are no UTF-8, or control characters. Fourccs as text.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gstcam::v4l2 {

/** The text in a field of `size` bytes: up to its NUL or its end, valid UTF-8, on one line. */
std::string text_of(const void* field, size_t size);

template <typename T, size_t N>
std::string text_of(const T (&field)[N]) {
  static_assert(sizeof(T) == 1);
  return text_of(static_cast<const void*>(field), N);
}

/** "YUYV", "RG10-BE" (bit 31), "0x00000001" for what has no letters. */
std::string fourcc_text(uint32_t fourcc);

/** "0x00980900" */
std::string hex_text(uint32_t value);

}  // namespace gstcam::v4l2
