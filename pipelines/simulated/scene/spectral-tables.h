/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Published spectra, compiled in. The numbers and their sources:
 *
 * - chart: mean reflectances of thirty ColorChecker Classic charts, D. Pascale, BabelColor (2012)
 * - FL*: CIE 15:2004 fluorescent illuminants; LED-B*: CIE 15:2018 LED illuminants
 * - daylight components S0, S1, S2 and the 1931 2 degree observer: CIE 15:2004
 * - sensitivities: Nikon D5100 as measured by the National Physical Laboratory, V. Darrodi et al.,
 *   "Reference data set for camera spectral sensitivity estimation", JOSA A 32 (2015)
 *
 * as the data sets of colour-science (BSD-3-Clause) have them. Fluorescent and LED light has narrow
 * lines, hence 5 nm.
 */
#pragma once

#include <array>
#include <cstddef>

namespace gstcam::simulated {

inline constexpr size_t kSamples = 71;  // 380, 385 ... 730 nm
inline constexpr double kFirstWavelength = 380;
inline constexpr double kWavelengthStep = 5;
inline constexpr size_t kCoarseSamples = 36;  // 380, 390 ... 730 nm

using Spectrum = std::array<double, kSamples>;
using CoarseSpectrum = std::array<double, kCoarseSamples>;

struct NamedSpectrum {
  const char* name;
  Spectrum values;
};
struct ChartSpectrum {
  const char* name;
  CoarseSpectrum values;
};

extern const std::array<CoarseSpectrum, 3> kDaylightComponents;
extern const std::array<ChartSpectrum, 24> kChartReflectances;
extern const std::array<NamedSpectrum, 6> kIlluminants;
extern const std::array<Spectrum, 3> kObserver1931;   // x, y, z
extern const std::array<Spectrum, 3> kSensitivities;  // R, G, B

/** Linear in between: reflectances and daylight are smooth. */
constexpr Spectrum refine(const CoarseSpectrum& coarse) {
  Spectrum fine{};
  for (size_t i = 0; i < kSamples; i++)
    fine[i] = i % 2 == 0 ? coarse[i / 2] : (coarse[i / 2] + coarse[i / 2 + 1]) / 2;
  return fine;
}

}  // namespace gstcam::simulated
