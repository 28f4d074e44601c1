/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedIpa: the algorithms of the simulated camera behind its interface.
 *
 * Checks everything that comes in, keeps what was decided for which frame, and lets each algorithm
 * do its part: parameters before a frame is developed, exposure and white balance from its
 * statistics after. What goes out depends only on the calls that came in. All calls come in one
 * thread; calls of every frame allocate nothing of their own.
 */
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipa/isp-parameters.h"
#include "ipa/isp-statistics.h"
#include "ipa/shared/buffer-map.h"
#include "ipa/simulated/active-controls.h"
#include "ipa/simulated/frame-history.h"
#include "ipa/simulated/saved-state.h"
#include "ipa/simulated/tuning.h"
#include "simulated-ipa-interface.h"

namespace gstcam::simulated {

class SimulatedIpa : public Ipa {
 public:
  explicit SimulatedIpa(IpaEvents& events);
  ~SimulatedIpa() override;

  Result<ControlRanges> init(const ipa::Settings& settings, const ipa::SensorInfo& sensor) override;
  Result<ControlRanges> configure(const ipa::SensorInfo& sensor,
                                  const std::vector<ipa::StreamConfiguration>& streams) override;
  Result<void> map_buffers(const std::vector<ipa::Buffer>& buffers) override;
  Result<void> unmap_buffers(const std::vector<uint32_t>& ids) override;
  Result<void> restore_state(const std::vector<uint8_t>& state) override;
  Result<ControlList> start(const ControlList& controls) override;
  Result<void> stop() override;
  Result<void> queue_request(uint32_t frame, const ControlList& controls) override;
  Result<void> compute_params(uint32_t frame, uint32_t params_buffer) override;
  Result<void> process_stats(uint32_t frame, uint32_t stats_buffer,
                             const ControlList& sensor_controls) override;

 private:
  struct Algorithms {
    explicit Algorithms(const Tuning& tuning);
    algorithms::BlackLevel black_level;
    algorithms::LensShading lens_shading;
    algorithms::Ae ae;
    algorithms::Awb awb;
    algorithms::Ccm ccm;
    algorithms::Tone tone;
  };
  /* What a frame was developed with, for its metadata. */
  struct Developed {
    double digital_gain = 1;
    std::array<double, 2> colour_gains{1, 1};
    double temperature = 0;
    algorithms::Matrix3 matrix{};
    ControlList controls;
  };

  [[nodiscard]] Result<void> set_sensor(const ipa::SensorInfo& sensor);
  [[nodiscard]] Result<void> expect_running(const char* call) const;
  /** Nothing of the sensor's can be set. */
  [[nodiscard]] bool fixed_exposure() const { return sensor_.exposure_time_max == 0; }
  [[nodiscard]] ControlList sensor_controls() const;
  [[nodiscard]] double white_balance_scale() const;
  void save_state();
  [[nodiscard]] ControlList metadata(const Developed& developed, const algorithms::Exposure& taken,
                                     const ControlList& sensor_controls) const;

  IpaEvents& events_;
  std::optional<Algorithms> algorithms_;
  std::string tuning_name_;
  ipa::SensorInfo sensor_;
  ControlRanges ranges_;
  ipa::BufferMap buffers_{
      {.writable = sizeof(GstCameraIspParameters), .read_only = sizeof(GstCameraIspStatistics)}};
  ActiveControls controls_;
  bool configured_ = false;
  bool running_ = false;
  std::optional<SavedState> restored_;  // for the next start()
  std::vector<uint8_t> state_bytes_;    // kept, so that saving allocates nothing here
  FrameHistory<double> digital_gains_;
  FrameHistory<Developed> developed_;
  GstCameraIspParameters parameters_{};
  GstCameraIspStatistics statistics_{};
};

}  // namespace gstcam::simulated
