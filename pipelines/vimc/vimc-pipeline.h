/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VimcPipeline: the handler of a vimc, the kernel's virtual media controller device: three streams
 * out of two sensors (vimc-device.h), and an IPA that makes the sensors' controls of the
 * application's.
 *
 * Frames are the drivers' buffers, exported as dmabufs: nothing is copied. The configured streams
 * run unsynchronised, each as fast as its part of the driver is; RequestLine pairs their frames,
 * and the first configured stream leads: a request's number and time are those of its frame there.
 * A frame that is damaged in one stream is left out of all.
 *
 * Each request is a frame to the IPA, asked for as soon as it is queued (IpaTalk). Its parameters
 * are written to the subdevices when the leader's frame before it came, so that they act on its
 * own; the driver does not say on which frame they do, so metadata reports what was in force when
 * the frame was begun. No frame waits for parameters, but that the first ones start the stream:
 * what comes late is written when it comes, and the frame that went without says
 * `ipa-state=recovering`.
 *
 * Timestamps are the driver's, of the end of a frame: its pictures are computed, not exposed.
 *
 * Threads: as PipelineHandler says. streams() asks the device when it is called first.
 */
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/v4l2/device-watch.h"
#include "core/v4l2/driver-frames.h"
#include "pipelines/ipa-life/ipa-options.h"
#include "pipelines/vimc/ipa-talk.h"
#include "pipelines/vimc/request-line.h"
#include "pipelines/vimc/sensor-controls.h"
#include "pipelines/vimc/vimc-device.h"
#include "pipelines/vimc/vimc-ipas.h"

namespace gstcam::vimc {

struct VimcDescription {
  std::string id;      // "vimc/platform/vimc.0"
  std::string model;   // "Virtual Media Controller (vimc)"
  std::string device;  // "platform/vimc.0": v4l2::stable_id() of the node
  std::string path;    // "/dev/media0"
  CameraProperties properties;
};

struct VimcOptions {
  IpaConnector connect = connect_installed_ipa;
  int64_t deadline_us = 2000000;  // the longest an IPA may be silent when it owes an answer
};

class VimcPipeline final : public PipelineHandler, private IpaTalk::Owner {
 public:
  /** The kernel outlives it. */
  VimcPipeline(v4l2::Kernel& kernel, VimcDescription description, VimcOptions options);
  ~VimcPipeline() override;

  [[nodiscard]] const std::string& id() const override { return description_.id; }
  [[nodiscard]] const std::string& model() const override { return description_.model; }
  [[nodiscard]] const std::vector<StreamCapabilities>& streams() const override;
  [[nodiscard]] const CameraProperties& properties() const override {
    return description_.properties;
  }
  [[nodiscard]] std::chrono::milliseconds time_limit() const override {
    return kDeviceTime + kIpaTime;
  }

  Result<void> open(const CameraOptions& options, PipelineListener& listener) override;
  void close() override;
  Result<void> configure(std::vector<StreamConfiguration>& streams) override;
  [[nodiscard]] const ControlRanges& controls() const override;
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) override;
  Result<void> start(const ControlList& controls) override;
  void stop() override;
  void queue_request(Request* request) override;
  [[nodiscard]] int ipa_pid() const override { return ipa_status().pid; }
  [[nodiscard]] IpaStatus ipa_status() const override;

 private:
  /** One configured stream. */
  struct Output {
    uint32_t stream;
    v4l2::VideoDevice* node;
    FrameLayout layout;
    v4l2::DriverFrames frames;
    std::unique_ptr<v4l2::DeviceWatch> watch;
  };

  /* IpaTalk::Owner */
  void parameters_came(const GstCameraVimcParameters& parameters) override;
  void ipa_answered(int64_t us) override { ipas_->answered(us); }
  void ipa_lost(const Error& error) override { ipas_->lost(error); }

  Result<std::unique_ptr<VimcDevice>> open_device() const;
  Result<void> open_parts(const CameraOptions& options);
  Result<void> configure_parts(std::vector<StreamConfiguration>& streams);
  Result<void> add_output(StreamConfiguration& stream);
  Result<void> configure_ipa(const std::vector<StreamConfiguration>& streams);
  [[nodiscard]] Output* find_output(uint32_t stream) const;

  void ask_ipa();
  void begin_streaming();
  void give_to_drivers();
  void ready(size_t output, v4l2::DeviceWatch::Ready what);
  void fail_gone(v4l2::VideoDevice& node);
  Result<bool> take_frame(size_t output);
  void leader_frame_came(size_t position);
  Result<void> apply_parameters();
  void complete_oldest();
  void stop_outputs();
  void fail(const Error& error);

  v4l2::Kernel& kernel_;
  const VimcDescription description_;
  const VimcOptions options_;

  mutable std::mutex streams_mutex_;
  mutable std::vector<StreamCapabilities> streams_;  // none as long as nobody could look

  PipelineListener* listener_ = nullptr;
  std::unique_ptr<VimcDevice> device_;
  std::unique_ptr<v4l2::DeviceWatch> presence_;  // tells that the device went, while nothing runs
  std::optional<SensorControls> controls_;
  std::unique_ptr<IpaTalk> talk_;
  mutable std::mutex ipas_mutex_;  // of the pointer, which status queries read
  std::unique_ptr<VimcIpas> ipas_;

  std::vector<std::unique_ptr<Output>> outputs_;  // the first leads
  RequestLine line_;
  uint32_t next_frame_ = 0;          // as the IPA counts
  std::optional<uint32_t> applied_;  // the frame whose parameters were written last
  bool running_ = false;
  bool streaming_ = false;  // STREAMON was called
  bool failed_ = false;
};

}  // namespace gstcam::vimc
