/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LightScript: how the light of a scene changes over time or from frame to frame.
 *
 * A list of points; the light is that of the last point reached, or, where the next point says
 * `linear`, on the straight way to it. Lux and colour temperature (in kelvin) are interpolated,
 * named illuminants are mixed. Immutable once made; evaluating it allocates nothing and is exact:
 * the same position gives the same light.
 */
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "pipelines/simulated/scene/illuminant.h"

namespace gstcam::simulated {

struct LightPoint {
  int64_t position = 0;  // ns, or frames
  double lux = 200;
  double temperature = 6500;  // K; unused where there is an illuminant
  std::string illuminant;     // empty: by temperature
  bool linear = false;        // from the point before, else at once
};

class LightScript {
 public:
  static constexpr size_t kMaxPoints = 1000;

  /** One light for ever. */
  LightScript();
  /** Positions must rise; the first one counts from the beginning on whatever its position. */
  static Result<LightScript> create(std::vector<LightPoint> points, bool by_frame);

  void evaluate(uint32_t sequence, int64_t time_ns, Light& light) const;

 private:
  struct Point {
    LightPoint light;
    Spectrum spectrum;
  };
  std::vector<Point> points_;
  bool by_frame_ = false;
};

}  // namespace gstcam::simulated
