/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedPipeline: the pipeline handler of a simulated camera: a raw sensor in software in front
 * of the software ISP, with an IPA behind its generated interface.
 *
 * It owns the parts and leads them through open, configure, start and stop; what happens per frame
 * is FrameScheduler's, what happens when the IPA is lost ipc::Supervisor's. One stream, 0. Four
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
#include "ipc/supervisor.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/frame-scheduler.h"
#include "pipelines/simulated/ipa-buffers.h"
#include "pipelines/simulated/ipa-replica.h"
#include "pipelines/simulated/isp-thread.h"
#include "pipelines/simulated/sensor-thread.h"

namespace gstcam::simulated {

class SimulatedPipeline final : public PipelineHandler,
                                private FrameScheduler::Owner,
                                private IpaReplica::Owner,
                                private ipc::Supervisor::Events {
 public:
  struct Options {
    IpaConnector connect;           // create_ipa(); tests have others
    int64_t deadline_us = 2000000;  // the longest an IPA may be silent when it owes an answer
  };

  SimulatedPipeline(CameraDescription description, Options options);
  ~SimulatedPipeline() override;

  [[nodiscard]] const std::string& id() const override { return description_.id; }
  [[nodiscard]] const std::string& model() const override { return description_.model; }
  /** Opens the scene, the first time it is asked for. */
  [[nodiscard]] const std::vector<StreamCapabilities>& streams() const override;

  Result<void> open(const CameraOptions& options, PipelineListener& listener) override;
  void close() override;
  Result<void> configure(std::vector<StreamConfiguration>& streams) override;
  [[nodiscard]] const ControlRanges& controls() const override { return ranges_; }
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) override;
  Result<void> start(const ControlList& controls) override;
  void stop() override;
  void queue_request(Request* request) override;
  [[nodiscard]] int ipa_pid() const override;
  [[nodiscard]] IpaStatus ipa_status() const override;

 private:
  /* FrameScheduler::Owner */
  void frame_completed(Request& request) override;
  void ipa_lost(const Error& error) override;
  void ipa_recovered(uint32_t bridged) override;
  void ipa_answered(int64_t us) override;
  void ipa_late() override;
  void frame_bridged() override;
  void camera_failed(const Error& error) override;

  /* IpaReplica::Owner */
  void replica_lost(IpaReplica& replica, const Error& error) override;
  void replica_call_failed(IpaReplica& replica, std::string_view member,
                           const Error& error) override;

  /* ipc::Supervisor::Events */
  void replica_ready(std::unique_ptr<ipc::Replica> replica) override;
  void gave_up(const Error& error) override;

  Result<void> open_parts(const CameraOptions& options);
  /** Under sensor_mutex_. */
  Result<void> open_sensor() const;
  Result<void> start_ipa(const CameraOptions& options, GMainContext* context);
  /** The IPA is there, as the recipe says; what is lost before a camera runs is mended here. */
  Result<void> ensure_ipa();
  /** `f` with the IPA; where that is lost in it, with the next one. */
  template <typename F>
  std::invoke_result_t<F, IpaReplica&> with_ipa(F&& f);
  void set_recipe();
  void tell_isolation();
  void use(std::unique_ptr<IpaReplica> replica);
  [[nodiscard]] bool may_replace() const;
  [[nodiscard]] bool lose_ipa(const Error& error);
  void give_up(const Error& error, const std::string& name, const std::string& last_words);
  static Result<ControlList> start_replica(IpaReplica& replica, const SensorInfo& mode,
                                           const ControlList& controls);
  Result<void> configure_parts(StreamConfiguration& stream);
  Result<void> configure_ipa(const StreamConfiguration& stream);
  [[nodiscard]] Size preferred_size(const SizeLimits& limits) const;
  [[nodiscard]] std::string ipa_name();

  const CameraDescription description_;
  const Options options_;

  /* The sensor is made by streams() or open(), whichever comes first, and goes with close(). */
  mutable std::mutex sensor_mutex_;
  mutable std::unique_ptr<SensorModel> sensor_;
  mutable std::vector<StreamCapabilities> streams_;

  PipelineListener* listener_ = nullptr;
  std::unique_ptr<FrameScheduler> scheduler_;
  std::unique_ptr<SensorThread> sensor_thread_;
  std::unique_ptr<IspThread> isp_thread_;
  std::optional<IpaBuffers> buffers_;
  IpaReplica::Place place_;
  IpaJournal journal_;
  std::unique_ptr<Wakeup> supervisor_wakeup_;
  std::unique_ptr<IpaReplica> ipa_;  // none while it is lost
  bool failed_ = false;              // there will be none
  bool running_ = false;
  int64_t lost_at_ = 0;  // µs, 0: it is there and has answered
  int64_t lost_pid_ = 0;
  std::unique_ptr<ipc::Supervisor> supervisor_;

  mutable std::mutex status_mutex_;
  IpaStatus status_;                           // without the counters
  const ipc::Supervisor* counters_ = nullptr;  // while there is one
  ControlRanges ranges_;
  SensorInfo mode_;
  std::optional<StreamConfiguration> configured_;
};

}  // namespace gstcam::simulated
