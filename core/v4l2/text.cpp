/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/glib-ptr.h"

namespace gstcam::v4l2 {

std::string text_of(const void* field, size_t size) {
  const auto* bytes = static_cast<const char*>(field);
  const size_t length = ::strnlen(bytes, size);
  CharPtr valid(g_utf8_make_valid(bytes, static_cast<gssize>(length)));
  std::string text(valid.get());
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string hex_text(uint32_t value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", value);
  return text.data();
}

std::string fourcc_text(uint32_t fourcc) {
  const uint32_t letters = fourcc & 0x7fffffffU;  // bit 31: big endian
  std::string text;
  for (uint32_t shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<unsigned char>(letters >> shift);
    if (c < 0x20 || c > 0x7e)
      return hex_text(fourcc);
    text += static_cast<char>(c);
  }
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return (fourcc & 0x80000000U) != 0 ? text + "-BE" : text;
}

}  // namespace gstcam::v4l2
