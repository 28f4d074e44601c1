/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FrameScheduler: leads every frame of a RawSource from its start, through IPA and ISP, to the
 * completion of its request, and judges all that the IPA says on the way.
 *
 *     started -> queue_request, compute_params -> params_computed  \
 *     exposed ------------------------------------------------------> ISP -> process_stats
 *                        -> set_sensor_controls, metadata_ready -> completed
 *
 * Messages to the IPA are strictly in order: those of frame n + 1 come after process_stats of frame
 * n, so a run does not depend on timing. Frame n + 1 is exposed meanwhile.
 *
 * Whatever comes from the IPA is hostile: only the one answer that is awaited is taken, parameters
 * are copied, then checked, then used, controls are checked and moved into the sensor's range. A
 * wrong answer, or none within the deadline, is reported through ipa_lost(), once an IPA.
 *
 * A live camera does not wait for its IPA: a frame whose parameters are not there when it must go
 * is bridged, developed with the last good ones, and so are those after it until an IPA is attached
 * again: another one, or the late one when it has said all that it owes (ipa_late()). Bridged
 * frames are no business of the IPA's; controls of their requests come with the next frame that is.
 * A camera that is not live waits for its IPA, for the next one where it is lost, and bridges
 * nothing.
 *
 * Lives in the handler's context; allocates nothing per frame.
 */
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/isp/software-isp.h"
#include "core/request.h"
#include "core/sensor-info.h"
#include "core/wakeup.h"
#include "pipelines/soft-isp/ipa-buffers.h"
#include "pipelines/soft-isp/ipa-interface.h"
#include "pipelines/soft-isp/isp-thread.h"
#include "pipelines/soft-isp/late-ipa.h"
#include "pipelines/soft-isp/raw-source.h"

namespace gstcam::soft {

class FrameScheduler final : public IpaEvents, public RawSource::Events {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void frame_completed(Request& request) = 0;
    /** The IPA is silent, lied, or failed in a call: detach() or abandon() has to follow. */
    virtual void ipa_lost(const Error& error) = 0;
    /** The IPA that is attached answered compute_params with good ones after so many µs. */
    virtual void ipa_answered(int64_t us) = 0;
    /**
     * A live frame had to go without its IPA, which owes this. It is not attached any more, and its
     * events are not for the scheduler. attach() follows later, not from inside of this.
     */
    virtual void ipa_late(const IpaDebts& debts) = 0;
    virtual void frame_bridged() = 0;
    /** Source or ISP failed: nothing that another IPA would mend. */
    virtual void camera_failed(const Error& error) = 0;
  };

  /** An IPA that was started, and the buffers that it has mapped. */
  struct AtWork {
    Ipa* ipa = nullptr;
    IpaHostKind host = kIpaHostNone;
    IpaBuffers* buffers = nullptr;
  };
  /** What a run needs; borrowed until stop(), the IPA and its buffers until detach() too. */
  struct Run {
    AtWork at_work;
    RawSource* source = nullptr;
    IspThread* isp = nullptr;
    SensorInfo mode;
    bool live = false;
    ControlList controls;  // that the IPA was started with
  };
  /** A source has so many raw frames on their way here at most. */
  static constexpr uint32_t kRawFrames = 3;
  /** Longest state of an IPA that is kept. */
  static constexpr size_t kMaxState = 64U << 10U;

  FrameScheduler(GMainContext* context, Owner& owner, int64_t deadline_us);

  void start(const Run& run);
  /** After sensor, ISP and IPA stopped: cancels the frames that are on their way, oldest first. */
  void stop();

  /** Goes no further with this run; stop() follows. */
  void abandon();
  /** The IPA is not there any more, another one will come: nothing of it is waited for. */
  void detach();
  /** Goes on with this IPA, which was started with controls_in_force(), or was only late. */
  void attach(const AtWork& at_work);
  /** What requests have set since the start of the run, and before. */
  [[nodiscard]] const ControlList& controls_in_force() const { return in_force_; }
  /** The last state that an IPA of this run saved; empty where none did. */
  [[nodiscard]] const std::vector<uint8_t>& state() const { return state_; }

  /** The ISP is done with the frame it was given. */
  void developed(const Result<void>& outcome);
  /** An async call was taken, but failed in the IPA. */
  void call_failed(std::string_view member, const Error& error);

  /** Exposure time, gain and frame duration of `controls`, checked and in range; else Protocol. */
  static Result<ControlList> sensor_controls(const ControlList& controls, const SensorInfo& mode);

  /* RawSource::Events */
  void frame_started(const RawSource::Frame& frame) override;
  void frame_exposed(uint32_t sequence, const ControlList& taken_with) override;
  void source_failed(const Error& error) override;

  /* IpaEvents */
  void params_computed(uint32_t frame, uint32_t params_buffer) override;
  void set_sensor_controls(uint32_t frame, const ControlList& controls) override;
  void metadata_ready(uint32_t frame, const ControlList& metadata) override;
  void state_saved(const std::vector<uint8_t>& state) override;

 private:
  static constexpr uint32_t kFrames = 8;

  struct Frame {
    RawSource::Frame start;
    ControlList taken_with;
    bool exposed = false;
    bool controls_came = false;
    bool bridged = false;        // developed with old parameters
    uint32_t attached_when = 0;  // attached_ when an IPA computed its parameters
    bool with_ipa = false;       // its statistics went to the IPA, whose answer is awaited
  };
  /** What is going on with the oldest frame that has not been developed. */
  enum class Stage : uint8_t { Idle, AwaitsParams, HasParams, Developing };

  Frame& frame(uint32_t count) { return frames_[count % kFrames]; }
  static uint32_t slot(uint32_t count) { return count % IpaBuffers::kCount; }
  void ask_for_params();
  void bridge_when_due();
  void bridge();
  /** Time that frames take here: an IPA need not be faster than the ISP is. */
  [[nodiscard]] int64_t frame_us() const { return std::max(frame_us_, isp_us_); }
  [[nodiscard]] bool has_ipa() const { return run_.at_work.ipa != nullptr; }
  [[nodiscard]] bool can_bridge() const { return run_.live && have_params_; }
  void complete_without_ipa();
  void frame_deadline_passed();
  [[nodiscard]] int64_t silence_us() const;
  void develop();
  [[nodiscard]] bool is_awaited(uint32_t sequence);
  void complete_oldest(const ControlList& metadata);
  void heard();
  void watch();
  void deadline_passed();
  void violation(const char* event, uint32_t sequence, const std::string& what);
  void lose(const Error& error);

  Owner& owner_;
  const int64_t deadline_us_;
  Wakeup deadline_;        // of the IPA
  Wakeup frame_deadline_;  // of a live camera's frame
  Run run_;
  int64_t frame_us_ = 0;  // duration of the last frame
  int64_t isp_us_ = 0;    // that the ISP took for it
  int64_t developing_since_ = 0;
  bool running_ = false;

  /* Counts of frames since start(): completed_ <= developed_ <= started_. */
  uint32_t completed_ = 0;
  uint32_t developed_ = 0;
  uint32_t started_ = 0;
  Stage stage_ = Stage::Idle;
  std::array<Frame, kFrames> frames_{};
  GstCameraIspParameters params_{};  // the last good ones, where have_params_
  GstCameraIspParameters candidate_{};
  GstCameraIspStatistics stats_{};  // the ISP writes them here, whoever may see them
  bool have_params_ = false;
  ControlList metadata_;  // the last good one, where have_metadata_
  bool have_metadata_ = false;
  uint32_t attached_ = 1;  // counts IPAs
  int64_t asked_at_ = 0;   // for parameters, µs
  int64_t heard_at_ = 0;   // or asked, µs
  int64_t stats_sent_at_ = 0;
  ControlList in_force_;
  ControlList unsent_;  // of requests of bridged frames
  std::vector<uint8_t> state_;
};

}  // namespace gstcam::soft
