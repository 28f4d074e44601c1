/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SoftIsp: the software ISP with its IPA, as a whole: what a handler puts behind a RawSource.
 *
 *     begin() -> open() -> configure() -> start() -> stop() -> close()
 *
 * It leads its parts through these; what happens per frame is FrameScheduler's, what happens when
 * the IPA is late or lost IpaCrew's. One stream. The source is the handler's: made between begin()
 * and open(), or later, it reports to events(); it starts after start(), stops before stop() and
 * goes before close(). Two threads of its own: the ISP's and the supervisor's.
 *
 * Camera's thread, except ipa_status().
 */
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/pipeline-handler.h"
#include "core/sensor-info.h"
#include "core/tuning-file.h"
#include "pipelines/soft-isp/frame-scheduler.h"
#include "pipelines/soft-isp/ipa-crew.h"
#include "pipelines/soft-isp/isp-thread.h"

namespace gstcam::soft {

class SoftIsp final : private FrameScheduler::Owner {
 public:
  struct Options {
    IpaConnector connect;           // connect_installed_ipa(); tests have others
    int64_t deadline_us = 2000000;  // the longest an IPA may be silent when it owes an answer
  };

  /** `camera`: its id, for messages. */
  SoftIsp(std::string camera, Options options);
  ~SoftIsp() override;
  SoftIsp(const SoftIsp&) = delete;
  SoftIsp& operator=(const SoftIsp&) = delete;

  /** The listener outlives close(). */
  void begin(PipelineListener& listener);
  /** Between begin() and close(). */
  [[nodiscard]] RawSource::Events& events() { return *scheduler_; }
  /** Starts the IPA; may take its time. After an error close() follows. */
  Result<void> open(const CameraOptions& options, TuningFile tuning, const SensorInfo& sensor);
  void close();

  /** Fills in layout and buffer_count. */
  Result<void> configure(StreamConfiguration& stream, const SensorInfo& mode);
  [[nodiscard]] const ControlRanges& controls() const { return crew_->ranges(); }
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) const;

  /** What the sensor is to start with. `live`: the source waits for nobody. */
  Result<ControlList> start(RawSource& source, bool live, const ControlList& controls);
  /** Cancels the frames that are on their way, oldest first. */
  void stop();

  /** Any thread. */
  [[nodiscard]] IpaStatus ipa_status() const;

 private:
  /* FrameScheduler::Owner */
  void frame_completed(Request& request) override;
  void ipa_lost(const Error& error) override { crew_->lost(error); }
  void ipa_answered(int64_t us) override { crew_->answered(us); }
  void ipa_late(const IpaDebts& debts) override { crew_->late(debts); }
  void frame_bridged() override { crew_->bridged(); }
  void camera_failed(const Error& error) override;

  const std::string camera_;
  const Options options_;
  PipelineListener* listener_ = nullptr;
  std::unique_ptr<FrameScheduler> scheduler_;
  std::unique_ptr<IspThread> isp_thread_;
  mutable std::mutex crew_mutex_;  // of the pointer, which status queries read
  std::unique_ptr<IpaCrew> crew_;
  SensorInfo mode_;
  std::optional<StreamConfiguration> configured_;
};

}  // namespace gstcam::soft
