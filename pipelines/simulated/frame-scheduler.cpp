/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/frame-scheduler.h"

#include <algorithm>

#include "core/isp/parameters.h"

namespace gstcam::simulated {

namespace {

bool is_sensor_control(ControlId id) {
  return id == ControlId::ExposureTime || id == ControlId::AnalogueGain ||
         id == ControlId::FrameDuration;
}

int32_t to_us(uint64_t ns) {
  return static_cast<int32_t>(std::min<uint64_t>((ns + 500) / 1000, INT32_MAX));
}

}  // namespace

FrameScheduler::FrameScheduler(GMainContext* context, Owner& owner, int64_t deadline_us)
    : owner_(owner),
      deadline_us_(deadline_us),
      deadline_(context, "ipa deadline", [this] { deadline_passed(); }) {}

void FrameScheduler::start(const Run& run) {
  run_ = run;
  completed_ = developed_ = started_ = 0;
  stage_ = Stage::Idle;
  running_ = true;
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
}

void FrameScheduler::frame_started(const SensorThread::Frame& start) {
  // Also of a run that lost its IPA: stop() gives the request back, in its order.
  Frame& f = frame(started_++);
  f.start = start;
  f.exposed = false;
  f.controls_came = false;
  if (running_)
    ask_for_params();
}

void FrameScheduler::frame_exposed(uint32_t sequence, const SensorModel::Effective& taken_with) {
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

void FrameScheduler::sensor_failed(const Error& error) {
  if (!running_)
    return;
  abandon();
  owner_.camera_failed(error);
}

void FrameScheduler::ask_for_params() {
  if (stage_ != Stage::Idle || developed_ == started_)
    return;
  const Frame& f = frame(developed_);
  stage_ = Stage::AwaitsParams;
  Result<void> sent = run_.ipa->queue_request(f.start.sequence, f.start.request->controls);
  if (sent)
    sent = run_.ipa->compute_params(f.start.sequence, IpaBuffers::params_id(slot(developed_)));
  if (!sent) {
    lose(sent.error());
    return;
  }
  watch();
}

void FrameScheduler::params_computed(uint32_t sequence, uint32_t params_buffer) {
  if (!running_)
    return;
  // An IPA works through its calls in order: whatever it says of this frame comes after all that it
  // has to say of those before.
  if (stage_ != Stage::AwaitsParams || frame(developed_).start.sequence != sequence ||
      completed_ != developed_)
    return violation("params_computed", sequence, "that frame does not await it");
  if (params_buffer != IpaBuffers::params_id(slot(developed_)))
    return violation("params_computed", sequence,
                     "buffer " + std::to_string(params_buffer) + " is not the one it was given");
  run_.buffers->copy_params(slot(developed_), params_);
  if (Result<void> checked = check_isp_parameters(params_); !checked)
    return violation("params_computed", sequence, checked.error().message);
  if (params_.frame != sequence)
    return violation("params_computed", sequence,
                     "the parameters are those of frame " + std::to_string(params_.frame));
  stage_ = Stage::HasParams;
  watch();
  develop();
}

void FrameScheduler::develop() {
  if (stage_ != Stage::HasParams || !frame(developed_).exposed)
    return;
  const Frame& f = frame(developed_);
  stage_ = Stage::Developing;
  run_.isp->develop(run_.sensor->raw(f.start.raw), params_, f.start.request->buffer(0)->data(),
                    run_.buffers->stats(slot(developed_)));
}

void FrameScheduler::developed(const Result<void>& outcome) {
  if (!running_)
    return;
  if (!outcome) {
    abandon();
    owner_.camera_failed(outcome.error().within("the software ISP"));
    return;
  }
  const Frame& f = frame(developed_);
  run_.sensor->release_raw(f.start.raw);
  run_.buffers->stats(slot(developed_))->frame = f.start.sequence;
  Result<void> sent = run_.ipa->process_stats(
      f.start.sequence, IpaBuffers::stats_id(slot(developed_)), taken_controls(f));
  if (!sent) {
    lose(sent.error());
    return;
  }
  developed_++;
  stage_ = Stage::Idle;
  watch();
  ask_for_params();
}

bool FrameScheduler::is_awaited(uint32_t sequence) {
  return completed_ != developed_ && frame(completed_).start.sequence == sequence;
}

void FrameScheduler::set_sensor_controls(uint32_t sequence, const ControlList& controls) {
  if (!running_)
    return;
  if (!is_awaited(sequence) || frame(completed_).controls_came)
    return violation("set_sensor_controls", sequence, "that frame does not await it");
  Result<ControlList> checked = sensor_controls(controls, run_.mode);
  if (!checked)
    return violation("set_sensor_controls", sequence, checked.error().message);
  frame(completed_).controls_came = true;
  run_.sensor->set_controls(sequence, *checked);
  watch();
}

void FrameScheduler::metadata_ready(uint32_t sequence, const ControlList& metadata) {
  if (!running_)
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
  complete_oldest(metadata);
  if (running_)
    watch();
}

void FrameScheduler::complete_oldest(const ControlList& metadata) {
  const Frame& f = frame(completed_);
  Request& request = *f.start.request;
  request.sequence = f.start.sequence;
  request.timestamp = f.start.timestamp;
  request.metadata = metadata;
  // What the handler knows better than any IPA.
  request.metadata.merge(taken_controls(f));
  request.metadata.set(ControlId::SensorTimestamp, f.start.sensor_timestamp);
  request.metadata.set(ControlId::IpaHost, static_cast<int32_t>(run_.host));
  request.metadata.set(ControlId::IpaState, static_cast<int32_t>(kIpaStateOk));
  request.status = Request::Status::Complete;
  completed_++;
  owner_.frame_completed(request);
}

ControlList FrameScheduler::taken_controls(const Frame& f) const {
  ControlList list = f.taken_with.controls();
  list.set(ControlId::FrameDuration, static_cast<int64_t>(run_.mode.frame_duration_min));
  return list;
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

/* Each word of the IPA gives it the whole deadline for the next, where it owes one. */
void FrameScheduler::watch() {
  if (stage_ == Stage::AwaitsParams || completed_ != developed_)
    deadline_.signal_at(g_get_monotonic_time() + deadline_us_);
  else
    deadline_.cancel();
}

void FrameScheduler::deadline_passed() {
  if (!running_)
    return;
  const bool owes_metadata = completed_ != developed_;
  const Frame& f = frame(owes_metadata ? completed_ : developed_);
  lose(Error(Error::Code::Timeout, std::string("no answer to ") +
                                       (owes_metadata ? "process_stats" : "compute_params") + "(" +
                                       std::to_string(f.start.sequence) + ") within " +
                                       std::to_string(deadline_us_ / 1000) + " ms"));
}

void FrameScheduler::call_failed(std::string_view member, const Error& error) {
  if (running_)
    lose(error.within(member));
}

void FrameScheduler::violation(const char* event, uint32_t sequence, const std::string& what) {
  lose(Error(Error::Code::Protocol, "the IPA sent a wrong " + std::string(event) + "(" +
                                        std::to_string(sequence) + "): " + what));
}

void FrameScheduler::lose(const Error& error) {
  abandon();
  owner_.ipa_lost(error);
}

}  // namespace gstcam::simulated
