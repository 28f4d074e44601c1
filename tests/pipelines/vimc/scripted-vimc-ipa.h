/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ScriptedVimcIpa: an IPA of a vimc in the handler's own thread that does what its plan says, lies
 * included.
 *
 * The plan is shared with the test, which sets it before acquire() and reads the log after stop().
 */
#pragma once

#include <fcntl.h>
#include <glib.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/shared-memory.h"
#include "ipa/vimc-parameters.h"
#include "pipelines/vimc/vimc-ipas.h"
#include "tests/pipelines/scripted-events.h"

namespace gstcam::test {

enum class VimcLie {
  None,
  WrongFrame,
  FutureFrame,
  WrongBuffer,
  UnknownBuffer,
  Twice,
  Nan,
  Infinite,
  CodeOutOfRange,
  FlipOutOfRange,
  EvenWindow,
  WrongVersion,
  WrongSize,
  OtherFrame,
  Silent,
  CallFails,
  CallRefused,
  Dies,
};

struct VimcPlan {
  VimcLie lie = VimcLie::None;
  uint32_t lie_at = 2;
  int lies = 1;  // so often, by any of the IPAs
  std::optional<Error> connect_error;
  std::optional<Error> init_error;
  std::optional<Error> configure_error;
  std::optional<Error> map_error;
  std::optional<Error> start_error;
  uint32_t jitter_us = 0;

  /* The log. */
  std::vector<std::string> calls;
  ipa::SensorInfo sensor;
  std::vector<ipa::StreamConfiguration> streams;
  std::atomic<int> connected{0};
  std::atomic<int> alive{0};
};

class ScriptedVimcIpa final : public vimc::IpaProxy {
 public:
  ScriptedVimcIpa(std::shared_ptr<VimcPlan> plan, GMainContext* context, vimc::IpaEvents& events,
                  ipc::HostHandlers notices)
      : plan_(std::move(plan)),
        events_(events),
        notices_(std::move(notices)),
        outbox_(context, plan_->jitter_us) {
    plan_->alive++;
    plan_->connected++;
  }
  ~ScriptedVimcIpa() override { plan_->alive--; }

  static vimc::IpaConnector connector(const std::shared_ptr<VimcPlan>& plan) {
    return [plan](const CameraOptions& /*options*/, GMainContext* context, vimc::IpaEvents& events,
                  ipc::HostHandlers notices) -> Result<std::unique_ptr<vimc::IpaProxy>> {
      if (plan->connect_error)
        return *plan->connect_error;
      return std::unique_ptr<vimc::IpaProxy>(
          std::make_unique<ScriptedVimcIpa>(plan, context, events, std::move(notices)));
    };
  }

  IpaHostKind kind() const override { return kIpaHostThread; }
  int pid() const override { return 4711; }

  Result<ControlRanges> init(const ipa::Settings& settings,
                             const ipa::SensorInfo& sensor) override {
    g_assert_true(settings.tuning.valid());
    plan_->sensor = sensor;
    return plan_->init_error ? Result<ControlRanges>(*plan_->init_error) : ranges();
  }
  Result<ControlRanges> configure(const ipa::SensorInfo& sensor,
                                  const std::vector<ipa::StreamConfiguration>& streams) override {
    plan_->sensor = sensor;
    plan_->streams = streams;
    return plan_->configure_error ? Result<ControlRanges>(*plan_->configure_error) : ranges();
  }
  Result<void> map_buffers(const std::vector<ipa::Buffer>& buffers) override {
    if (plan_->map_error)
      return *plan_->map_error;
    for (const ipa::Buffer& b : buffers) {
      g_assert_true(b.writable);
      Result<SharedMemory> memory = SharedMemory::map(
          UniqueFd(fcntl(b.fd.get(), F_DUPFD_CLOEXEC, 0)), b.size, SharedMemory::Access::ReadWrite);
      g_assert_true(memory.ok());
      g_assert_true(buffers_.emplace(b.id, std::move(memory).value()).second);
    }
    return {};
  }
  Result<void> unmap_buffers(const std::vector<uint32_t>& /*ids*/) override { return {}; }
  Result<void> start(const ControlList& controls) override {
    log("start", controls);
    wanted_ = controls;
    if (plan_->start_error)
      return *plan_->start_error;
    outbox_.start();
    return {};
  }
  Result<void> stop() override {
    outbox_.stop();
    return {};
  }
  Result<void> queue_request(uint32_t frame, const ControlList& controls) override {
    log("queue_request " + std::to_string(frame), controls);
    wanted_.merge(controls);
    if (lies(VimcLie::CallRefused, frame))
      return Error(Error::Code::Lost, "the worker is gone");
    return {};
  }
  Result<void> compute_params(uint32_t frame, uint32_t buffer) override {
    log("compute_params " + std::to_string(frame), {});
    GstCameraVimcParameters p = parameters(frame);
    if (lies(VimcLie::Nan, frame))
      p.contrast_value = std::numeric_limits<double>::quiet_NaN();
    if (lies(VimcLie::Infinite, frame))
      p.brightness_value = -std::numeric_limits<double>::infinity();
    if (lies(VimcLie::CodeOutOfRange, frame))
      p.saturation = 256;
    if (lies(VimcLie::FlipOutOfRange, frame))
      p.horizontal_flip = 2;
    if (lies(VimcLie::EvenWindow, frame))
      p.mean_window = 4;
    if (lies(VimcLie::WrongVersion, frame))
      p.version = 77;
    if (lies(VimcLie::WrongSize, frame))
      p.size = 4;
    if (lies(VimcLie::OtherFrame, frame))
      p.frame = frame - 1;
    std::memcpy(buffers_.at(buffer).data(), &p, sizeof p);
    if (lies(VimcLie::Silent, frame))
      return {};
    if (lies(VimcLie::CallFails, frame)) {
      outbox_.send([this] {
        notices_.on_call_failed("compute_params", Error(Error::Code::Failed, "out of ideas"));
      });
      return {};
    }
    if (lies(VimcLie::Dies, frame)) {
      outbox_.send([this] { notices_.on_lost(Error(Error::Code::Lost, "killed by signal 9")); });
      return {};
    }
    uint32_t told_frame = frame;
    uint32_t told_buffer = buffer;
    if (lies(VimcLie::WrongFrame, frame))
      told_frame = 0;
    if (lies(VimcLie::FutureFrame, frame))
      told_frame = frame + 1;
    if (lies(VimcLie::WrongBuffer, frame))
      told_buffer = buffer % 2 + 1;
    if (lies(VimcLie::UnknownBuffer, frame))
      told_buffer = 12345;
    const auto tell = [this, told_frame, told_buffer] {
      events_.params_computed(told_frame, told_buffer);
    };
    outbox_.send(tell);
    if (lies(VimcLie::Twice, frame))
      outbox_.send(tell);
    return {};
  }

 private:
  static ControlRanges ranges() {
    ControlRanges r;
    r.set(ControlId::Brightness, {-1.0, 1.0, 0.0});
    r.set(ControlId::Contrast, {0.0, 2.0, 1.0});
    return r;
  }
  GstCameraVimcParameters parameters(uint32_t frame) const {
    GstCameraVimcParameters p{};
    p.version = GST_CAMERA_VIMC_PARAMETERS_VERSION;
    p.size = sizeof p;
    p.frame = frame;
    p.brightness_value = wanted_.get_or(ControlId::Brightness, 0.0);
    p.brightness = 128 + static_cast<int32_t>(p.brightness_value * 100);
    p.contrast = 128;
    p.contrast_value = 1;
    p.saturation = 128;
    p.saturation_value = 1;
    p.mean_window = 3;
    return p;
  }
  void log(const std::string& call, const ControlList& controls) {
    plan_->calls.push_back(call + (controls.empty() ? "" : " ") + controls.to_string());
  }
  bool lies(VimcLie lie, uint32_t frame) {
    if (plan_->lie != lie || plan_->lie_at != frame || plan_->lies == 0)
      return false;
    plan_->lies--;
    return true;
  }

  std::shared_ptr<VimcPlan> plan_;
  vimc::IpaEvents& events_;
  ipc::HostHandlers notices_;
  std::map<uint32_t, SharedMemory> buffers_;
  ControlList wanted_;
  ScriptedEvents outbox_;  // last: it ends first
};

}  // namespace gstcam::test
