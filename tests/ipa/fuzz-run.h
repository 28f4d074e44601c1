/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run_frames(): a run of a configured SimulatedIpa in the light of changing scenes, for the
 * fuzzers. Aborts where its parameters are not what an ISP takes, or its controls not what a sensor
 * takes.
 */
#pragma once

#include <cstdlib>
#include <iterator>

#include "core/isp/parameters.h"
#include "tests/ipa/simulated-rig.h"

namespace gstcam::simulated {

inline void require(bool fact, const Result<void>& why = {}) {
  if (fact)
    return;
  if (!why)
    g_printerr("%s\n", why.error().message.c_str());
  std::abort();
}

inline void require_possible(const Events& events) {
  const ipa::SensorInfo sensor = sensor_info();
  for (const Events::Seen& seen : events.seen) {
    seen.controls.for_each([](ControlId id, const ControlValue& value) {
      const Result<void> checked = check_control(id, value);
      require(checked.ok(), checked);
    });
    const double gain = seen.controls.get_or(ControlId::AnalogueGain, 1.0);
    require(gain >= sensor.analogue_gain_min && gain <= sensor.analogue_gain_max);
  }
}

/** The buffers are mapped as Rig's are; `params` and `stats` are their memory. */
inline void run_frames(SimulatedIpa& ipa, const Events& events, const SharedMemory& params,
                       const SharedMemory& stats) {
  require(ipa.start({}).ok());
  constexpr double kLevels[] = {0.02, 0.3, 1, 1, 0.0001};
  for (uint32_t frame = 0; frame < std::size(kLevels); frame++) {
    require(ipa.queue_request(frame, {}).ok());
    require(ipa.compute_params(frame, Rig::kParams).ok());
    GstCameraIspParameters parameters;
    std::memcpy(&parameters, params.data(), sizeof parameters);
    const Result<void> checked = check_isp_parameters(parameters);
    require(checked.ok(), checked);
    GstCameraIspStatistics statistics =
        algorithms::take(algorithms::grey_scene(0.05, 0.6), kLevels[frame]);
    statistics.frame = frame;
    std::memcpy(stats.data(), &statistics, sizeof statistics);
    require(ipa.process_stats(frame, Rig::kStats, Rig::taken()).ok());
  }
  require_possible(events);
  require(ipa.stop().ok());
}

}  // namespace gstcam::simulated
