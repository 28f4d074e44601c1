/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ae: auto exposure.
 *
 * Aims at a mean linear level of green. The wanted exposure is always computed from what the
 * measured frame was really taken with (exposure × target / level), never from what was asked for
 * before; so the delay between asking and getting changes how fast it arrives, not whether it
 * oscillates. The target gives way where too many quads would burn (highlight constraint).
 *
 * One object belongs to one thread. Nothing allocates after construction.
 */
#pragma once

#include <cstdint>
#include <optional>

#include "base/controls.h"
#include "base/yaml.h"
#include "ipa/algorithms/exposure-split.h"
#include "ipa/algorithms/statistics.h"
#include "ipa/isp-statistics.h"

namespace gstcam::algorithms {

struct AeTuning {
  double target = 0;           // mean linear level, exposure compensation 0
  double highlight_level = 0;  // at most highlight_fraction of the quads lie above this
  double highlight_fraction = 0;
  double highlight_max_reduction = 1;  // the target is at most divided by this for them
  int32_t start_exposure_time = 0;     // µs; low, so that the first statistics are not burnt
  double start_analogue_gain = 1;
  double digital_gain_max = 1;
  /* So many lux on the scene gave this level at this exposure. */
  double lux = 0;
  int32_t lux_exposure_time = 0;  // µs
  double lux_analogue_gain = 1;
  double lux_level = 0;

  static Result<AeTuning> read(const YamlNode& node);
};

/** What the application wants. */
struct AeRequest {
  AeMode mode = kAeModeAuto;
  int32_t flicker_period = 0;            // µs, 0: none
  double compensation = 0;               // EV
  std::optional<int32_t> exposure_time;  // µs, in manual mode
  std::optional<double> analogue_gain;   // in manual mode
};

/** One frame: its statistics and the exposure it was taken and developed with. */
struct AeFrame {
  const GstCameraIspStatistics& statistics;
  Exposure exposure;
  /** Gain >= 1 that the ISP applies from now on in any case. */
  double digital_gain_min = 1;
};

struct AeStatus {
  AlgorithmState state = kAlgorithmSearching;
  double level = 0;   // of the developed frame
  double target = 0;  // what it should have been
  double lux = 0;
  Exposure wanted;  // for the next frame that can have it
};

class Ae {
 public:
  Ae() = default;
  explicit Ae(const AeTuning& tuning);

  /** Before start(). digital_gain_max of the limits is the tuning's. */
  Result<void> configure(ExposureLimits limits);
  /** Forgets the last run; status().wanted is what to start the sensor with. */
  void start(const AeRequest& request);
  /** After start(), in auto mode: aims at what another run aimed at. Moved into the limits. */
  void resume(double total, const AeRequest& request);
  void process(const AeFrame& frame, const AeRequest& request);

  [[nodiscard]] const AeStatus& status() const { return status_; }
  /** For resume(): what the last exposures aim at, as Exposure::total(). */
  [[nodiscard]] double total() const { return total_; }
  [[nodiscard]] const ExposureSplit& split() const { return split_; }

 private:
  /** What to multiply this frame's exposure (without digital gain) with. */
  [[nodiscard]] double wanted_factor(const GstCameraIspStatistics& statistics,
                                     const GreenLevel& green) const;
  void follow(double total, bool near);
  void set_manual(const AeRequest& request);

  AeTuning tuning_;
  ExposureSplit split_;
  AeStatus status_;
  double total_ = 0;  // what the last exposures aim at
};

}  // namespace gstcam::algorithms
