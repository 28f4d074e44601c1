/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/illuminant.h"

#include <algorithm>
#include <cmath>

namespace gstcam::simulated {

namespace {

constexpr double kPlanckC2 = 1.4388e7;  // second radiation constant in nm K
constexpr double kDaylightFrom = 4000;  // CIE daylight is defined from here

struct NamedLight {
  const char* name;
  double temperature;
  bool daylight;
};
/*
 * Illuminant A is defined as 2848 K with c2 = 1.435e7 nm K, the D series as 5000 K ... with
 * c2 = 1.438e7 nm K: with today's constant these are the temperatures.
 */
constexpr NamedLight kFormulas[] = {
    {"A", 2848 * 1.4388 / 1.435, false},  {"D50", 5000 * 1.4388 / 1.438, true},
    {"D55", 5500 * 1.4388 / 1.438, true}, {"D65", 6500 * 1.4388 / 1.438, true},
    {"D75", 7500 * 1.4388 / 1.438, true},
};

Spectrum one_lux(Spectrum spectrum) {
  double luminous = 0;
  for (size_t i = 0; i < kSamples; i++)
    luminous += spectrum[i] * kObserver1931[1][i];
  for (double& value : spectrum)
    value /= luminous;
  return spectrum;
}

Spectrum planckian(double kelvin) {
  Spectrum spectrum;
  for (size_t i = 0; i < kSamples; i++) {
    const double nm = kFirstWavelength + kWavelengthStep * static_cast<double>(i);
    spectrum[i] = std::pow(560 / nm, 5) / std::expm1(kPlanckC2 / (nm * kelvin));
  }
  return one_lux(spectrum);
}

/* CIE 15:2004, 3.1: chromaticity from temperature, then weights of the components. */
Spectrum daylight(double kelvin) {
  const double t = 1000 / kelvin;
  const double x = kelvin <= 7000 ? 0.244063 + t * (0.09911 + t * (2.9678 - t * 4.6070))
                                  : 0.237040 + t * (0.24748 + t * (1.9018 - t * 2.0064));
  const double y = -3 * x * x + 2.870 * x - 0.275;
  const double m = 0.0241 + 0.2562 * x - 0.7341 * y;
  const double m1 = (-1.3515 - 1.7703 * x + 5.9114 * y) / m;
  const double m2 = (0.0300 - 31.4424 * x + 30.0717 * y) / m;
  CoarseSpectrum coarse;
  for (size_t i = 0; i < kCoarseSamples; i++) {
    coarse[i] = std::max(0.0, kDaylightComponents[0][i] + m1 * kDaylightComponents[1][i] +
                                  m2 * kDaylightComponents[2][i]);
  }
  return one_lux(refine(coarse));
}

}  // namespace

Spectrum spectrum_of_temperature(double kelvin) {
  const double t = std::clamp(kelvin, kTemperatureMin, kTemperatureMax);
  return t < kDaylightFrom ? planckian(t) : daylight(t);
}

Result<Spectrum> spectrum_of_name(std::string_view name) {
  for (const NamedLight& light : kFormulas) {
    if (name == light.name)
      return light.daylight ? daylight(light.temperature) : planckian(light.temperature);
  }
  for (const NamedSpectrum& light : kIlluminants) {
    if (name == light.name)
      return one_lux(light.values);
  }
  return Error(Error::Code::NotFound, "no illuminant is called '" + std::string(name) + "'",
               "known illuminants: " + illuminant_names());
}

std::string illuminant_names() {
  std::string names;
  for (const NamedLight& light : kFormulas)
    names += std::string(names.empty() ? "" : ", ") + light.name;
  for (const NamedSpectrum& light : kIlluminants)
    names += std::string(", ") + light.name;
  return names;
}

Spectrum mix(const Spectrum& a, const Spectrum& b, double weight) {
  Spectrum mixed;
  for (size_t i = 0; i < kSamples; i++)
    mixed[i] = a[i] + (b[i] - a[i]) * weight;
  return mixed;
}

}  // namespace gstcam::simulated
