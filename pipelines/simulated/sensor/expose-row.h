/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sensor's inner loop: signal -> electrons -> noise -> amplifier -> code.
 *
 * Shot noise is drawn as a Gaussian of the variance of the mean, which a Poisson distribution of
 * more than some ten electrons is; below that read noise prevails. Compiled for several instruction
 * sets and chosen at run time; every one gives the same codes bit for bit (no fused multiply-add).
 */
#pragma once

#include <cstdint>

namespace gstcam::simulated {

struct ExposeParameters {
  float electrons_per_value = 0;  // of the plane's values
  float read_variance = 0;        // electrons squared
  float noise = 1;                // 0 for a sensor without noise
  float codes_per_electron = 0;   // amplifier and converter
  float black = 0;                // codes
  float max = 0;                  // largest code
};

/** `noise`: `width` samples of a standard normal distribution. */
void expose_row(const uint16_t* plane, const float* noise, uint32_t width,
                const ExposeParameters& parameters, uint16_t* out);

}  // namespace gstcam::simulated
