/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/white-locus.h"

#include <algorithm>
#include <cmath>

namespace gstcam::algorithms {

Result<WhiteLocus> WhiteLocus::read(const YamlNode& node) {
  constexpr const char* kForm = "a locus is a list of [temperature, R/G, B/G], temperatures rising";
  if (node.kind() != YamlNode::Kind::Sequence || node.items().size() < 2)
    return node.error("the locus needs at least two points", kForm);
  WhiteLocus locus;
  for (const YamlNode& item : node.items()) {
    Result<std::vector<double>> row = item.as_doubles(3);
    if (!row)
      return std::move(row).error();
    const double temperature = (*row)[0];
    const double rg = (*row)[1];
    const double bg = (*row)[2];
    if (temperature < 1000 || temperature > 20000)
      return item.error("a temperature of the locus is outside 1000..20000 K", kForm);
    if (rg < 0.02 || rg > 50 || bg < 0.02 || bg > 50)
      return item.error("R/G or B/G of the locus is outside 0.02..50", kForm);
    const double mired = 1e6 / temperature;
    if (!locus.points_.empty() && mired >= locus.points_.back().mired)
      return item.error("temperatures of the locus must rise", kForm);
    locus.points_.push_back({mired, {std::log(rg), std::log(bg)}});
  }
  std::ranges::reverse(locus.points_);
  return locus;
}

LogChroma WhiteLocus::at(double mired) const {
  if (mired <= mired_min())
    return points_.front().chroma;
  for (size_t i = 1; i < points_.size(); i++) {
    const Point& a = points_[i - 1];
    const Point& b = points_[i];
    if (mired <= b.mired) {
      const double t = (mired - a.mired) / (b.mired - a.mired);
      return {std::lerp(a.chroma.u, b.chroma.u, t), std::lerp(a.chroma.v, b.chroma.v, t)};
    }
  }
  return points_.back().chroma;
}

LogChroma WhiteLocus::across(double mired) const {
  // Over some distance: a corner of the broken line must not turn it at once.
  constexpr double kReach = 10;
  const double centre = std::clamp(mired, mired_min(), mired_max());
  const LogChroma a = at(centre - kReach);
  const LogChroma b = at(centre + kReach);
  const double du = b.u - a.u;
  const double dv = b.v - a.v;
  const double length = std::hypot(du, dv);
  if (length < 1e-9)
    return {};
  return {-dv / length, du / length};
}

double WhiteLocus::nearest(LogChroma chroma) const {
  double best = points_.front().mired;
  double best_distance = HUGE_VAL;
  for (size_t i = 1; i < points_.size(); i++) {
    const Point& a = points_[i - 1];
    const Point& b = points_[i];
    const double du = b.chroma.u - a.chroma.u;
    const double dv = b.chroma.v - a.chroma.v;
    const double square = du * du + dv * dv;
    const double along = (chroma.u - a.chroma.u) * du + (chroma.v - a.chroma.v) * dv;
    const double t = square > 0 ? std::clamp(along / square, 0.0, 1.0) : 0.0;
    const double distance =
        std::hypot(chroma.u - a.chroma.u - t * du, chroma.v - a.chroma.v - t * dv);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::lerp(a.mired, b.mired, t);
    }
  }
  return best;
}

}  // namespace gstcam::algorithms
