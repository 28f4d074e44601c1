/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedPipeline: the pipeline handler of a simulated camera: a raw sensor in software in front
 * of the software ISP, with an IPA behind its generated interface.
 *
 * It owns the parts and leads them through open, configure, start and stop; what happens per frame
 * is FrameScheduler's, what happens when the IPA is late or lost IpaCrew's. One stream, 0. Four
 * threads: the camera's (the context), the sensor's, the ISP's and the supervisor's.
 */
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/tuning-file.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/sensor-thread.h"
#include "pipelines/soft-isp/frame-scheduler.h"
#include "pipelines/soft-isp/ipa-crew.h"
#include "pipelines/soft-isp/isp-thread.h"

namespace gstcam::simulated {

class SimulatedPipeline final : public PipelineHandler, private soft::FrameScheduler::Owner {
 public:
  struct Options {
    soft::IpaConnector connect;     // create_ipa(); tests have others
    int64_t deadline_us = 2000000;  // the longest an IPA may be silent when it owes an answer
  };

  SimulatedPipeline(CameraDescription description, Options options);
  ~SimulatedPipeline() override;

  [[nodiscard]] const std::string& id() const override { return description_.id; }
  [[nodiscard]] const std::string& model() const override { return description_.model; }
  [[nodiscard]] const CameraProperties& properties() const override { return properties_; }
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
  /* soft::FrameScheduler::Owner */
  void frame_completed(Request& request) override;
  void ipa_lost(const Error& error) override { crew_->lost(error); }
  void ipa_answered(int64_t us) override { crew_->answered(us); }
  void ipa_late(const soft::IpaDebts& debts) override { crew_->late(debts); }
  void frame_bridged() override { crew_->bridged(); }
  void camera_failed(const Error& error) override;

  Result<void> open_parts(const CameraOptions& options);
  /** Under sensor_mutex_. */
  Result<void> open_sensor() const;
  Result<void> start_ipa(const CameraOptions& options, TuningFile tuning, const SensorInfo& info,
                         GMainContext* context);
  Result<void> configure_parts(StreamConfiguration& stream);
  Result<void> configure_ipa(const StreamConfiguration& stream);
  [[nodiscard]] Size preferred_size(const SizeLimits& limits) const;

  const CameraDescription description_;
  const CameraProperties properties_;
  const Options options_;

  /* The sensor is made by streams() or open(), whichever comes first, and goes with close(). */
  mutable std::mutex sensor_mutex_;
  mutable std::unique_ptr<SensorModel> sensor_;
  mutable std::vector<StreamCapabilities> streams_;

  PipelineListener* listener_ = nullptr;
  std::unique_ptr<soft::FrameScheduler> scheduler_;
  std::unique_ptr<SensorThread> sensor_thread_;
  std::unique_ptr<soft::IspThread> isp_thread_;
  mutable std::mutex crew_mutex_;  // of the pointer, which status queries read
  std::unique_ptr<soft::IpaCrew> crew_;
  SensorInfo mode_;
  std::optional<StreamConfiguration> configured_;
};

}  // namespace gstcam::simulated
