/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedPipeline: the pipeline handler of a simulated camera: a raw sensor in software in front
 * of the software ISP, with an IPA behind its generated interface.
 *
 * It owns the sensor and soft::SoftIsp, and leads them through open, configure, start and stop. One
 * stream, 0. Four threads: the camera's (the context), the sensor's, and the two of SoftIsp.
 */
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "pipelines/ipa-life/ipa-options.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/sensor-thread.h"
#include "pipelines/soft-isp/soft-isp.h"

namespace gstcam::simulated {

class SimulatedPipeline final : public PipelineHandler {
 public:
  using Options = soft::SoftIsp::Options;

  SimulatedPipeline(CameraDescription description, Options options);
  ~SimulatedPipeline() override;

  [[nodiscard]] const std::string& id() const override { return description_.id; }
  [[nodiscard]] const std::string& model() const override { return description_.model; }
  [[nodiscard]] const CameraProperties& properties() const override { return properties_; }
  [[nodiscard]] std::chrono::milliseconds time_limit() const override {
    return kDeviceTime + kIpaTime;
  }
  /** Opens the scene, the first time it is asked for. */
  [[nodiscard]] const std::vector<StreamCapabilities>& streams() const override;

  Result<void> open(const CameraOptions& options, PipelineListener& listener) override;
  void close() override;
  Result<void> configure(std::vector<StreamConfiguration>& streams) override;
  [[nodiscard]] const ControlRanges& controls() const override;
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) override;
  Result<void> start(const ControlList& controls) override;
  void stop() override;
  void queue_request(Request* request) override;
  [[nodiscard]] int ipa_pid() const override;
  [[nodiscard]] IpaStatus ipa_status() const override;

 private:
  Result<void> open_parts(const CameraOptions& options);
  /** Under sensor_mutex_. */
  Result<void> open_sensor() const;
  Result<void> configure_parts(StreamConfiguration& stream);
  [[nodiscard]] Size preferred_size(const SizeLimits& limits) const;

  const CameraDescription description_;
  const CameraProperties properties_;

  /* The sensor is made by streams() or open(), whichever comes first, and goes with close(). */
  mutable std::mutex sensor_mutex_;
  mutable std::unique_ptr<SensorModel> sensor_;
  mutable std::vector<StreamCapabilities> streams_;

  PipelineListener* listener_ = nullptr;
  soft::SoftIsp soft_isp_;
  std::unique_ptr<SensorThread> sensor_thread_;  // before what it reports to
};

}  // namespace gstcam::simulated
