/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/kernels/measure.h"

#include "core/isp/kernels/dispatch.h"

namespace gstcam::isp {

namespace {

inline __attribute__((always_inline)) int32_t to_sample(float v) {
  const float high = v < 1.0F ? v : 1.0F;
  const float clipped = high > -1.0F ? high : -1.0F;
  /* The offset makes truncation a floor for those below zero too. */
  return static_cast<int32_t>(clipped * kMeasureOne + (kMeasureOne + 0.5F)) - kMeasureOne;
}

inline __attribute__((always_inline)) float larger(float a, float b) {
  return a > b ? a : b;
}

}  // namespace

GST_CAMERA_KERNEL
void find_saturated(const float* __restrict r, const float* __restrict gr,
                    const float* __restrict gb, const float* __restrict b, float limit,
                    int32_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = larger(larger(r[i], gr[i]), larger(gb[i], b[i])) >= limit ? 1 : 0;
}

GST_CAMERA_KERNEL
void sample_channel(const float* __restrict levels, int32_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = to_sample(levels[i]);
}

GST_CAMERA_KERNEL
void sample_shaded_channel(const float* __restrict levels, const float* __restrict shading,
                           int32_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = to_sample(levels[i] * shading[i]);
}

GST_CAMERA_KERNEL
void sample_green(const float* __restrict gr, const float* __restrict gb, int32_t* __restrict out,
                  uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = to_sample(0.5F * (gr[i] + gb[i]));
}

GST_CAMERA_KERNEL
void sample_shaded_green(const float* __restrict gr, const float* __restrict gb,
                         const float* __restrict shading_gr, const float* __restrict shading_gb,
                         int32_t* __restrict out, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    out[i] = to_sample(0.5F * (gr[i] * shading_gr[i] + gb[i] * shading_gb[i]));
}

void measure_quads(const QuadRows& levels, const QuadRows* shading, float limit,
                   const QuadSamples& out, uint32_t n) {
  const float* const* l = levels.channel;
  find_saturated(l[0], l[1], l[2], l[3], limit, out.saturated, n);
  if (shading) {
    const float* const* s = shading->channel;
    sample_shaded_channel(l[0], s[0], out.r, n);
    sample_shaded_green(l[1], l[2], s[1], s[2], out.g, n);
    sample_shaded_channel(l[3], s[3], out.b, n);
  } else {
    sample_channel(l[0], out.r, n);
    sample_green(l[1], l[2], out.g, n);
    sample_channel(l[3], out.b, n);
  }
}

}  // namespace gstcam::isp
