/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/kernels/pack.h"

#include <bit>
#include <cstring>

#include "core/isp/kernels/dispatch.h"

namespace gstcam::isp {

namespace {

/* The bytes of an integer, least significant first, into memory. */
template <size_t kBytes, typename T>
inline __attribute__((always_inline)) void store_little(uint8_t* out, T value) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(out, &value, kBytes);
  } else {
    for (size_t i = 0; i < kBytes; i++)
      out[i] = static_cast<uint8_t>(value >> (8 * i));
  }
}

/* Table look-ups do not vectorise: these loops are bound by loads and have no clones.
 * Three bytes, the first the least significant: words put together are faster than bytes stored. */
template <bool kSwap>
inline uint32_t look_up(const LinearRow& row, uint32_t i, const uint8_t* tone) {
  const uint32_t r = tone[row.r[i]];
  const uint32_t g = tone[row.g[i]];
  const uint32_t b = tone[row.b[i]];
  return (kSwap ? b : r) | g << 8U | (kSwap ? r : b) << 16U;
}

constexpr uint32_t kOpaque = 0xff000000U;

template <bool kSwap>
inline void pack_four_bytes(const LinearRowPair& in, const uint8_t* tone, uint8_t* out,
                            uint32_t width) {
  const LinearRow even = in.even;
  const LinearRow odd = in.odd;
  const uint32_t pairs = width / 2;
  for (uint32_t i = 0; i < pairs; i++) {
    uint8_t* pair = out + size_t{8} * i;
    store_little<4>(pair, look_up<kSwap>(even, i, tone) | kOpaque);
    store_little<4>(pair + 4, look_up<kSwap>(odd, i, tone) | kOpaque);
  }
  if (width % 2)
    store_little<4>(out + size_t{8} * pairs, look_up<kSwap>(even, pairs, tone) | kOpaque);
}

}  // namespace

void pack_rgbx(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  pack_four_bytes<false>(in, tone, out, width);
}

void pack_bgrx(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  pack_four_bytes<true>(in, tone, out, width);
}

void pack_rgb(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  const LinearRow even = in.even;
  const LinearRow odd = in.odd;
  const uint32_t pairs = width / 2;
  for (uint32_t i = 0; i < pairs; i++) {
    uint8_t* pair = out + size_t{6} * i;
    const uint64_t first = look_up<false>(even, i, tone);
    const uint64_t second = look_up<false>(odd, i, tone);
    store_little<6>(pair, first | second << 24U);
  }
  if (width % 2)
    store_little<3>(out + size_t{6} * pairs, look_up<false>(even, pairs, tone));
}

void apply_tone(uint16_t* codes, const uint16_t* tone, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    codes[i] = tone[codes[i]];
}

GST_CAMERA_KERNEL
void to_component(const uint16_t* __restrict r, const uint16_t* __restrict g,
                  const uint16_t* __restrict b, const YuvRow& row, uint8_t* __restrict out,
                  uint32_t n) {
  const YuvRow m = row;
  for (uint32_t i = 0; i < n; i++)
    out[i] = static_cast<uint8_t>((m.r * r[i] + m.g * g[i] + m.b * b[i] + m.offset) >> kYuvShift);
}

GST_CAMERA_KERNEL
void halve_centred(const uint16_t* __restrict even, const uint16_t* __restrict odd,
                   uint16_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = static_cast<uint16_t>((even[i] + odd[i] + 1) >> 1);
}

GST_CAMERA_KERNEL
void halve_cosited(const uint16_t* __restrict even, const uint16_t* odd, uint16_t* __restrict out,
                   uint32_t n) {
  const uint16_t* before = odd - 1;
  for (uint32_t i = 0; i < n; i++)
    out[i] = static_cast<uint16_t>((before[i] + 2 * even[i] + odd[i] + 2) >> 2);
}

GST_CAMERA_KERNEL
void mean_of_rows(const uint16_t* a, const uint16_t* b, uint16_t* out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = static_cast<uint16_t>((a[i] + b[i] + 1) >> 1);
}

GST_CAMERA_KERNEL
void interleave(const uint8_t* __restrict a, const uint8_t* __restrict b, uint8_t* __restrict out,
                uint32_t bytes) {
  const uint32_t pairs = bytes / 2;
  for (uint32_t i = 0; i < pairs; i++) {
    out[size_t{2} * i] = a[i];
    out[size_t{2} * i + 1] = b[i];
  }
  if (bytes % 2)
    out[bytes - 1] = a[pairs];
}

GST_CAMERA_KERNEL
void interleave_yuyv(const uint8_t* __restrict y_even, const uint8_t* __restrict y_odd,
                     const uint8_t* __restrict u, const uint8_t* __restrict v,
                     uint8_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t word = static_cast<uint32_t>(y_even[i]) | static_cast<uint32_t>(u[i]) << 8U |
                          static_cast<uint32_t>(y_odd[i]) << 16U |
                          static_cast<uint32_t>(v[i]) << 24U;
    store_little<4>(out + size_t{4} * i, word);
  }
}

}  // namespace gstcam::isp
