/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scene: what stands in front of the simulated sensor, as the light on each of its pixels.
 *
 * A scene puts out one plane in mosaic order: for every pixel the signal, behind the pixel's own
 * colour filter, per lux of the scene's illuminance. Illuminance, exposure and gain are the
 * sensor's: they scale the whole plane. Signals are normalised: 1 is green of a perfect white
 * diffuser under D55. Not thread safe; used in the sensor's thread.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "core/pixel-format.h"
#include "pipelines/simulated/scene/illuminant.h"

namespace gstcam::simulated {

/**
 * Lux seconds of scene light at which a perfect white (signal 1) just reaches the white level at
 * gain 1. A lens of f/2 with 90 % transmission gives the sensor 0.9 / (4 x 2^2) of the scene's
 * lux; with a base sensitivity of ISO 200, saturation is at 78 / 200 lux seconds on the sensor (ISO
 * 12232): 0.39 / 0.05625 = 6.93. Office light of 300 lux and 10 ms then give a white at 43 %.
 */
inline constexpr double kSaturationExposure = 78.0 / 200 / (0.9 / 16);

using gstcam::CfaOrder;

/** 0 red, 1 green, 2 blue. */
constexpr unsigned cfa_colour(CfaOrder order, unsigned x, unsigned y) {
  // Orders differ by where red stands in the quad: bit 0 its column, bit 1 its row.
  const unsigned site = ((y & 1U) << 1U | (x & 1U)) ^ static_cast<unsigned>(order);
  return site == 0 ? 0 : site == 3 ? 2 : 1;
}

/** Sizes a scene can be rendered in; width and height are multiples of two. */
struct SizeLimits {
  Size native;
  Size min;
  Size max;
};

/** A full picture of signals: value * scale. Rows are `width` values long. */
struct Plane {
  Size size;
  std::vector<uint16_t> values;
  float scale = 0;
};

class Scene {
 public:
  virtual ~Scene() = default;

  [[nodiscard]] virtual SizeLimits limits() const = 0;
  /** The order of the mosaic where the scene has one already: a recorded raw frame. */
  [[nodiscard]] virtual std::optional<CfaOrder> cfa() const { return std::nullopt; }
  /** Gets ready to render in that size (within limits): may open files, decode, allocate. */
  virtual Result<void> configure(Size size, CfaOrder cfa) = 0;
  /**
   * The plane under light of this spectrum at this time; lux is not looked at. It stays valid and
   * unchanged until the next call. Allocates nothing, except where a decoder does.
   */
  virtual Result<const Plane*> render(const Spectrum& spectrum, int64_t time_ns) = 0;
};

/** Sensor signals (R, G, B) of a reflectance under light of one lux. */
std::array<double, 3> sensor_signal(const Spectrum& reflectance, const Spectrum& spectrum);

/** A lens that loses light towards the corners, by the square of the distance from the centre. */
struct LensShading {
  double corner_loss = 0;  // 0..0.9: what the corners lose
  /** Allocates nothing. */
  void apply(Plane& plane) const;
};

}  // namespace gstcam::simulated
