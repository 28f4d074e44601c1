/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FrameScheduler: leads every frame from its start in the sensor, through IPA and ISP, to the
 * completion of its request, and judges all that the IPA says on the way.
 *
 *     started -> queue_request, compute_params -> params_computed  \
 *     exposed ------------------------------------------------------> ISP -> process_stats
 *                        -> set_sensor_controls, metadata_ready -> completed
 *
 * Messages to the IPA are strictly in order: those of frame n + 1 come after process_stats of frame
 * n, so a run does not depend on timing. The scene of frame n + 1 is rendered meanwhile.
 *
 * Whatever comes from the IPA is hostile: only the one answer that is awaited is taken, parameters
 * are copied, then checked, then used, controls are checked and moved into the sensor's range. A
 * wrong answer, or none within the deadline, is reported through lost(), once a run.
 *
 * Lives in the handler's context; allocates nothing per frame.
 */
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/isp/software-isp.h"
#include "core/request.h"
#include "core/wakeup.h"
#include "pipelines/simulated/ipa-buffers.h"
#include "pipelines/simulated/isp-thread.h"
#include "pipelines/simulated/sensor-thread.h"
#include "simulated-ipa-interface.h"

namespace gstcam::simulated {

class FrameScheduler final : public IpaEvents, public SensorThread::Events {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void frame_completed(Request& request) = 0;
    /** The IPA is lost: it is silent, lied, or failed in a call. No frame is completed any more. */
    virtual void ipa_lost(const Error& error) = 0;
    /** Scene or ISP failed: nothing that another IPA would mend. */
    virtual void camera_failed(const Error& error) = 0;
  };

  /** What a run needs; borrowed until stop(). */
  struct Run {
    Ipa* ipa = nullptr;
    IpaHostKind host = kIpaHostNone;
    SensorThread* sensor = nullptr;
    IspThread* isp = nullptr;
    IpaBuffers* buffers = nullptr;
    SensorInfo mode;
  };

  FrameScheduler(GMainContext* context, Owner& owner, int64_t deadline_us);

  void start(const Run& run);
  /** After sensor, ISP and IPA stopped: cancels the frames that are on their way, oldest first. */
  void stop();

  /** Goes no further with this run; stop() follows. */
  void abandon();

  /** The ISP is done with the frame it was given. */
  void developed(const Result<void>& outcome);
  /** An async call was taken, but failed in the IPA. */
  void call_failed(std::string_view member, const Error& error);

  /** Exposure time, gain and frame duration of `controls`, checked and in range; else Protocol. */
  static Result<ControlList> sensor_controls(const ControlList& controls, const SensorInfo& mode);

  /* SensorThread::Events */
  void frame_started(const SensorThread::Frame& frame) override;
  void frame_exposed(uint32_t sequence, const SensorModel::Effective& taken_with) override;
  void sensor_failed(const Error& error) override;

  /* IpaEvents */
  void params_computed(uint32_t frame, uint32_t params_buffer) override;
  void set_sensor_controls(uint32_t frame, const ControlList& controls) override;
  void metadata_ready(uint32_t frame, const ControlList& metadata) override;

 private:
  static constexpr uint32_t kFrames = 8;

  struct Frame {
    SensorThread::Frame start;
    SensorModel::Effective taken_with;
    bool exposed = false;
    bool controls_came = false;
  };
  /** What is going on with the oldest frame that has not been developed. */
  enum class Stage : uint8_t { Idle, AwaitsParams, HasParams, Developing };

  Frame& frame(uint32_t count) { return frames_[count % kFrames]; }
  static uint32_t slot(uint32_t count) { return count % IpaBuffers::kCount; }
  void ask_for_params();
  void develop();
  [[nodiscard]] bool is_awaited(uint32_t sequence);
  void complete_oldest(const ControlList& metadata);
  void watch();
  void deadline_passed();
  void violation(const char* event, uint32_t sequence, const std::string& what);
  void lose(const Error& error);
  [[nodiscard]] ControlList taken_controls(const Frame& f) const;

  Owner& owner_;
  const int64_t deadline_us_;
  Wakeup deadline_;
  Run run_;
  bool running_ = false;

  /* Counts of frames since start(): completed_ <= developed_ <= started_. */
  uint32_t completed_ = 0;
  uint32_t developed_ = 0;
  uint32_t started_ = 0;
  Stage stage_ = Stage::Idle;
  std::array<Frame, kFrames> frames_{};
  GstCameraIspParameters params_{};
};

}  // namespace gstcam::simulated
