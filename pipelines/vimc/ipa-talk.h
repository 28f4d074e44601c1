/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaTalk: what a camera that streams and its IPA say to each other: controls and parameters, one
 * frame at a time, in the order of the frames.
 *
 *     ask(n) -> queue_request(n), compute_params(n) -> params_computed(n) -> parameters_came()
 *
 * No frame waits for it. An answer is taken only where it is awaited, copied out of shared memory,
 * and checked; anything else, and silence past the deadline, is a loss. The next IPA is attached
 * and asked again. Controls that were skipped, or that a lost IPA was told, are never lost: they go
 * with the next question, or are among those that the next IPA is started with.
 *
 * Lives in the camera's thread. Asking allocates nothing of its own.
 */
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/wakeup.h"
#include "pipelines/vimc/ipa-buffers.h"
#include "pipelines/vimc/parameters.h"
#include "vimc-ipa-interface.h"

namespace gstcam::vimc {

class IpaTalk final : public IpaEvents {
 public:
  /** Its methods may call back. */
  class Owner {
   public:
    virtual ~Owner() = default;
    /** Checked. */
    virtual void parameters_came(const GstCameraVimcParameters& parameters) = 0;
    virtual void ipa_answered(int64_t us) = 0;
    virtual void ipa_lost(const Error& error) = 0;
  };
  /** The IPA that is talked to; none while it is lost. */
  struct AtWork {
    Ipa* ipa = nullptr;
    IpaBuffers* buffers = nullptr;
  };

  /** `deadline_us`: more without an answer is silence. */
  IpaTalk(GMainContext* context, Owner& owner, int64_t deadline_us);

  /** The IPA was started with `controls`. */
  void start(const DriverLimits& limits, const ControlList& controls, const AtWork& at_work);
  /** Nothing is expected, and nothing told, until the next start(). */
  void stop();
  void attach(const AtWork& at_work);
  void detach();

  /** Whether ask() may be called: the last question is answered, and an IPA is there. */
  [[nodiscard]] bool ready() const { return running_ && at_work_.ipa && !awaited_; }
  void ask(uint32_t frame, const ControlList& controls);
  /** Controls of a frame that nothing was asked for. */
  void skip(const ControlList& controls);
  void call_failed(std::string_view member, const Error& error);
  /** All that the application wants by now: what another IPA is to be started with. */
  [[nodiscard]] const ControlList& controls_in_force() const { return in_force_; }

  /* IpaEvents */
  void params_computed(uint32_t frame, uint32_t params_buffer) override;

 private:
  void send();
  void deadline_passed();
  void violation(uint32_t frame, const std::string& what);
  void lose(const Error& error);

  Owner& owner_;
  const int64_t deadline_us_;
  Wakeup deadline_;
  DriverLimits limits_;
  AtWork at_work_;
  bool running_ = false;
  std::optional<uint32_t> awaited_;  // the frame whose parameters are
  int64_t asked_at_ = 0;             // monotonic µs
  ControlList in_force_;
  ControlList unsent_;
  GstCameraVimcParameters parameters_{};
};

}  // namespace gstcam::vimc
