/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraLoop: the simulated camera without hosts and threads: sensor -> software ISP -> IPA ->
 * sensor, frame by frame, with the delays that docs/architecture.md pins. For tests; asserts on
 * errors.
 */
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/shared-memory.h"
#include "core/delayed-controls.h"
#include "core/isp/software-isp.h"
#include "ipa/simulated/simulated.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/scene/colour-difference.h"
#include "pipelines/simulated/sensor/sensor-model.h"

namespace gstcam::simulated {

class CameraLoop : private IpaEvents {
 public:
  /** `tuning` is a file name in GST_CAMERA_DATA_PATH. */
  CameraLoop(const CameraDescription& description, Size size, const std::string& tuning);

  void start(const ControlList& controls = {});
  /** One frame, with these controls in its request. Its metadata. */
  const ControlList& frame(const ControlList& controls = {});
  void stop();
  [[nodiscard]] const ControlList& metadata() const { return metadata_; }

  /** Mean of the last picture's pixels in this rectangle, decoded from sRGB. */
  [[nodiscard]] LinearRgb mean(uint32_t x, uint32_t y, uint32_t width, uint32_t height) const;
  [[nodiscard]] const std::vector<uint8_t>& picture() const { return picture_; }
  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] const ControlRanges& ranges() const { return ranges_; }
  [[nodiscard]] const GstCameraIspParameters& parameters() const { return parameters_; }

 private:
  void params_computed(uint32_t frame, uint32_t params_buffer) override;
  void set_sensor_controls(uint32_t frame, const ControlList& controls) override;
  void metadata_ready(uint32_t frame, const ControlList& metadata) override;

  Size size_;
  std::unique_ptr<SensorModel> sensor_;
  SensorInfo info_;
  SoftwareIsp isp_;
  SimulatedIpa ipa_{*this};
  ControlRanges ranges_;
  SharedMemory params_buffer_;
  SharedMemory stats_buffer_;
  std::unique_ptr<DelayedControls> delayed_;
  std::array<ControlList, 2> for_frame_;  // controls on their way to the start of frame n + 2
  GstCameraIspParameters parameters_{};
  std::vector<uint16_t> raw_;
  std::vector<uint8_t> picture_;
  ControlList metadata_;
  uint32_t next_ = 0;
  bool computed_ = false;
  bool ready_ = false;
};

}  // namespace gstcam::simulated
