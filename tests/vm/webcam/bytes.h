/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes: what USB and UVC say, as they say it: little endian, without gaps.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace gstcam::webcam {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;

inline void put16(Bytes& out, uint32_t value) {
  out.push_back(static_cast<uint8_t>(value));
  out.push_back(static_cast<uint8_t>(value >> 8));
}

inline void put32(Bytes& out, uint32_t value) {
  put16(out, value & 0xffff);
  put16(out, value >> 16);
}

inline void put(Bytes& out, std::initializer_list<unsigned> values) {
  for (unsigned value : values)
    out.push_back(static_cast<uint8_t>(value));
}

inline void put(Bytes& out, ByteSpan bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/** `count` bytes from `offset` on as a number; bytes that are not there count as zero. */
inline uint32_t get(ByteSpan in, size_t offset, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count && offset + i < in.size(); i++)
    value |= uint32_t{in[offset + i]} << (8 * i);
  return value;
}

}  // namespace gstcam::webcam
