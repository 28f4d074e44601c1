/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/scene.h"

namespace gstcam::simulated {

namespace {

std::array<double, 3> integrate(const Spectrum& reflectance, const Spectrum& spectrum) {
  std::array<double, 3> signal{};
  for (size_t c = 0; c < 3; c++) {
    for (size_t i = 0; i < kSamples; i++)
      signal[c] += reflectance[i] * spectrum[i] * kSensitivities[c][i];
  }
  return signal;
}

double white_green() {
  Spectrum perfect;
  perfect.fill(1);
  return integrate(perfect, *spectrum_of_name("D55"))[1];
}

}  // namespace

std::array<double, 3> sensor_signal(const Spectrum& reflectance, const Spectrum& spectrum) {
  static const double unit = white_green();
  std::array<double, 3> signal = integrate(reflectance, spectrum);
  for (double& value : signal)
    value /= unit;
  return signal;
}

void LensShading::apply(Plane& plane) const {
  const float cx = static_cast<float>(plane.size.width) / 2;
  const float cy = static_cast<float>(plane.size.height) / 2;
  const float loss = static_cast<float>(corner_loss) / (cx * cx + cy * cy);
  for (uint32_t y = 0; y < plane.size.height; y++) {
    uint16_t* row = plane.values.data() + static_cast<size_t>(y) * plane.size.width;
    const float dy = static_cast<float>(y) + 0.5F - cy;
    for (uint32_t x = 0; x < plane.size.width; x++) {
      const float dx = static_cast<float>(x) + 0.5F - cx;
      row[x] = static_cast<uint16_t>(static_cast<float>(row[x]) * (1 - loss * (dx * dx + dy * dy)));
    }
  }
}

}  // namespace gstcam::simulated
