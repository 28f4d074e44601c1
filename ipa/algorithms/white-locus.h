/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WhiteLocus: where a sensor sees white under light of each colour temperature.
 *
 * Points (R/G, B/G) of a neutral surface by temperature, from tuning; straight lines in logarithms
 * between them, over the reciprocal temperature (mired = 1e6 / K), in which equal steps look about
 * equal. Beyond its ends it stays at them. Immutable; any thread.
 */
#pragma once

#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace gstcam::algorithms {

/** ln(R/G), ln(B/G). */
struct LogChroma {
  double u = 0;
  double v = 0;
};

class WhiteLocus {
 public:
  WhiteLocus() = default;
  /** A list of [temperature, R/G, B/G], at least two, temperatures rising. */
  static Result<WhiteLocus> read(const YamlNode& node);

  [[nodiscard]] LogChroma at(double mired) const;
  /** Unit vector across the locus, to the left of rising mired. */
  [[nodiscard]] LogChroma across(double mired) const;
  /** The mired of the locus' point that is nearest. */
  [[nodiscard]] double nearest(LogChroma chroma) const;
  [[nodiscard]] double mired_min() const { return points_.front().mired; }
  [[nodiscard]] double mired_max() const { return points_.back().mired; }

 private:
  struct Point {
    double mired;
    LogChroma chroma;
  };
  std::vector<Point> points_;  // mired rising; never empty once read
};

}  // namespace gstcam::algorithms
