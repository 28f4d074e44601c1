/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/isp/kernels/demosaic.h"

#include "core/isp/kernels/dispatch.h"

namespace gstcam::isp {

namespace {

/* Activity below which no direction is preferred: of the order of a good exposure's noise, squared.
 * It also keeps the division defined. */
constexpr float kNoiseFloor = 2e-4F;

inline __attribute__((always_inline)) uint16_t to_code(const float (&m)[3], float own, float green,
                                                       float other) {
  const float v = m[0] * own + m[1] * green + m[2] * other;
  const float low = v > 0.0F ? v : 0.0F;
  const float clipped = low < 1.0F ? low : 1.0F;
  /* Never negative, and lround() would not vectorise. */
  const float rounded = clipped * kLinearMax + 0.5F;
  return static_cast<uint16_t>(static_cast<int32_t>(rounded));
}

}  // namespace

GST_CAMERA_KERNEL
void interpolate_green(const GreenInput& in, float* __restrict green, float* __restrict difference,
                       uint32_t n) {
  const float* __restrict own = in.own;
  const float* __restrict own_up2 = in.own_up2;
  const float* __restrict own_down2 = in.own_down2;
  const float* __restrict left = in.left;
  const float* __restrict right = in.right;
  const float* __restrict up = in.up;
  const float* __restrict down = in.down;
  for (uint32_t i = 0; i < n; i++) {
    const float* c = own + i;
    const float curve_h = 2.0F * c[0] - c[-1] - c[1];
    const float curve_v = 2.0F * c[0] - own_up2[i] - own_down2[i];
    const float slope_h = left[i] - right[i];
    const float slope_v = up[i] - down[i];
    const float green_h = 0.5F * (left[i] + right[i]) + 0.25F * curve_h;
    const float green_v = 0.5F * (up[i] + down[i]) + 0.25F * curve_v;
    const float activity_h = __builtin_fabsf(slope_h) + __builtin_fabsf(curve_h);
    const float activity_v = __builtin_fabsf(slope_v) + __builtin_fabsf(curve_v);
    /* Each direction weighs as the other one is restless. */
    const float weight_h = activity_v * activity_v + kNoiseFloor;
    const float weight_v = activity_h * activity_h + kNoiseFloor;
    const float g = (weight_h * green_h + weight_v * green_v) / (weight_h + weight_v);
    green[i] = g;
    difference[i] = c[0] - g;
  }
}

GST_CAMERA_KERNEL
void develop_own_sites(const OwnSiteInput& in, const SiteMatrix& matrix, const LinearRow& out,
                       uint32_t n) {
  const SiteMatrix m = matrix;
  const float* __restrict own = in.own;
  const float* __restrict green = in.green;
  const float* __restrict up_left = in.up_left;
  const float* __restrict up_right = in.up_right;
  const float* __restrict down_left = in.down_left;
  const float* __restrict down_right = in.down_right;
  uint16_t* __restrict r = out.r;
  uint16_t* __restrict g = out.g;
  uint16_t* __restrict b = out.b;
  for (uint32_t i = 0; i < n; i++) {
    const float other =
        green[i] + 0.25F * ((up_left[i] + up_right[i]) + (down_left[i] + down_right[i]));
    r[i] = to_code(m.r, own[i], green[i], other);
    g[i] = to_code(m.g, own[i], green[i], other);
    b[i] = to_code(m.b, own[i], green[i], other);
  }
}

GST_CAMERA_KERNEL
void develop_green_sites(const GreenSiteInput& in, const SiteMatrix& matrix, const LinearRow& out,
                         uint32_t n) {
  const SiteMatrix m = matrix;
  const float* __restrict green = in.green;
  const float* __restrict left = in.left;
  const float* __restrict right = in.right;
  const float* __restrict up = in.up;
  const float* __restrict down = in.down;
  uint16_t* __restrict r = out.r;
  uint16_t* __restrict g = out.g;
  uint16_t* __restrict b = out.b;
  for (uint32_t i = 0; i < n; i++) {
    const float own = green[i] + 0.5F * (left[i] + right[i]);
    const float other = green[i] + 0.5F * (up[i] + down[i]);
    r[i] = to_code(m.r, own, green[i], other);
    g[i] = to_code(m.g, own, green[i], other);
    b[i] = to_code(m.b, own, green[i], other);
  }
}

}  // namespace gstcam::isp
