/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/ae.h"

#include <algorithm>
#include <cmath>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::algorithms {

namespace {

/* Off by less than this counts as being there; noise moves nothing within kHold. */
constexpr double kConverged = 0.06;
constexpr double kHold = 0.03;
/* Smaller errors are closed half way a frame, larger ones at once. */
constexpr double kSmooth = 0.3;
/* A black frame says "more", not how much. */
constexpr double kDarkest = 1e-4;
/* Above this the mean says little, too much is saturated. */
constexpr double kTargetMax = 0.8;

}  // namespace

Result<AeTuning> AeTuning::read(const YamlNode& node) {
  TuningReader reader(node);
  AeTuning t;
  t.target = reader.number("target", 0.01, 0.6);
  TuningReader highlights = reader.map("highlights");
  t.highlight_level = highlights.number("level", 0.5, 1);
  t.highlight_fraction = highlights.number("fraction", 0, 0.5);
  t.highlight_max_reduction = highlights.number("max-reduction", 1, 64);
  TuningReader start = reader.map("start");
  t.start_exposure_time = start.integer("exposure-time", 1, 60000000);
  t.start_analogue_gain = start.number("analogue-gain", 1, 256);
  t.digital_gain_max = reader.number("max-digital-gain", 1, 256);
  TuningReader lux = reader.map("lux");
  t.lux = lux.number("lux", 0.01, 1e6);
  t.lux_exposure_time = lux.integer("exposure-time", 1, 60000000);
  t.lux_analogue_gain = lux.number("analogue-gain", 1, 256);
  t.lux_level = lux.number("level", 1e-4, 1);
  for (TuningReader* r : {&reader, &highlights, &start, &lux}) {
    if (Result<void> done = r->finish(); !done)
      return done.error();
  }
  return t;
}

Ae::Ae(const AeTuning& tuning) : tuning_(tuning) {}

Result<void> Ae::configure(ExposureLimits limits) {
  limits.digital_gain_max = tuning_.digital_gain_max;
  Result<ExposureSplit> split = ExposureSplit::make(limits);
  if (!split)
    return split.error();
  split_ = *split;
  return {};
}

void Ae::set_manual(const AeRequest& request) {
  status_.wanted = split_.nearest(request.exposure_time.value_or(status_.wanted.exposure_time),
                                  request.analogue_gain.value_or(status_.wanted.analogue_gain), 1);
  total_ = status_.wanted.total();
}

void Ae::start(const AeRequest& request) {
  status_ = {};
  status_.target = tuning_.target;
  status_.wanted = split_.nearest(tuning_.start_exposure_time, tuning_.start_analogue_gain, 1);
  total_ = status_.wanted.total();
  if (request.mode == kAeModeManual) {
    set_manual(request);
    status_.state = kAlgorithmInactive;
  } else if (request.mode == kAeModeLocked) {
    status_.state = kAlgorithmLocked;
  }
}

void Ae::resume(double total, const AeRequest& request) {
  if (request.mode == kAeModeManual)
    return;
  total_ = std::clamp(total, split_.total_min(1), split_.total_max(1));
  status_.wanted = split_.split(total_, request.flicker_period, 1);
}

double Ae::wanted_factor(const GstCameraIspStatistics& statistics, const GreenLevel& green) const {
  const double base = tuning_.target;
  const double to_mean = base / std::max(green.estimate, kDarkest);
  const double highlight = highlight_level(statistics, tuning_.highlight_fraction);
  double to_highlight = tuning_.highlight_level / std::max(highlight, kDarkest);
  // How far they may pull: not below what leaves the rest of the picture visible, since a lamp
  // stays burnt whatever is done about it.
  const double lowest = base / tuning_.highlight_max_reduction;
  to_highlight = std::max(to_highlight, to_mean / tuning_.highlight_max_reduction);
  if (green.saturated < 0.5)
    to_highlight = std::max(to_highlight, lowest / std::max(green.unsaturated, kDarkest));
  return std::min(to_mean, to_highlight);
}

void Ae::follow(double total, bool near) {
  const double error = std::log(total / total_);
  if (near && std::abs(error) < kHold)
    return;
  total_ = std::abs(error) < kSmooth ? total_ * std::exp(error / 2) : total;
}

void Ae::process(const AeFrame& frame, const AeRequest& request) {
  const GreenLevel measured = green_level(frame.statistics);
  const double sensor = std::max(
      1.0, static_cast<double>(frame.exposure.exposure_time) * frame.exposure.analogue_gain);
  // Compensation last: who asks for a brighter picture gets it, burnt highlights and all.
  const double brighter = std::exp2(request.compensation);
  const double factor = wanted_factor(frame.statistics, measured) * brighter;

  status_.level = std::min(1.0, measured.mean * frame.exposure.digital_gain);
  status_.target =
      std::min({tuning_.target * brighter, std::max(measured.mean, kDarkest) * factor, kTargetMax});
  status_.lux = std::clamp(tuning_.lux * (measured.estimate / tuning_.lux_level) *
                               (tuning_.lux_exposure_time * tuning_.lux_analogue_gain / sensor),
                           0.0, 1e6);

  if (request.mode == kAeModeManual) {
    set_manual(request);
    status_.state = kAlgorithmInactive;
    return;
  }
  if (request.mode == kAeModeLocked) {
    status_.state = kAlgorithmLocked;
    return;
  }

  const double wanted = sensor * factor;
  const bool near =
      std::abs(std::log(wanted / (sensor * frame.exposure.digital_gain))) < kConverged;
  const double lowest = split_.total_min(frame.digital_gain_min);
  const double highest = split_.total_max(frame.digital_gain_min);
  follow(std::clamp(wanted, lowest, highest), near);
  status_.wanted = split_.split(total_, request.flicker_period, frame.digital_gain_min);
  if (near)
    status_.state = kAlgorithmConverged;
  else if (wanted > highest * (1 + kConverged) || wanted < lowest * (1 - kConverged))
    status_.state = kAlgorithmLimited;
  else
    status_.state = kAlgorithmSearching;
}

}  // namespace gstcam::algorithms
