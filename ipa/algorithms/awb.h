/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Awb: auto white balance.
 *
 * Grey world asks that the mean of the picture be grey; one wall breaks that. This asks instead: of
 * all lights the sensor's white locus knows, under which would most different zones be neutral, and
 * how usual is that light? The posterior of each temperature is a robust likelihood of the zones
 * (a Gaussian around white plus a floor for coloured surfaces) times a prior of known illuminants.
 * Zones of one colour and lightness count less the more of them there are: a big wall is one
 * surface, not a hundred witnesses. Then white may move off the locus a little, to where the
 * neutral zones are.
 *
 * Published ancestors: a discrete choice among plausible illuminants, each colour's presence
 * counting rather than its area: G. Finlayson, S. Hordley, P. Hubel, "Color by correlation", IEEE
 * PAMI 23(11), 2001; Bayes with a prior of illuminants: D. Brainard, W. Freeman, "Bayesian color
 * constancy", JOSA A 14(7), 1997; near-neutral pixels carry the light: K.-F. Yang et al.,
 * "Efficient illuminant estimation for color constancy using grey pixels", CVPR 2015.
 *
 * One object belongs to one thread. Nothing allocates after construction.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/controls.h"
#include "base/yaml.h"
#include "ipa/algorithms/white-locus.h"
#include "ipa/isp-statistics.h"

namespace gstcam::algorithms {

struct AwbTuning {
  struct Illuminant {
    double mired;
    double weight;
    double spread;  // mired, one standard deviation
  };
  WhiteLocus locus;
  std::vector<Illuminant> illuminants;
  double prior_floor = 0;        // of lights that are not in the list
  double width = 0;              // of neutral surfaces around white, in logarithms
  double outliers = 0;           // likelihood of a coloured surface, white is 1
  double observations = 0;       // what all zones together are worth against the prior
  double off_locus_max = 0;      // in logarithms
  double start_temperature = 0;  // K, before there are statistics
  double speed = 0;              // share of the way to go each frame, 0..1

  static Result<AwbTuning> read(const YamlNode& node);
};

struct AwbRequest {
  AwbMode mode = kAwbModeAuto;
  std::optional<std::array<double, 2>> gains;  // R, B; in mode gains
  std::optional<int32_t> temperature;          // K; in mode temperature
};

struct AwbStatus {
  AlgorithmState state = kAlgorithmSearching;
  std::array<double, 2> gains{1, 1};  // R, B; green is 1
  double temperature = 0;             // K
  double confidence = 0;              // share of the evidence that lies around white, 0..1
};

class Awb {
 public:
  struct White {
    double mired = 0;
    double off = 0;  // across the locus
  };

  explicit Awb(AwbTuning tuning);

  /** Forgets the last run. */
  void start(const AwbRequest& request);
  /** After start(), in the modes auto and locked: white is where another run had it. */
  void resume(const White& white, const AwbRequest& request);
  void process(const GstCameraIspStatistics& statistics, const AwbRequest& request);
  /** Modes gains and temperature, at once: they need no statistics. Others: nothing happens. */
  void set_manual(const AwbRequest& request);

  [[nodiscard]] const AwbStatus& status() const { return status_; }
  /** For resume(): nothing before the first statistics. */
  [[nodiscard]] std::optional<White> white() const {
    return first_ ? std::nullopt : std::optional(white_);
  }
  [[nodiscard]] const WhiteLocus& locus() const { return tuning_.locus; }

 private:
  /* All zones of one colour and lightness. */
  struct Cell {
    uint32_t key = 0;
    double u = 0;
    double v = 0;
    double weight = 0;
  };
  [[nodiscard]] Cell& cell(uint32_t key);
  void collect(const GstCameraIspStatistics& statistics);
  [[nodiscard]] double log_prior(double mired) const;
  [[nodiscard]] double log_likelihood(double mired) const;
  [[nodiscard]] double posterior(double mired) const;
  /** The best temperature, near `last` where that is as good. */
  [[nodiscard]] double search(std::optional<double> last);
  [[nodiscard]] White off_locus(double mired);
  [[nodiscard]] double neutral(double distance_squared) const;
  void set(const White& white);

  static constexpr int kSteps = 96;

  AwbTuning tuning_;
  AwbStatus status_;
  White white_;
  bool first_ = true;
  double total_weight_ = 0;
  size_t cell_count_ = 0;
  std::array<Cell, size_t{GST_CAMERA_ISP_ZONE_ROWS} * GST_CAMERA_ISP_ZONE_COLUMNS> cells_{};
  std::array<uint16_t, 2048> table_{};  // hash of a key -> index into cells_ plus 1, 0: none
  std::array<double, kSteps> posteriors_{};
  std::array<double, 257> log_neutral_{};  // by distance², over 0 .. kFar²
};

}  // namespace gstcam::algorithms
