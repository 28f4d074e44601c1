/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ScriptedIpa: an IPA of a raw sensor in the handler's own thread that does what its plan
 * says, lies included. Events come from the main loop, in order, as from a real host.
 *
 * The plan is shared with the test, which sets it before acquire() and reads the log after stop().
 */
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/shared-memory.h"
#include "core/isp/parameters.h"
#include "core/sensor-info.h"
#include "ipa/isp-statistics.h"
#include "pipelines/soft-isp/ipa-connection.h"
#include "tests/pipelines/scripted-events.h"

namespace gstcam::test {

enum class Lie {
  None,
  WrongFrame,
  FutureFrame,
  WrongBuffer,
  StatsBuffer,
  ParamsTwice,
  NanGain,
  WrongVersion,
  ParamsOfAnotherFrame,
  NoParams,
  MetadataBeforeControls,
  MetadataTwice,
  MetadataOfAnotherFrame,
  ControlsTwice,
  NotSensorControls,
  NanControls,
  WrongTypeControls,
  WrongMetadata,
  NoMetadata,
  Silent,  // from process_stats on
  CallFails,
  CallRefused,
  Dies,
};

struct IpaPlan {
  Lie lie = Lie::None;
  uint32_t lie_at = 5;
  bool lie_always = false;
  std::optional<Error> connect_error;
  std::optional<Error> init_error;
  std::optional<Error> configure_error;
  std::optional<Error> map_error;
  std::optional<Error> start_error;
  std::optional<Error> stop_error;
  ControlList start_controls;
  /** What the sensor is told after frame n. */
  std::function<ControlList(uint32_t)> sensor_controls;
  /** Each event is late by up to so many µs, at random. */
  uint32_t jitter_us = 0;

  /* The log. */
  std::vector<std::string> calls;
  std::string tuning;
  ipa::SensorInfo sensor;
  std::atomic<int> alive{0};
};

class ScriptedIpa : public simulated::IpaProxy {
 public:
  ScriptedIpa(std::shared_ptr<IpaPlan> plan, GMainContext* context, simulated::IpaEvents& events,
              ipc::HostHandlers notices)
      : plan_(std::move(plan)),
        events_(events),
        notices_(std::move(notices)),
        outbox_(context, plan_->jitter_us) {
    plan_->alive++;
  }
  ~ScriptedIpa() override { plan_->alive--; }

  static soft::IpaConnector connector(std::shared_ptr<IpaPlan> plan) {
    return [plan](const CameraOptions& /*options*/, GMainContext* context,
                  simulated::IpaEvents& events,
                  ipc::HostHandlers notices) -> Result<std::unique_ptr<simulated::IpaProxy>> {
      if (plan->connect_error)
        return *plan->connect_error;
      return std::unique_ptr<simulated::IpaProxy>(
          std::make_unique<ScriptedIpa>(plan, context, events, std::move(notices)));
    };
  }

  IpaHostKind kind() const override { return kIpaHostThread; }
  int pid() const override { return 4711; }

  Result<ControlRanges> init(const ipa::Settings& settings,
                             const ipa::SensorInfo& sensor) override {
    log("init");
    char text[64] = {};
    const ssize_t size = pread(settings.tuning.get(), text, sizeof text - 1, 0);
    plan_->tuning = settings.tuning_name + ":" + std::string(text, size > 0 ? size : 0);
    plan_->sensor = sensor;
    if (plan_->init_error)
      return *plan_->init_error;
    return ranges();
  }
  Result<ControlRanges> configure(const ipa::SensorInfo& sensor,
                                  const std::vector<ipa::StreamConfiguration>& streams) override {
    log("configure " + std::to_string(streams.at(0).width) + "x" +
        std::to_string(streams.at(0).height));
    plan_->sensor = sensor;
    if (plan_->configure_error)
      return *plan_->configure_error;
    return ranges();
  }
  Result<void> map_buffers(const std::vector<ipa::Buffer>& buffers) override {
    log("map " + std::to_string(buffers.size()));
    if (plan_->map_error)
      return *plan_->map_error;
    for (const ipa::Buffer& b : buffers) {
      auto map = [&b](SharedMemory::Access access) {
        return SharedMemory::map(UniqueFd(fcntl(b.fd.get(), F_DUPFD_CLOEXEC, 0)), b.size, access);
      };
      // Statistics cannot be had writable; not by asking, either.
      if (!b.writable)
        g_assert_false(map(SharedMemory::Access::ReadWrite).ok());
      Result<SharedMemory> memory =
          map(b.writable ? SharedMemory::Access::ReadWrite : SharedMemory::Access::ReadOnly);
      g_assert_true(memory.ok());
      g_assert_true(buffers_.emplace(b.id, std::move(memory).value()).second);
      writable_[b.id] = b.writable;
    }
    return {};
  }
  Result<void> unmap_buffers(const std::vector<uint32_t>& ids) override {
    for (uint32_t id : ids)
      buffers_.erase(id);
    return {};
  }
  Result<ControlList> start(const ControlList& /*controls*/) override {
    log("start");
    if (plan_->start_error)
      return *plan_->start_error;
    outbox_.start();
    return plan_->start_controls;
  }
  Result<void> stop() override {
    log("stop");
    outbox_.stop();
    if (plan_->stop_error)
      return *plan_->stop_error;
    return {};
  }

  Result<void> queue_request(uint32_t frame, const ControlList& controls) override {
    log("queue_request " + std::to_string(frame) + (controls.empty() ? "" : " ") +
        controls.to_string());
    if (is(Lie::CallRefused, frame))
      return Error(Error::Code::Lost, "the worker is gone");
    return {};
  }
  Result<void> compute_params(uint32_t frame, uint32_t buffer) override {
    log("compute_params " + std::to_string(frame));
    g_assert_true(writable_.at(buffer));
    GstCameraIspParameters params = neutral_isp_parameters();
    params.frame = frame;
    params.black_level[0] = params.black_level[1] = params.black_level[2] = params.black_level[3] =
        4096;
    if (is(Lie::NanGain, frame))
      params.gains[1] = std::numeric_limits<float>::quiet_NaN();
    if (is(Lie::WrongVersion, frame))
      params.version = 77;
    if (is(Lie::ParamsOfAnotherFrame, frame))
      params.frame = frame - 1;
    std::memcpy(buffers_.at(buffer).data(), &params, sizeof params);
    uint32_t told_frame = frame;
    uint32_t told_buffer = buffer;
    if (is(Lie::WrongFrame, frame))
      told_frame = 0;
    if (is(Lie::FutureFrame, frame))
      told_frame = frame + 1;
    if (is(Lie::WrongBuffer, frame))
      told_buffer = 12345;
    if (is(Lie::StatsBuffer, frame))
      told_buffer = buffer + 4;
    if (is(Lie::NoParams, frame))
      return {};
    if (is(Lie::CallFails, frame)) {
      send([this] {
        notices_.on_call_failed("compute_params", Error(Error::Code::Failed, "out of ideas"));
      });
      return {};
    }
    if (is(Lie::Dies, frame)) {
      send([this] { notices_.on_lost(Error(Error::Code::Lost, "killed by signal 9")); });
      return {};
    }
    auto tell = [this, told_frame, told_buffer] {
      events_.params_computed(told_frame, told_buffer);
    };
    send(tell);
    if (is(Lie::ParamsTwice, frame))
      send(tell);
    return {};
  }
  Result<void> process_stats(uint32_t frame, uint32_t buffer, const ControlList& taken) override {
    log("process_stats " + std::to_string(frame));
    g_assert_false(writable_.at(buffer));
    GstCameraIspStatistics stats;
    std::memcpy(&stats, buffers_.at(buffer).data(), sizeof stats);
    g_assert_cmpuint(stats.frame, ==, frame);
    g_assert_cmpuint(stats.version, ==, GST_CAMERA_ISP_STATISTICS_VERSION);
    g_assert_cmpuint(taken.size(), ==, 3);
    silent_ = silent_ || is(Lie::Silent, frame);
    double level = 0;
    for (const auto& row : stats.zones) {
      for (const GstCameraIspZone& zone : row)
        level += static_cast<double>(zone.mean[1]);
    }
    ControlList metadata;
    metadata.set(ControlId::AeLevel,
                 level / GST_CAMERA_ISP_ZONE_COLUMNS / GST_CAMERA_ISP_ZONE_ROWS);
    ControlList controls = plan_->sensor_controls ? plan_->sensor_controls(frame) : ControlList();
    if (is(Lie::NotSensorControls, frame))
      controls.set(ControlId::Brightness, 0.5);
    if (is(Lie::NanControls, frame))
      controls.set(ControlId::AnalogueGain, std::numeric_limits<double>::quiet_NaN());
    if (is(Lie::WrongTypeControls, frame))
      controls.set(ControlId::ExposureTime, 1.5);
    if (is(Lie::WrongMetadata, frame))
      metadata.set(ControlId::Lux, -std::numeric_limits<double>::infinity());
    const uint32_t told_frame = is(Lie::MetadataOfAnotherFrame, frame) ? frame + 1 : frame;
    auto tell_controls = [this, frame, controls] { events_.set_sensor_controls(frame, controls); };
    auto tell_metadata = [this, told_frame, metadata] {
      events_.metadata_ready(told_frame, metadata);
    };
    if (!is(Lie::MetadataBeforeControls, frame))
      send(tell_controls);
    if (is(Lie::ControlsTwice, frame))
      send(tell_controls);
    if (is(Lie::NoMetadata, frame))
      return {};
    send(tell_metadata);
    if (is(Lie::MetadataTwice, frame))
      send(tell_metadata);
    return {};
  }

 private:
  static ControlRanges ranges() {
    ControlRanges r;
    r.set(ControlId::ExposureTime, {int32_t{10}, int32_t{1000000}, int32_t{10000}});
    r.set(ControlId::AnalogueGain, {1.0, 16.0, 1.0});
    return r;
  }
  void log(const std::string& text) { plan_->calls.push_back(text); }
  bool is(Lie lie, uint32_t frame) const {
    return plan_->lie == lie && (plan_->lie_always || plan_->lie_at == frame);
  }
  void send(std::function<void()> event) {
    if (!silent_)
      outbox_.send(std::move(event));
  }

  std::shared_ptr<IpaPlan> plan_;
  simulated::IpaEvents& events_;
  ipc::HostHandlers notices_;
  std::map<uint32_t, SharedMemory> buffers_;
  std::map<uint32_t, bool> writable_;
  bool silent_ = false;
  ScriptedEvents outbox_;  // last: it ends first
};

}  // namespace gstcam::test
