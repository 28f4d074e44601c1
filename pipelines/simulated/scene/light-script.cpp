/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/light-script.h"

#include <cmath>

namespace gstcam::simulated {

LightScript::LightScript() {
  const LightPoint point;
  points_.push_back({point, spectrum_of_temperature(point.temperature)});
}

Result<LightScript> LightScript::create(std::vector<LightPoint> points, bool by_frame) {
  if (points.empty() || points.size() > kMaxPoints)
    return Error(Error::Code::Invalid, "a light script has 1 to " + std::to_string(kMaxPoints) +
                                           " points, not " + std::to_string(points.size()));
  LightScript script;
  script.points_.clear();
  script.by_frame_ = by_frame;
  for (LightPoint& point : points) {
    if (!script.points_.empty() && point.position <= script.points_.back().light.position)
      return Error(Error::Code::Invalid, "the points of a light script must follow each other");
    Spectrum spectrum;
    if (point.illuminant.empty()) {
      spectrum = spectrum_of_temperature(point.temperature);
    } else {
      Result<Spectrum> named = spectrum_of_name(point.illuminant);
      if (!named)
        return named.error();
      spectrum = *named;
    }
    script.points_.push_back({std::move(point), spectrum});
  }
  return script;
}

void LightScript::evaluate(uint32_t sequence, int64_t time_ns, Light& light) const {
  const int64_t position = by_frame_ ? static_cast<int64_t>(sequence) : time_ns;
  size_t i = 0;
  while (i + 1 < points_.size() && points_[i + 1].light.position <= position)
    i++;
  const Point& from = points_[i];
  light.lux = from.light.lux;
  light.spectrum = from.spectrum;
  if (i + 1 >= points_.size() || !points_[i + 1].light.linear || position <= from.light.position)
    return;
  const Point& to = points_[i + 1];
  const double weight = static_cast<double>(position - from.light.position) /
                        static_cast<double>(to.light.position - from.light.position);
  light.lux = std::lerp(from.light.lux, to.light.lux, weight);
  if (from.light.illuminant.empty() && to.light.illuminant.empty()) {
    if (from.light.temperature != to.light.temperature)
      light.spectrum =
          spectrum_of_temperature(std::lerp(from.light.temperature, to.light.temperature, weight));
  } else {
    light.spectrum = mix(from.spectrum, to.spectrum, weight);
  }
}

}  // namespace gstcam::simulated
