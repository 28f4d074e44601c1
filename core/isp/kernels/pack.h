/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Row kernels from linear codes through the tone curve to bytes of the output formats.
 *
 * Arrays are columns of one parity (even, odd) of one row, of n = ceil(width / 2) elements; a
 * kernel that writes bytes of pixels takes the true width.
 */
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/isp/kernels/demosaic.h"

namespace gstcam::isp {

/** Even and odd columns of one row. */
struct LinearRowPair {
  LinearRow even;
  LinearRow odd;
};

/** Bytes R G B 255, through a table of kLinearMax + 1 bytes. */
void pack_rgbx(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width);
/** Bytes B G R 255. */
void pack_bgrx(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width);
/** Bytes R G B. */
void pack_rgb(const LinearRowPair& in, const uint8_t* tone, uint8_t* out, uint32_t width);

/** codes[i] = tone[codes[i]] */
void apply_tone(uint16_t* codes, const uint16_t* tone, uint32_t n);

/**
 * Rows of the matrix R'G'B' -> Y'CbCr in kYuvShift fixed point, for codes of 0 .. kToneMax, with
 * offset and half a code in them.
 */
inline constexpr int32_t kToneMax = 255 * 64;
inline constexpr int32_t kYuvShift = 22;
struct YuvRow {
  int32_t r;
  int32_t g;
  int32_t b;
  int32_t offset;
};
struct YuvMatrix {
  YuvRow y;
  YuvRow u;
  YuvRow v;
};

/** out[i] = one component of (r, g, b)[i] */
void to_component(const uint16_t* r, const uint16_t* g, const uint16_t* b, const YuvRow& row,
                  uint8_t* out, uint32_t n);

/** out[i] = mean of even[i] and odd[i]: chroma half way between the two columns */
void halve_centred(const uint16_t* even, const uint16_t* odd, uint16_t* out, uint32_t n);
/**
 * out[i] = (odd[i - 1] + 2 even[i] + odd[i]) / 4: chroma on the even column; reads odd[-1].
 */
void halve_cosited(const uint16_t* even, const uint16_t* odd, uint16_t* out, uint32_t n);
/** out[i] = mean of a[i] and b[i]; out may be a. */
void mean_of_rows(const uint16_t* a, const uint16_t* b, uint16_t* out, uint32_t n);

/** out[2 i] = a[i], out[2 i + 1] = b[i] for `bytes` bytes in all */
void interleave(const uint8_t* a, const uint8_t* b, uint8_t* out, uint32_t bytes);
/** Y U Y V, n times */
void interleave_yuyv(const uint8_t* y_even, const uint8_t* y_odd, const uint8_t* u,
                     const uint8_t* v, uint8_t* out, uint32_t n);

}  // namespace gstcam::isp
