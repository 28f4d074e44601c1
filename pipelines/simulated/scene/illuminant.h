/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Light: how much (lux) and of which spectrum.
 *
 * A colour temperature below 4000 K is a black body's (incandescent light), from 4000 K on CIE
 * daylight of that temperature; named CIE illuminants stand beside them. Spectra are normalised to
 * one lux, so that light of every colour has the same photometric effect. Value types; any thread.
 */
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pipelines/simulated/scene/spectral-tables.h"

namespace gstcam::simulated {

inline constexpr double kTemperatureMin = 1500;
inline constexpr double kTemperatureMax = 25000;

struct Light {
  double lux = 0;
  Spectrum spectrum{};  // of one lux
};

/** Spectrum of a colour temperature in kelvin, clamped to the range above. */
Spectrum spectrum_of_temperature(double kelvin);
/** "A", "D50", "D55", "D65", "D75", "FL2", "FL11", "FL12", "LED-B1", "LED-B3", "LED-B5". */
Result<Spectrum> spectrum_of_name(std::string_view name);
/** Every name the above knows, "A, D50, ...". */
std::string illuminant_names();

/** a (weight 0) to b (weight 1). */
Spectrum mix(const Spectrum& a, const Spectrum& b, double weight);

}  // namespace gstcam::simulated
