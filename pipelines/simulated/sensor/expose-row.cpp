/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/sensor/expose-row.h"

#include <cmath>

/* Not under sanitizers: their runtime is not up yet when the loader resolves such a function. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define GST_CAMERA_CLONES __attribute__((target_clones("avx2", "sse4.1", "default")))
#else
#define GST_CAMERA_CLONES
#endif

namespace gstcam::simulated {

GST_CAMERA_CLONES void expose_row(const uint16_t* __restrict plane, const float* __restrict noise,
                                  uint32_t width, const ExposeParameters& parameters,
                                  uint16_t* __restrict out) {
  const ExposeParameters p = parameters;
  const float offset = p.black + 0.5F;  // rounds to nearest
  const float top = p.max + 0.5F;
  for (uint32_t x = 0; x < width; x++) {
    const float mean = static_cast<float>(plane[x]) * p.electrons_per_value;
    const float sigma = std::sqrt(mean + p.read_variance) * p.noise;
    float code = (mean + sigma * noise[x]) * p.codes_per_electron + offset;
    code = code < 0 ? 0 : code;
    code = code > top ? top : code;
    out[x] = static_cast<uint16_t>(static_cast<int32_t>(code));
  }
}

}  // namespace gstcam::simulated
