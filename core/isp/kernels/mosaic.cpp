/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/kernels/mosaic.h"

#include <bit>
#include <cstddef>
#include <cstring>

#include "core/isp/kernels/dispatch.h"

namespace gstcam::isp {

GST_CAMERA_KERNEL
void unpack_bytes(const uint8_t* __restrict in, uint16_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = in[i];
}

GST_CAMERA_KERNEL
void unpack_mipi10(const uint8_t* __restrict in, uint16_t* __restrict out, uint32_t groups) {
  for (uint32_t i = 0; i < groups; i++) {
    const uint8_t* group = in + size_t{5} * i;
    const uint32_t low = group[4];
    for (uint32_t k = 0; k < 4; k++)
      out[size_t{4} * i + k] = static_cast<uint16_t>(group[k] << 2U | (low >> (2 * k) & 3U));
  }
}

GST_CAMERA_KERNEL
void unpack_mipi12(const uint8_t* __restrict in, uint16_t* __restrict out, uint32_t groups) {
  for (uint32_t i = 0; i < groups; i++) {
    const uint8_t* group = in + size_t{3} * i;
    const uint32_t low = group[2];
    out[size_t{2} * i] = static_cast<uint16_t>(group[0] << 4U | (low & 15U));
    out[size_t{2} * i + 1] = static_cast<uint16_t>(group[1] << 4U | low >> 4U);
  }
}

GST_CAMERA_KERNEL
void split_levels(const uint16_t* __restrict pairs, float* __restrict even, float* __restrict odd,
                  uint32_t n, float black_even, float scale_even, float black_odd,
                  float scale_odd) {
  constexpr bool kLittle = std::endian::native == std::endian::little;
  for (uint32_t i = 0; i < n; i++) {
    /* Both samples in one load: compilers turn this into plain vector loads, where a stride of 2
     * makes them shuffle. */
    uint32_t pair;
    std::memcpy(&pair, pairs + size_t{2} * i, sizeof pair);
    const auto first = static_cast<int32_t>(kLittle ? pair & 0xffffU : pair >> 16U);
    const auto second = static_cast<int32_t>(kLittle ? pair >> 16U : pair & 0xffffU);
    const float e = (static_cast<float>(first) - black_even) * scale_even;
    const float o = (static_cast<float>(second) - black_odd) * scale_odd;
    even[i] = e < 1.0F ? e : 1.0F;
    odd[i] = o < 1.0F ? o : 1.0F;
  }
}

GST_CAMERA_KERNEL
void blend(const float* __restrict a, const float* __restrict b, float t, float* __restrict out,
           uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = a[i] + (b[i] - a[i]) * t;
}

GST_CAMERA_KERNEL
void ramp(float first, float slope, float* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = first + slope * static_cast<float>(static_cast<int32_t>(i));
}

GST_CAMERA_KERNEL
void apply_gain(float* __restrict levels, float gain, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    const float v = levels[i] * gain;
    levels[i] = v < 1.0F ? v : 1.0F;
  }
}

GST_CAMERA_KERNEL
void apply_shading_and_gain(float* __restrict levels, const float* __restrict shading, float gain,
                            uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    const float v = levels[i] * shading[i] * gain;
    levels[i] = v < 1.0F ? v : 1.0F;
  }
}

}  // namespace gstcam::isp
