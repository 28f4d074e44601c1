/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaReplica: one IPA of a camera, from its start to its end; and IpaJournal, what it
 * takes to bring another one to where it was.
 *
 * A replica is made in the camera's thread or in the supervisor's; its events and notices come in
 * the camera's context. Events reach nobody until it is put to use with set_events(), and nobody
 * after that was taken back. Its destructor ends the IPA, and may wait for that; any thread, but
 * not while a FrameScheduler has its buffers.
 */
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/camera.h"
#include "core/sensor-info.h"
#include "core/tuning-file.h"
#include "ipc/supervisor.h"
#include "pipelines/soft-isp/ipa-buffers.h"
#include "pipelines/soft-isp/ipa-connection.h"

namespace gstcam::soft {

/** All that an IPA was told before start(). Not changed once a recipe has it. */
struct IpaJournal {
  std::shared_ptr<const TuningFile> tuning;
  SensorInfo sensor;  // of init()
  struct Configuration {
    SensorInfo mode;
    std::vector<gstcam::ipa::StreamConfiguration> streams;
  };
  std::optional<Configuration> configuration;
};

class IpaReplica final : public ipc::Replica {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /** Both in the camera's thread. */
    virtual void replica_lost(IpaReplica& replica, const Error& error) = 0;
    virtual void replica_call_failed(IpaReplica& replica, std::string_view member,
                                     const Error& error) = 0;
  };
  struct Place {
    IpaConnector connect;
    CameraOptions options;
    GMainContext* context = nullptr;
    Owner* owner = nullptr;  // outlives the replica
  };

  /** Starts an IPA and tells it all that the journal has. */
  static Result<std::unique_ptr<IpaReplica>> make(const Place& place, const IpaJournal& journal);

  [[nodiscard]] bool lost() const override { return lost_; }
  /** Stops it. */
  Result<void> rest() override { return ipa_->stop(); }
  [[nodiscard]] IpaProxy& ipa() { return *ipa_; }
  [[nodiscard]] int pid() const { return ipa_->pid(); }
  /** Camera's thread; nullptr: nobody. */
  void set_events(IpaEvents* events) { relay_.to = events; }
  /** What init() or the last configure() said. */
  [[nodiscard]] const ControlRanges& ranges() const { return ranges_; }
  Result<void> configure(const IpaJournal& journal);
  [[nodiscard]] IpaBuffers& buffers() { return buffers_; }
  /** Good answers to compute_params(); camera's thread. */
  uint32_t answers = 0;
  /** The IPA goes, without waiting for it. */
  void condemn(const Error& why);
  [[nodiscard]] std::string last_words();

 private:
  struct Relay final : IpaEvents {
    void params_computed(uint32_t frame, uint32_t params_buffer) override {
      if (to)
        to->params_computed(frame, params_buffer);
    }
    void set_sensor_controls(uint32_t frame, const ControlList& controls) override {
      if (to)
        to->set_sensor_controls(frame, controls);
    }
    void metadata_ready(uint32_t frame, const ControlList& metadata) override {
      if (to)
        to->metadata_ready(frame, metadata);
    }
    void state_saved(const std::vector<uint8_t>& state) override {
      if (to)
        to->state_saved(state);
    }
    IpaEvents* to = nullptr;  // camera's thread
  };
  explicit IpaReplica(IpaBuffers buffers) : buffers_(std::move(buffers)) {}
  Result<void> init(const IpaJournal& journal);

  std::atomic<bool> lost_{false};
  Relay relay_;
  ControlRanges ranges_;
  IpaBuffers buffers_;
  bool mapped_ = false;            // with the first configure()
  std::unique_ptr<IpaProxy> ipa_;  // last: it ends first
};

}  // namespace gstcam::soft
