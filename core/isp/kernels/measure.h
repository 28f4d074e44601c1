/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Row kernel of the statistics: 2x2 quads of levels to fixed point samples.
 */
#pragma once

#include <cstdint>

namespace gstcam::isp {

/** 1.0 in the samples of measure_quads(). */
inline constexpr int32_t kMeasureOne = 65536;

/** One value for each colour of a quad: R, Gr, Gb, B. */
struct QuadRows {
  const float* channel[4];
};

struct QuadSamples {
  int32_t* r;
  int32_t* g;
  int32_t* b;
  int32_t* saturated;  // 1 or 0
};

/**
 * Levels times shading (may be nullptr: 1), from -1.0 to 1.0, rounded. Saturated: a level, without
 * shading, of at least `limit`.
 */
void measure_quads(const QuadRows& levels, const QuadRows* shading, float limit,
                   const QuadSamples& out, uint32_t n);

}  // namespace gstcam::isp
