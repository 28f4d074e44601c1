/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/kernels/pack.h"

#include "core/isp/kernels/dispatch.h"

namespace gstcam::isp {

/* Table look-ups do not vectorise; these loops are bound by loads, and are no kernels to clone. */
namespace {

template <uint32_t kBytes, bool kSwap>
inline void put(uint8_t* out, const LinearRow& row, uint32_t i, const uint8_t* tone) {
  const uint8_t r = tone[row.r[i]];
  const uint8_t g = tone[row.g[i]];
  const uint8_t b = tone[row.b[i]];
  out[0] = kSwap ? b : r;
  out[1] = g;
  out[2] = kSwap ? r : b;
  if (kBytes == 4)
    out[3] = 255;
}

template <uint32_t kBytes, bool kSwap>
inline void pack(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  const LinearRow even = in.even;
  const LinearRow odd = in.odd;
  const uint32_t pairs = width / 2;
  for (uint32_t i = 0; i < pairs; i++, out += size_t{2} * kBytes) {
    put<kBytes, kSwap>(out, even, i, tone);
    put<kBytes, kSwap>(out + kBytes, odd, i, tone);
  }
  if (width % 2)
    put<kBytes, kSwap>(out, even, pairs, tone);
}

}  // namespace

void pack_rgbx(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  pack<4, false>(in, tone, out, width);
}

void pack_bgrx(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  pack<4, true>(in, tone, out, width);
}

void pack_rgb(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width) {
  pack<3, false>(in, tone, out, width);
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
    out[2 * i] = a[i];
    out[2 * i + 1] = b[i];
  }
  if (bytes % 2)
    out[bytes - 1] = a[pairs];
}

GST_CAMERA_KERNEL
void interleave_yuyv(const uint8_t* __restrict y_even, const uint8_t* __restrict y_odd,
                     const uint8_t* __restrict u, const uint8_t* __restrict v,
                     uint8_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    out[4 * i] = y_even[i];
    out[4 * i + 1] = u[i];
    out[4 * i + 2] = y_odd[i];
    out[4 * i + 3] = v[i];
  }
}

}  // namespace gstcam::isp
