/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimplePipeline: the pipeline handler of a raw sensor behind a media graph without an ISP.
 *
 *     SensorPath -> RawCapture -> soft::SoftIsp
 *
 * Nothing is known of the hardware but what its graph says. One stream, 0. Threads: the camera's
 * (the context), and the two of SoftIsp. streams() asks the device when it is called first.
 */
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "pipelines/ipa-life/ipa-options.h"
#include "pipelines/simple/path-users.h"
#include "pipelines/simple/raw-cameras.h"
#include "pipelines/simple/raw-capture.h"
#include "pipelines/simple/sensor-path.h"
#include "pipelines/soft-isp/soft-isp.h"

namespace gstcam::simple {

class SimplePipeline final : public PipelineHandler {
 public:
  /** The kernel outlives it; `users` are shared by all cameras of a factory. */
  SimplePipeline(v4l2::Kernel& kernel, RawCameraDescription description,
                 std::shared_ptr<PathUsers> users, soft::SoftIsp::Options options);
  ~SimplePipeline() override;

  [[nodiscard]] const std::string& id() const override { return description_.id; }
  [[nodiscard]] const std::string& model() const override { return description_.model; }
  [[nodiscard]] const CameraProperties& properties() const override {
    return description_.properties;
  }
  [[nodiscard]] std::chrono::milliseconds time_limit() const override {
    return kDeviceTime + kIpaTime;
  }
  [[nodiscard]] const std::vector<StreamCapabilities>& streams() const override;

  Result<void> open(const CameraOptions& options, PipelineListener& listener) override;
  void close() override;
  Result<void> configure(std::vector<StreamConfiguration>& streams) override;
  [[nodiscard]] const ControlRanges& controls() const override { return soft_isp_.controls(); }
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) override {
    return soft_isp_.allocate_buffer(stream);
  }
  Result<void> start(const ControlList& controls) override;
  void stop() override;
  void queue_request(Request* request) override { capture_->queue(request); }
  [[nodiscard]] int ipa_pid() const override { return ipa_status().pid; }
  [[nodiscard]] IpaStatus ipa_status() const override { return soft_isp_.ipa_status(); }

 private:
  Result<void> open_parts(const CameraOptions& options);
  Result<TuningFile> open_tuning(const CameraOptions& options) const;
  Result<void> configure_parts(StreamConfiguration& stream);
  [[nodiscard]] Result<PathUsers::Use> use(const std::vector<std::string>& parts) const;
  Result<void> learn_streams(SensorPath& path) const;

  v4l2::Kernel& kernel_;
  const RawCameraDescription description_;
  const std::shared_ptr<PathUsers> users_;

  mutable std::mutex streams_mutex_;
  mutable std::vector<StreamCapabilities> streams_;  // one, or none as long as nobody could look

  PipelineListener* listener_ = nullptr;
  soft::SoftIsp soft_isp_;
  PathUsers::Use use_;
  std::unique_ptr<SensorPath> path_;
  std::vector<RawMode> modes_;
  std::unique_ptr<RawCapture> capture_;  // before the path, and what it reports to
};

}  // namespace gstcam::simple
