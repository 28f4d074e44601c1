/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/algorithms/awb.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "ipa/algorithms/tuning-reader.h"

namespace gstcam::algorithms {

namespace {

/* Below this, black level and noise decide the colour. */
constexpr float kDark = 0.002F;
/* Distances beyond this many widths are outliers whatever they are. */
constexpr double kFar = 5;
/* Zones within this chroma (logarithms) and factor of lightness are one surface. */
constexpr double kCellSize = 0.05;
constexpr double kCellsPerOctave = 2;
/* Another light must be this much more likely (nats) before white jumps to it. */
constexpr double kJump = 0.3;
/* How far white may drift in the locus without being a jump, in mired. */
constexpr double kDrift = 25;
/* In logarithms: nearer than this is there. */
constexpr double kConverged = 0.01;
/* Evidence against moving off the locus, as a share of all evidence. */
constexpr double kStiffness = 0.1;

}  // namespace

Result<AwbTuning> AwbTuning::read(const YamlNode& node) {
  TuningReader reader(node);
  AwbTuning t;
  if (const YamlNode* locus = reader.node("locus")) {
    Result<WhiteLocus> read = WhiteLocus::read(*locus);
    if (read)
      t.locus = *std::move(read);
    else
      reader.fail(std::move(read).error());
  }
  TuningReader prior = reader.map("prior");
  t.prior_floor = prior.number("floor", 1e-6, 10);
  for (const std::vector<double>& row : prior.rows("illuminants", 3, 1e-6, 20000)) {
    if (row[0] < 1000)
      prior.fail(prior.node("illuminants")
                     ->error("an illuminant is [temperature in K, weight, spread in mired]"));
    t.illuminants.push_back({1e6 / row[0], row[1], row[2]});
  }
  TuningReader likelihood = reader.map("likelihood");
  t.width = likelihood.number("width", 0.005, 1);
  t.outliers = likelihood.number("outliers", 1e-6, 1);
  t.observations = likelihood.number("observations", 0.1, 1000);
  t.off_locus_max = reader.number("off-locus", 0, 0.5);
  t.start_temperature = reader.number("start-temperature", 1000, 20000);
  t.speed = reader.number("speed", 0.01, 1);
  for (TuningReader* r : {&reader, &prior, &likelihood}) {
    if (Result<void> done = r->finish(); !done)
      return done.error();
  }
  return t;
}

Awb::Awb(AwbTuning tuning) : tuning_(std::move(tuning)) {
  const double last = static_cast<double>(log_neutral_.size() - 1);
  for (size_t i = 0; i < log_neutral_.size(); i++) {
    const double squared = kFar * kFar * static_cast<double>(i) / last;
    log_neutral_[i] = std::log(tuning_.outliers + std::exp(-squared / 2));
  }
}

void Awb::set(const White& white) {
  white_ = white;
  const LogChroma on = tuning_.locus.at(white.mired);
  const LogChroma across = tuning_.locus.across(white.mired);
  status_.gains = {std::exp(-(on.u + white.off * across.u)),
                   std::exp(-(on.v + white.off * across.v))};
  status_.temperature = 1e6 / white.mired;
}

void Awb::set_manual(const AwbRequest& request) {
  if (request.mode != kAwbModeGains && request.mode != kAwbModeTemperature)
    return;
  const WhiteLocus& locus = tuning_.locus;
  status_.state = kAlgorithmInactive;
  status_.confidence = 0;
  if (request.mode == kAwbModeTemperature && request.temperature) {
    const double mired = 1e6 / std::max(*request.temperature, 1);
    set({std::clamp(mired, locus.mired_min(), locus.mired_max()), 0});
  } else if (request.mode == kAwbModeGains && request.gains) {
    const LogChroma chroma{-std::log((*request.gains)[0]), -std::log((*request.gains)[1])};
    const double mired = locus.nearest(chroma);
    const LogChroma on = locus.at(mired);
    const LogChroma across = locus.across(mired);
    // Where auto goes on from, should it; the gains themselves are what was asked for.
    set({mired, (chroma.u - on.u) * across.u + (chroma.v - on.v) * across.v});
    status_.gains = *request.gains;
  }
}

void Awb::start(const AwbRequest& request) {
  status_ = {};
  first_ = true;
  const WhiteLocus& locus = tuning_.locus;
  set({std::clamp(1e6 / tuning_.start_temperature, locus.mired_min(), locus.mired_max()), 0});
  if (request.mode == kAwbModeLocked)
    status_.state = kAlgorithmLocked;
  else if (request.mode != kAwbModeAuto)
    set_manual(request);
}

void Awb::resume(const White& white, const AwbRequest& request) {
  if (request.mode == kAwbModeGains || request.mode == kAwbModeTemperature)
    return;
  set({std::clamp(white.mired, tuning_.locus.mired_min(), tuning_.locus.mired_max()),
       std::clamp(white.off, -tuning_.off_locus_max, tuning_.off_locus_max)});
  first_ = false;
}

Awb::Cell& Awb::cell(uint32_t key) {
  // Open addressing; there are never more cells than zones, so the table is never full.
  static_assert(std::tuple_size_v<decltype(table_)> >= 2 * std::tuple_size_v<decltype(cells_)>);
  size_t slot = (key * 2654435761U) >> 21U;
  while (table_[slot] != 0 && cells_[table_[slot] - 1U].key != key)
    slot = (slot + 1) % table_.size();
  if (table_[slot] == 0) {
    cells_[cell_count_] = {.key = key};
    table_[slot] = static_cast<uint16_t>(++cell_count_);
  }
  return cells_[table_[slot] - 1U];
}

void Awb::collect(const GstCameraIspStatistics& statistics) {
  table_.fill(0);
  cell_count_ = 0;
  for (const auto& row : statistics.zones) {
    for (const GstCameraIspZone& zone : row) {
      // Half burnt zones lie: what is left of them is the darker part.
      if (zone.count == 0 || zone.saturated > zone.count)
        continue;
      const auto [r, g, b] = zone.mean;
      if (std::min({r, g, b}) < kDark)
        continue;
      const double u = std::log(static_cast<double>(r) / g);
      const double v = std::log(static_cast<double>(b) / g);
      // Levels are within kDark .. 16.5: all fits into ten bits each.
      const auto part = [](double x) {
        return static_cast<uint32_t>(static_cast<int>(std::floor(x)) + 512) & 1023U;
      };
      Cell& c = cell(part(u / kCellSize) << 20U | part(v / kCellSize) << 10U |
                     part(std::log2(static_cast<double>(g)) * kCellsPerOctave));
      c.u += u;
      c.v += v;
      c.weight += 1;
    }
  }
  total_weight_ = 0;
  for (size_t i = 0; i < cell_count_; i++) {
    Cell& c = cells_[i];
    c.u /= c.weight;
    c.v /= c.weight;
    c.weight = std::sqrt(c.weight);
    total_weight_ += c.weight;
  }
}

double Awb::neutral(double distance_squared) const {
  const double x =
      distance_squared * (static_cast<double>(log_neutral_.size() - 1) / (kFar * kFar));
  const auto i = static_cast<size_t>(x);
  if (i + 1 >= log_neutral_.size())
    return log_neutral_.back();
  return std::lerp(log_neutral_[i], log_neutral_[i + 1], x - static_cast<double>(i));
}

double Awb::log_prior(double mired) const {
  double prior = tuning_.prior_floor;
  for (const AwbTuning::Illuminant& light : tuning_.illuminants) {
    const double distance = (mired - light.mired) / light.spread;
    prior += light.weight * std::exp(-distance * distance / 2);
  }
  return std::log(prior);
}

double Awb::log_likelihood(double mired) const {
  const LogChroma white = tuning_.locus.at(mired);
  const double scale = 1 / (tuning_.width * tuning_.width);
  double sum = 0;
  for (size_t i = 0; i < cell_count_; i++) {
    const double du = cells_[i].u - white.u;
    const double dv = cells_[i].v - white.v;
    sum += cells_[i].weight * neutral((du * du + dv * dv) * scale);
  }
  return tuning_.observations * sum / total_weight_;
}

double Awb::posterior(double mired) const {
  return log_likelihood(mired) + log_prior(mired);
}

double Awb::search(std::optional<double> last) {
  const double from = tuning_.locus.mired_min();
  const double step = (tuning_.locus.mired_max() - from) / (kSteps - 1);
  int best = 0;
  int near = -1;
  for (int i = 0; i < kSteps; i++) {
    const double mired = from + i * step;
    posteriors_[static_cast<size_t>(i)] = posterior(mired);
    const double value = posteriors_[static_cast<size_t>(i)];
    if (value > posteriors_[static_cast<size_t>(best)])
      best = i;
    if (last && std::abs(mired - *last) <= kDrift &&
        (near < 0 || value > posteriors_[static_cast<size_t>(near)]))
      near = i;
  }
  // Two lights of equal right must not take turns.
  if (near >= 0 &&
      posteriors_[static_cast<size_t>(best)] < posteriors_[static_cast<size_t>(near)] + kJump)
    best = near;

  // The top of a parabola through the best step and its neighbours.
  double offset = 0;
  if (best > 0 && best < kSteps - 1) {
    const auto middle = static_cast<size_t>(best);
    const double a = posteriors_[middle - 1];
    const double b = posteriors_[middle];
    const double c = posteriors_[middle + 1];
    const double curve = a - 2 * b + c;
    if (curve < -1e-12)
      offset = std::clamp((a - c) / (2 * curve), -0.5, 0.5);
  }
  return from + (best + offset) * step;
}

Awb::White Awb::off_locus(double mired) {
  const LogChroma white = tuning_.locus.at(mired);
  const LogChroma across = tuning_.locus.across(mired);
  const double scale = 1 / (tuning_.width * tuning_.width);
  double weight = 0;
  double sum = 0;
  for (size_t i = 0; i < cell_count_; i++) {
    const double du = cells_[i].u - white.u;
    const double dv = cells_[i].v - white.v;
    // The share of this cell that is a neutral surface rather than a coloured one.
    const double gauss = std::exp(-(du * du + dv * dv) * scale / 2);
    const double share = cells_[i].weight * gauss / (gauss + tuning_.outliers);
    weight += share;
    sum += share * (du * across.u + dv * across.v);
  }
  status_.confidence = weight / total_weight_;
  const double off = sum / (weight + kStiffness * total_weight_);
  return {mired, std::clamp(off, -tuning_.off_locus_max, tuning_.off_locus_max)};
}

void Awb::process(const GstCameraIspStatistics& statistics, const AwbRequest& request) {
  if (request.mode == kAwbModeLocked) {
    status_.state = kAlgorithmLocked;
    return;
  }
  if (request.mode != kAwbModeAuto) {
    set_manual(request);
    return;
  }
  collect(statistics);
  if (cell_count_ == 0) {
    // Darkness has no colour: stay.
    status_.state = kAlgorithmSearching;
    status_.confidence = 0;
    return;
  }
  const White wanted = off_locus(search(first_ ? std::nullopt : std::optional(white_.mired)));
  const LogChroma before{std::log(status_.gains[0]), std::log(status_.gains[1])};
  const double speed = first_ ? 1 : tuning_.speed;
  const White next{std::lerp(white_.mired, wanted.mired, speed),
                   std::lerp(white_.off, wanted.off, speed)};
  first_ = false;
  set(next);
  const double moved =
      std::hypot(std::log(status_.gains[0]) - before.u, std::log(status_.gains[1]) - before.v);
  // What is moved now is `speed` of what was missing.
  status_.state = moved < kConverged * speed ? kAlgorithmConverged : kAlgorithmSearching;
}

}  // namespace gstcam::algorithms
