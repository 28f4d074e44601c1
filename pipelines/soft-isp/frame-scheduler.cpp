/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/frame-scheduler.h"

#include <algorithm>
#include <utility>

#include "core/isp/parameters.h"

namespace gstcam::soft {

namespace {

bool is_sensor_control(ControlId id) {
  return id == ControlId::ExposureTime || id == ControlId::AnalogueGain ||
         id == ControlId::FrameDuration;
}

/* A live camera's IPA may be silent for so many frames, and so long in any case (µs). */
constexpr int64_t kSilenceFrames = 5;
constexpr int64_t kSilenceMin = 200000;

int32_t to_us(uint64_t ns) {
  return static_cast<int32_t>(std::min<uint64_t>((ns + 500) / 1000, INT32_MAX));
}

}  // namespace

FrameScheduler::FrameScheduler(GMainContext* context, Owner& owner, int64_t deadline_us)
    : owner_(owner),
      deadline_us_(deadline_us),
      deadline_(context, "ipa deadline", [this] { deadline_passed(); }),
      frame_deadline_(context, "frame deadline", [this] { frame_deadline_passed(); }) {
  state_.reserve(kMaxState);
}

void FrameScheduler::start(const Run& run) {
  run_ = run;
  completed_ = developed_ = started_ = 0;
  stage_ = Stage::Idle;
  frame_us_ = static_cast<int64_t>(run.mode.frame_duration_min / 1000);
  isp_us_ = 0;
  running_ = true;
  have_params_ = false;
  metadata_.clear();
  have_metadata_ = false;
  attached_++;
  in_force_ = run.controls;
  unsent_.clear();
  state_.clear();
}

void FrameScheduler::stop() {
  abandon();
  for (; completed_ != started_; completed_++) {
    Request& request = *frame(completed_).start.request;
    request.status = Request::Status::Cancelled;
    owner_.frame_completed(request);
  }
}

void FrameScheduler::abandon() {
  running_ = false;
  deadline_.cancel();
  frame_deadline_.cancel();
}

void FrameScheduler::detach() {
  run_.at_work.ipa = nullptr;
  run_.at_work.buffers = nullptr;
  deadline_.cancel();
  frame_deadline_.cancel();
  if (!running_)
    return;
  complete_without_ipa();
  if (running_ && stage_ == Stage::AwaitsParams && can_bridge())
    bridge_when_due();
}

void FrameScheduler::attach(const AtWork& at_work) {
  if (!running_)
    return;
  run_.at_work = at_work;
  attached_++;
  frame_deadline_.cancel();
  if (stage_ == Stage::AwaitsParams)
    stage_ = Stage::Idle;  // was asked of one that is gone
  ask_for_params();
}

/* Frames whose metadata will not come. */
void FrameScheduler::complete_without_ipa() {
  for (uint32_t i = completed_; i != developed_; i++)
    frame(i).with_ipa = false;
  while (running_ && completed_ != developed_ && !frame(completed_).with_ipa) {
    const Frame& f = frame(completed_);
    // The sensor waits for its controls: none means that they stay.
    if (!f.controls_came)
      run_.source->set_controls(f.start.sequence, {});
    complete_oldest(metadata_);
  }
}

void FrameScheduler::frame_started(const RawSource::Frame& start) {
  // Also of a run that lost its IPA: stop() gives the request back, in its order.
  Frame& f = frame(started_++);
  f.start = start;
  if (start.duration > 0)
    frame_us_ = start.duration / 1000;
  f.exposed = false;
  f.controls_came = false;
  f.bridged = false;
  f.attached_when = 0;
  f.with_ipa = false;
  if (running_)
    ask_for_params();
}

void FrameScheduler::frame_exposed(uint32_t sequence, const ControlList& taken_with) {
  for (uint32_t i = developed_; i != started_; i++) {
    Frame& f = frame(i);
    if (f.start.sequence != sequence)
      continue;
    f.taken_with = taken_with;
    f.exposed = true;
  }
  if (running_)
    develop();
}

void FrameScheduler::source_failed(const Error& error) {
  if (running_)
    abandon();
  owner_.camera_failed(error);
}

void FrameScheduler::ask_for_params() {
  if (stage_ != Stage::Idle || developed_ == started_)
    return;
  const Frame& f = frame(developed_);
  stage_ = Stage::AwaitsParams;
  if (!has_ipa()) {
    if (can_bridge())
      bridge_when_due();
    return;
  }
  // Its controls, and those of the bridged ones before it.
  unsent_.merge(f.start.request->controls);
  in_force_.merge(f.start.request->controls);
  asked_at_ = g_get_monotonic_time();
  Ipa& ipa = *run_.at_work.ipa;
  Result<void> sent = ipa.queue_request(f.start.sequence, unsent_);
  unsent_.clear();
  if (sent)
    sent = ipa.compute_params(f.start.sequence, IpaBuffers::params_id(slot(developed_)));
  if (!sent) {
    lose(sent.error());
    return;
  }
  watch();
}

/* Without an IPA: the next one may be there in a moment, for which half a frame is time. */
void FrameScheduler::bridge_when_due() {
  const int64_t due = frame(developed_).start.wanted_at / 1000 - frame_us() / 2;
  if (due > g_get_monotonic_time())
    frame_deadline_.signal_at(due);
  else
    bridge();
}

void FrameScheduler::bridge() {
  Frame& f = frame(developed_);
  f.bridged = true;
  unsent_.merge(f.start.request->controls);
  in_force_.merge(f.start.request->controls);
  owner_.frame_bridged();
  params_.frame = f.start.sequence;
  stage_ = Stage::HasParams;
  develop();
}

void FrameScheduler::params_computed(uint32_t sequence, uint32_t params_buffer) {
  if (!running_ || !has_ipa())
    return;
  // An IPA works through its calls in order: whatever it says of this frame comes after all that it
  // has to say of those before.
  if (stage_ != Stage::AwaitsParams || frame(developed_).start.sequence != sequence ||
      completed_ != developed_)
    return violation("params_computed", sequence, "that frame does not await it");
  if (params_buffer != IpaBuffers::params_id(slot(developed_)))
    return violation("params_computed", sequence,
                     "buffer " + std::to_string(params_buffer) + " is not the one it was given");
  run_.at_work.buffers->copy_params(slot(developed_), candidate_);
  if (Result<void> checked = check_isp_parameters(candidate_); !checked)
    return violation("params_computed", sequence, checked.error().message);
  if (candidate_.frame != sequence)
    return violation("params_computed", sequence,
                     "the parameters are those of frame " + std::to_string(candidate_.frame));
  params_ = candidate_;
  have_params_ = true;
  frame(developed_).attached_when = attached_;
  stage_ = Stage::HasParams;
  owner_.ipa_answered(g_get_monotonic_time() - asked_at_);
  heard();
  develop();
}

void FrameScheduler::develop() {
  if (stage_ != Stage::HasParams || !frame(developed_).exposed)
    return;
  const Frame& f = frame(developed_);
  stage_ = Stage::Developing;
  developing_since_ = g_get_monotonic_time();
  run_.isp->develop(run_.source->raw(f.start.raw), params_, f.start.request->buffer(0)->data(),
                    &stats_);
}

void FrameScheduler::developed(const Result<void>& outcome) {
  if (!running_)
    return;
  if (!outcome) {
    abandon();
    owner_.camera_failed(outcome.error().within("the software ISP"));
    return;
  }
  Frame& f = frame(developed_);
  isp_us_ = g_get_monotonic_time() - developing_since_;
  run_.source->release_raw(f.start.raw);
  // Of a frame that was developed with parameters that are not its own an IPA cannot learn.
  f.with_ipa = has_ipa() && f.attached_when == attached_;
  Result<void> sent;
  stats_sent_at_ = g_get_monotonic_time();
  if (f.with_ipa) {
    stats_.frame = f.start.sequence;
    run_.at_work.buffers->put_stats(slot(developed_), stats_);
    sent = run_.at_work.ipa->process_stats(f.start.sequence, IpaBuffers::stats_id(slot(developed_)),
                                           f.taken_with);
  }
  const bool without = !f.with_ipa;
  developed_++;
  stage_ = Stage::Idle;
  if (!sent) {
    lose(sent.error());
    return;
  }
  if (without)
    complete_without_ipa();
  if (!running_)
    return;
  watch();
  ask_for_params();
}

bool FrameScheduler::is_awaited(uint32_t sequence) {
  return completed_ != developed_ && frame(completed_).with_ipa &&
         frame(completed_).start.sequence == sequence;
}

void FrameScheduler::set_sensor_controls(uint32_t sequence, const ControlList& controls) {
  if (!running_ || !has_ipa())
    return;
  if (!is_awaited(sequence) || frame(completed_).controls_came)
    return violation("set_sensor_controls", sequence, "that frame does not await it");
  Result<ControlList> checked = sensor_controls(controls, run_.mode);
  if (!checked)
    return violation("set_sensor_controls", sequence, checked.error().message);
  frame(completed_).controls_came = true;
  run_.source->set_controls(sequence, *checked);
  heard();
}

void FrameScheduler::metadata_ready(uint32_t sequence, const ControlList& metadata) {
  if (!running_ || !has_ipa())
    return;
  if (!is_awaited(sequence) || !frame(completed_).controls_came)
    return violation("metadata_ready", sequence, "that frame does not await it");
  const char* wrong = nullptr;
  metadata.for_each([&wrong](ControlId id, const ControlValue& value) {
    if (!control_info(id).metadata || !check_control(id, value))
      wrong = control_info(id).name;
  });
  if (wrong)
    return violation("metadata_ready", sequence, "control '" + std::string(wrong) + "' is wrong");
  metadata_ = metadata;
  have_metadata_ = true;
  complete_oldest(metadata);
  if (running_)
    heard();
}

void FrameScheduler::state_saved(const std::vector<uint8_t>& state) {
  if (!running_ || !has_ipa())
    return;
  if (state.size() > kMaxState)
    return lose(Error(Error::Code::Protocol,
                      "the IPA saved a state of " + std::to_string(state.size()) + " bytes",
                      "at most " + std::to_string(kMaxState) + " are kept"));
  state_.assign(state.begin(), state.end());
}

void FrameScheduler::complete_oldest(const ControlList& metadata) {
  const Frame& f = frame(completed_);
  Request& request = *f.start.request;
  request.sequence = f.start.sequence;
  request.timestamp = f.start.timestamp;
  request.metadata = metadata;
  // What the handler knows better than any IPA.
  request.metadata.merge(f.taken_with);
  request.metadata.set(ControlId::SensorTimestamp, f.start.sensor_timestamp);
  request.metadata.set(ControlId::IpaHost, static_cast<int32_t>(run_.at_work.host));
  request.metadata.set(ControlId::IpaState,
                       static_cast<int32_t>(f.bridged ? kIpaStateRecovering : kIpaStateOk));
  request.status = Request::Status::Complete;
  completed_++;
  owner_.frame_completed(request);
}

Result<ControlList> FrameScheduler::sensor_controls(const ControlList& controls,
                                                    const SensorInfo& mode) {
  ControlList list;
  Result<void> checked;
  controls.for_each([&](ControlId id, const ControlValue& value) {
    if (!checked)
      return;
    if (!is_sensor_control(id))
      checked = Error(Error::Code::Protocol,
                      "control '" + std::string(control_info(id).name) + "' is not a sensor's");
    else
      checked = check_control(id, value);
    list.set(id, value);
  });
  if (!checked)
    return Error(Error::Code::Protocol, checked.error().message);
  // There is nothing to set where nothing can be set.
  if (mode.exposure_time_max == 0) {
    list.erase(ControlId::ExposureTime);
    list.erase(ControlId::AnalogueGain);
  }
  if (list.has(ControlId::ExposureTime))
    list.set(ControlId::ExposureTime,
             std::clamp(list.get_or(ControlId::ExposureTime, int32_t{0}),
                        std::max(1, to_us(mode.exposure_time_min)), to_us(mode.exposure_time_max)));
  if (list.has(ControlId::AnalogueGain))
    list.set(ControlId::AnalogueGain, std::clamp(list.get_or(ControlId::AnalogueGain, 1.0),
                                                 mode.analogue_gain_min, mode.analogue_gain_max));
  if (list.has(ControlId::FrameDuration))
    list.set(ControlId::FrameDuration,
             static_cast<int64_t>(std::clamp(
                 static_cast<uint64_t>(list.get_or(ControlId::FrameDuration, int64_t{0})),
                 mode.frame_duration_min, mode.frame_duration_max)));
  return list;
}

/* A camera that is not live has time; a live one has had enough after some frames. */
int64_t FrameScheduler::silence_us() const {
  return run_.live ? std::min(deadline_us_, std::max(kSilenceMin, kSilenceFrames * frame_us()))
                   : deadline_us_;
}

void FrameScheduler::heard() {
  heard_at_ = g_get_monotonic_time();
  watch();
}

/* Each word of the IPA gives it the whole deadline for the next, where it owes one. */
void FrameScheduler::watch() {
  const bool awaits_params = stage_ == Stage::AwaitsParams;
  const bool awaits_metadata = completed_ != developed_;
  if (!has_ipa())
    return;  // neither is set but by bridge_when_due()
  if (!awaits_params && !awaits_metadata) {
    deadline_.cancel();
    frame_deadline_.cancel();
    return;
  }
  const int64_t asked_last = awaits_params ? asked_at_ : stats_sent_at_;
  deadline_.signal_at(std::max(heard_at_, asked_last) + silence_us());
  // What there never was cannot stand in for what is late.
  if (!run_.live || !have_params_ || (awaits_metadata && !have_metadata_))
    return;
  // Metadata is wanted a frame after the parameters; and an IPA has half a frame in any case. A
  // word meanwhile earns it nothing.
  const Frame& f = frame(awaits_metadata ? completed_ : developed_);
  const int64_t due = f.start.wanted_at / 1000 + (awaits_metadata ? frame_us() : 0);
  const int64_t asked = awaits_metadata ? stats_sent_at_ : asked_at_;
  frame_deadline_.signal_at(std::max(due, asked + frame_us() / 2));
}

/* A live frame must go. */
void FrameScheduler::frame_deadline_passed() {
  if (!running_ || !can_bridge())
    return;
  if (!has_ipa()) {
    if (stage_ == Stage::AwaitsParams)
      bridge();
    return;
  }
  IpaDebts debts;
  debts.metadata = completed_ != developed_;
  if (debts.metadata) {
    debts.of_frame = frame(completed_).start.sequence;
    debts.controls_came = frame(completed_).controls_came;
  }
  debts.params = stage_ == Stage::AwaitsParams;
  if (debts.params) {
    debts.params_frame = frame(developed_).start.sequence;
    debts.params_buffer = IpaBuffers::params_id(slot(developed_));
  }
  if (!debts.any())
    return;
  debts.heard_at = std::max(heard_at_, debts.params ? asked_at_ : stats_sent_at_);
  debts.silence_us = silence_us();
  owner_.ipa_late(debts);
  detach();
}

void FrameScheduler::deadline_passed() {
  if (!running_ || !has_ipa())
    return;
  const bool owes_metadata = completed_ != developed_;
  const uint32_t sequence = frame(owes_metadata ? completed_ : developed_).start.sequence;
  lose(Error(Error::Code::Timeout, std::string("no answer to ") +
                                       (owes_metadata ? "process_stats" : "compute_params") + "(" +
                                       std::to_string(sequence) + ") within " +
                                       std::to_string(silence_us() / 1000) + " ms"));
}

void FrameScheduler::call_failed(std::string_view member, const Error& error) {
  if (running_ && has_ipa())
    lose(error.within(member));
}

void FrameScheduler::violation(const char* event, uint32_t sequence, const std::string& what) {
  lose(Error(Error::Code::Protocol, "the IPA sent a wrong " + std::string(event) + "(" +
                                        std::to_string(sequence) + "): " + what));
}

void FrameScheduler::lose(const Error& error) {
  deadline_.cancel();
  frame_deadline_.cancel();
  owner_.ipa_lost(error);
}

}  // namespace gstcam::soft
