/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Row kernels on the mosaic: samples to levels, lens shading, gains.
 *
 * Inside the ISP a row lives as two arrays, its even and its odd columns, so that each array has
 * one colour and every loop has stride 1.
 */
#pragma once

#include <cstdint>

namespace gstcam::isp {

/** n samples of 8 bits to words. */
void unpack_bytes(const uint8_t* in, uint16_t* out, uint32_t n);
/** Groups of 5 bytes to 4 words, of 3 bytes to 2: RawPacking::Mipi10 and Mipi12. */
void unpack_mipi10(const uint8_t* in, uint16_t* out, uint32_t groups);
void unpack_mipi12(const uint8_t* in, uint16_t* out, uint32_t groups);

/**
 * pairs[2 i], pairs[2 i + 1] -> even[i], odd[i]: min((sample - black) * scale, 1), for n pairs.
 * Below black stays negative: cutting noise there would tint the shadows.
 */
void split_levels(const uint16_t* pairs, float* even, float* odd, uint32_t n, float black_even,
                  float scale_even, float black_odd, float scale_odd);

/** out[i] = a[i] + (b[i] - a[i]) * t */
void blend(const float* a, const float* b, float t, float* out, uint32_t n);

/** out[i] = first + slope * i */
void ramp(float first, float slope, float* out, uint32_t n);

/** levels[i] = min(levels[i] * gain, 1) */
void apply_gain(float* levels, float gain, uint32_t n);

/** levels[i] = min(levels[i] * shading[i] * gain, 1) */
void apply_shading_and_gain(float* levels, const float* shading, float gain, uint32_t n);

}  // namespace gstcam::isp
