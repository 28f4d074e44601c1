/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/vimc/vimc.h"

#include <algorithm>
#include <span>
#include <utility>

namespace gstcam::vimc {

namespace {

Error wrong_state(const std::string& message) {
  return Error(Error::Code::WrongState, message);
}

}  // namespace

VimcIpa::VimcIpa(IpaEvents& events) : events_(events) {}

Result<ControlRanges> VimcIpa::init(const ipa::Settings& settings, const ipa::SensorInfo& sensor) {
  if (tuning_)
    return wrong_state("init() was called before");
  Result<Tuning> tuning = Tuning::load(settings.tuning.get(), settings.tuning_name, sensor.model);
  if (!tuning)
    return std::move(tuning).error();
  tuning_ = *std::move(tuning);
  model_ = sensor.model;
  ranges_.set(ControlId::Brightness, tuning_->brightness.range(ControlId::Brightness));
  ranges_.set(ControlId::Contrast, tuning_->contrast.range(ControlId::Contrast));
  ranges_.set(ControlId::Saturation, tuning_->saturation.range(ControlId::Saturation));
  return ranges_;
}

Result<ControlRanges> VimcIpa::configure(const ipa::SensorInfo& sensor,
                                         const std::vector<ipa::StreamConfiguration>& streams) {
  if (!tuning_)
    return wrong_state("configure() before init()");
  if (running_)
    return wrong_state("configure() between start() and stop()");
  if (sensor.model != model_)
    return Error(Error::Code::Invalid, "configure() for the sensor '" + sensor.model +
                                           "', init() was for '" + model_ + "'");
  if (streams.empty())
    return Error(Error::Code::Invalid, "configure() without a stream");
  configured_ = true;
  return ranges_;
}

Result<void> VimcIpa::map_buffers(const std::vector<ipa::Buffer>& buffers) {
  return buffers_.map(buffers);
}

Result<void> VimcIpa::unmap_buffers(const std::vector<uint32_t>& ids) {
  return buffers_.unmap(ids);
}

Result<void> VimcIpa::take(const ControlList& controls) {
  Result<void> result;
  controls.for_each([&](ControlId id, const ControlValue& value) {
    if (result && !ranges_.has(id))
      result = Error(Error::Code::Unsupported, "control '" + std::string(control_info(id).name) +
                                                   "' cannot be set on this camera");
    else if (result)
      result = check_control(id, value);
  });
  if (result)
    current_.merge(ranges_.clamp(controls));
  return result;
}

Result<void> VimcIpa::start(const ControlList& controls) {
  if (!configured_)
    return wrong_state("start() before configure()");
  if (running_)
    return wrong_state("start() while running");
  current_.clear();
  queued_.reset();
  if (Result<void> r = take(controls); !r)
    return r;
  running_ = true;
  return {};
}

Result<void> VimcIpa::stop() {
  running_ = false;
  return {};
}

Result<void> VimcIpa::queue_request(uint32_t frame, const ControlList& controls) {
  if (!running_)
    return wrong_state("queue_request() outside start() and stop()");
  if (Result<void> r = take(controls); !r)
    return r;
  queued_ = frame;
  return {};
}

double VimcIpa::value(ControlId id) const {
  return current_.get_or(id, std::get<double>(ranges_.find(id)->def));
}

Result<void> VimcIpa::compute_params(uint32_t frame, uint32_t params_buffer) {
  if (!running_)
    return wrong_state("compute_params() outside start() and stop()");
  if (queued_ != frame)
    return wrong_state("compute_params() of frame " + std::to_string(frame) +
                       ", which is not the one that was queued last");
  GstCameraVimcParameters parameters{};
  parameters.version = GST_CAMERA_VIMC_PARAMETERS_VERSION;
  parameters.size = sizeof parameters;
  parameters.frame = frame;
  parameters.brightness = tuning_->brightness.code_of(value(ControlId::Brightness));
  parameters.contrast = tuning_->contrast.code_of(value(ControlId::Contrast));
  parameters.saturation = tuning_->saturation.code_of(value(ControlId::Saturation));
  parameters.hue = tuning_->hue;
  parameters.horizontal_flip = tuning_->horizontal_flip ? 1 : 0;
  parameters.vertical_flip = tuning_->vertical_flip ? 1 : 0;
  parameters.mean_window = tuning_->mean_window;
  const auto within = [this](ControlId id, double value) {
    const ControlRange& range = *ranges_.find(id);
    return std::clamp(value, std::get<double>(range.min), std::get<double>(range.max));
  };
  parameters.brightness_value =
      within(ControlId::Brightness, tuning_->brightness.value_of(parameters.brightness));
  parameters.contrast_value =
      within(ControlId::Contrast, tuning_->contrast.value_of(parameters.contrast));
  parameters.saturation_value =
      within(ControlId::Saturation, tuning_->saturation.value_of(parameters.saturation));
  if (Result<void> r = buffers_.write(params_buffer, std::as_bytes(std::span(&parameters, 1))); !r)
    return r;
  events_.params_computed(frame, params_buffer);
  return {};
}

}  // namespace gstcam::vimc
