/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/simulated/simulated.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "ipa/algorithms/statistics.h"
#include "ipa/simulated/control-ranges.h"

namespace gstcam::simulated {

namespace {

using algorithms::Exposure;
using algorithms::ExposureLimits;

/* Sensor controls that come of frame n are written at the start of frame n + 2, see
 * docs/architecture.md. */
constexpr uint32_t kControlLatency = 2;
constexpr uint32_t kSensorDelayMax = 16;
/* Frames from state to state: what another IPA goes on from is at most so old. */
constexpr uint32_t kSaveEvery = 4;
/* ns: stands for the exposure of a sensor that has none to set. */
constexpr uint64_t kFixedExposure = 10000000;

Error wrong_state(const std::string& message, std::string hint = {}) {
  return Error(Error::Code::WrongState, message, std::move(hint));
}

int32_t to_int(double value, int32_t min, int32_t max) {
  return static_cast<int32_t>(
      std::lround(std::clamp(value, static_cast<double>(min), static_cast<double>(max))));
}

Result<Exposure> exposure_of(const ControlList& sensor_controls) {
  for (const ControlId id : {ControlId::ExposureTime, ControlId::AnalogueGain}) {
    const ControlValue* value = sensor_controls.find(id);
    if (!value)
      return Error(Error::Code::Invalid, "the sensor's " + std::string(control_info(id).name) +
                                             " of the frame is missing");
    if (Result<void> r = check_control(id, *value); !r)
      return r.error();
  }
  Exposure exposure;
  exposure.exposure_time = sensor_controls.get_or(ControlId::ExposureTime, int32_t{1});
  exposure.analogue_gain = sensor_controls.get_or(ControlId::AnalogueGain, 1.0);
  return exposure;
}

}  // namespace

SimulatedIpa::Algorithms::Algorithms(const Tuning& tuning)
    : black_level(tuning.black_level),
      lens_shading(tuning.lens_shading),
      ae(tuning.ae),
      awb(tuning.awb),
      ccm(tuning.ccm),
      tone(tuning.tone) {}

SimulatedIpa::SimulatedIpa(IpaEvents& events) : events_(events) {}

SimulatedIpa::~SimulatedIpa() = default;

Result<ControlRanges> SimulatedIpa::init(const ipa::Settings& settings,
                                         const ipa::SensorInfo& sensor) {
  if (algorithms_)
    return wrong_state("init() was called before");
  Result<Tuning> tuning = Tuning::load(settings.tuning.get(), settings.tuning_name, sensor.model);
  if (!tuning)
    return std::move(tuning).error();
  algorithms_.emplace(*tuning);
  tuning_name_ = settings.tuning_name;
  if (Result<void> r = set_sensor(sensor); !r) {
    algorithms_.reset();
    return r.error();
  }
  return ranges_;
}

Result<void> SimulatedIpa::set_sensor(const ipa::SensorInfo& sensor) {
  if (sensor.exposure_delay > kSensorDelayMax || sensor.gain_delay > kSensorDelayMax)
    return Error(Error::Code::Invalid, "the sensor's controls act after more than " +
                                           std::to_string(kSensorDelayMax) + " frames");
  if (sensor.frame_duration_min == 0 || sensor.frame_duration_min > sensor.frame_duration_max)
    return Error(Error::Code::Invalid, "the sensor's frame durations contradict each other");
  // What the sensor needs of a frame beside the exposure.
  const uint64_t overhead = sensor.frame_duration_max > sensor.exposure_time_max
                                ? sensor.frame_duration_max - sensor.exposure_time_max
                                : 0;
  const uint64_t in_frame = sensor.frame_duration_min > overhead + sensor.exposure_time_min
                                ? sensor.frame_duration_min - overhead
                                : sensor.exposure_time_min;
  const bool fixed = sensor.exposure_time_max == 0;
  ExposureLimits limits;
  if (fixed) {
    // Any number does, as long as it is always the same: only the ISP's gain is there to change.
    limits.line_duration = limits.exposure_min = limits.exposure_max = kFixedExposure;
  } else {
    limits.line_duration = sensor.line_duration;
    limits.exposure_min = sensor.exposure_time_min;
    limits.exposure_max = std::min(sensor.exposure_time_max, in_frame);
    limits.exposure_max_manual = sensor.exposure_time_max;
    limits.gain_min = sensor.analogue_gain_min;
    limits.gain_max = sensor.analogue_gain_max;
  }
  if (Result<void> r = algorithms_->ae.configure(limits); !r)
    return r;
  if (Result<void> r = algorithms_->black_level.configure(sensor.black_level); !r)
    return r;
  algorithms_->lens_shading.configure(sensor.width, sensor.height);
  sensor_ = sensor;
  ranges_ = control_ranges(algorithms_->ae.split(), algorithms_->awb.locus());
  if (fixed) {
    for (const ControlId id :
         {ControlId::ExposureTime, ControlId::AnalogueGain, ControlId::AeFlickerPeriod})
      ranges_.erase(id);
  }
  controls_.set_ranges(ranges_);
  return {};
}

Result<ControlRanges> SimulatedIpa::configure(
    const ipa::SensorInfo& sensor, const std::vector<ipa::StreamConfiguration>& streams) {
  if (!algorithms_)
    return wrong_state("configure() before init()");
  if (running_)
    return wrong_state("configure() between start() and stop()");
  if (streams.empty())
    return Error(Error::Code::Invalid, "configure() without a stream");
  for (const ipa::StreamConfiguration& stream : streams) {
    if (stream.width == 0 || stream.height == 0)
      return Error(Error::Code::Invalid,
                   "stream " + std::to_string(stream.id) + " has an empty picture");
  }
  if (sensor.model != sensor_.model)
    return Error(Error::Code::Invalid, "configure() for the sensor '" + sensor.model +
                                           "', init() was for '" + sensor_.model + "'");
  configured_ = false;
  if (Result<void> r = set_sensor(sensor); !r)
    return r.error();
  configured_ = true;
  return ranges_;
}

Result<void> SimulatedIpa::map_buffers(const std::vector<ipa::Buffer>& buffers) {
  return buffers_.map(buffers);
}

Result<void> SimulatedIpa::unmap_buffers(const std::vector<uint32_t>& ids) {
  return buffers_.unmap(ids);
}

Result<void> SimulatedIpa::restore_state(const std::vector<uint8_t>& state) {
  if (!configured_ || running_)
    return wrong_state("restore_state() is for between configure() and start()");
  Result<SavedState> restored = SavedState::read(state);
  if (!restored)
    return restored.error();
  restored_ = *restored;
  return {};
}

void SimulatedIpa::save_state() {
  SavedState state;
  state.exposure_total = algorithms_->ae.total();
  state.digital_gain = algorithms_->ae.status().wanted.digital_gain;
  if (const auto white = algorithms_->awb.white()) {
    state.has_white = 1;
    state.mired = white->mired;
    state.off_locus = white->off;
  }
  state.write(state_bytes_);
  events_.state_saved(state_bytes_);
}

Result<ControlList> SimulatedIpa::start(const ControlList& controls) {
  if (!configured_)
    return wrong_state("start() before configure()");
  if (running_)
    return wrong_state("start() while running", "stop() first");
  SavedState().write(state_bytes_);  // its memory, so that no frame has to allocate it
  if (Result<void> r = controls_.start(controls); !r)
    return r.error();
  algorithms_->ae.start(controls_.ae());
  algorithms_->awb.start(controls_.awb());
  digital_gains_.clear();
  developed_.clear();
  if (const std::optional<SavedState> state = std::exchange(restored_, std::nullopt)) {
    algorithms_->ae.resume(state->exposure_total, controls_.ae());
    if (state->has_white != 0)
      algorithms_->awb.resume({state->mired, state->off_locus}, controls_.awb());
    digital_gains_.put(0, state->digital_gain);
  }
  running_ = true;
  return sensor_controls();
}

Result<void> SimulatedIpa::stop() {
  running_ = false;
  return {};
}

Result<void> SimulatedIpa::expect_running(const char* call) const {
  if (running_)
    return {};
  return wrong_state(std::string(call) + " outside start() and stop()");
}

Result<void> SimulatedIpa::queue_request(uint32_t frame, const ControlList& controls) {
  if (Result<void> r = expect_running("queue_request()"); !r)
    return r;
  return controls_.queue(frame, controls);
}

double SimulatedIpa::white_balance_scale() const {
  // No channel may be made darker than the sensor gave it: a burnt highlight would take on a
  // colour.
  const std::array<double, 2>& gains = algorithms_->awb.status().gains;
  return 1 / std::min({gains[0], gains[1], 1.0});
}

Result<void> SimulatedIpa::compute_params(uint32_t frame, uint32_t params_buffer) {
  if (Result<void> r = expect_running("compute_params()"); !r)
    return r;
  Algorithms& a = *algorithms_;
  const ControlList& controls = controls_.advance(frame);
  // A manual white balance counts at once, auto goes on from the last frame's statistics.
  const algorithms::AwbRequest awb = controls_.awb();
  if (awb.mode == kAwbModeGains || awb.mode == kAwbModeTemperature)
    a.awb.set_manual(awb);

  const double* decided = digital_gains_.latest(frame);
  const double digital_gain = std::max(decided ? *decided : 1.0, white_balance_scale());
  const algorithms::AwbStatus& white = a.awb.status();

  parameters_.version = GST_CAMERA_ISP_PARAMETERS_VERSION;
  parameters_.size = sizeof parameters_;
  parameters_.frame = frame;
  a.black_level.prepare(parameters_);
  a.lens_shading.prepare(parameters_);
  const std::array<double, 4> gains{white.gains[0], 1, 1, white.gains[1]};
  for (size_t i = 0; i < gains.size(); i++)
    parameters_.gains[i] = static_cast<float>(std::min(gains[i] * digital_gain, 256.0));
  a.ccm.prepare(white.temperature, controls_.saturation(), parameters_);
  a.tone.prepare(controls_.contrast(), controls_.brightness(), parameters_);

  if (Result<void> r = buffers_.write(params_buffer, std::as_bytes(std::span(&parameters_, 1))); !r)
    return r;
  developed_.put(frame,
                 {digital_gain, white.gains, white.temperature, a.ccm.status().matrix, controls});
  events_.params_computed(frame, params_buffer);
  return {};
}

Result<void> SimulatedIpa::process_stats(uint32_t frame, uint32_t stats_buffer,
                                         const ControlList& sensor_controls_of_frame) {
  if (Result<void> r = expect_running("process_stats()"); !r)
    return r;
  const Developed* developed = developed_.find(frame);
  if (!developed)
    return wrong_state("process_stats() of frame " + std::to_string(frame) +
                       ", which had no compute_params()");
  Result<Exposure> taken = Exposure{static_cast<int32_t>(kFixedExposure / 1000), 1, 1};
  if (!fixed_exposure())
    taken = exposure_of(sensor_controls_of_frame);
  if (!taken)
    return taken.error();
  taken->digital_gain = developed->digital_gain;
  if (Result<void> r =
          buffers_.read(stats_buffer, std::as_writable_bytes(std::span(&statistics_, 1)));
      !r)
    return r;
  if (Result<void> r = algorithms::check_isp_statistics(statistics_); !r)
    return r;
  if (statistics_.frame != frame)
    return Error(Error::Code::Protocol, "the statistics for frame " + std::to_string(frame) +
                                            " are of frame " + std::to_string(statistics_.frame));

  Algorithms& a = *algorithms_;
  a.awb.process(statistics_, controls_.awb());
  a.ae.process({statistics_, *taken, white_balance_scale()}, controls_.ae());
  const uint32_t acts =
      frame + kControlLatency + std::max(sensor_.exposure_delay, sensor_.gain_delay);
  digital_gains_.put(acts, a.ae.status().wanted.digital_gain);

  events_.set_sensor_controls(frame, sensor_controls());
  if (frame % kSaveEvery == 0)
    save_state();
  events_.metadata_ready(frame, metadata(*developed, *taken, sensor_controls_of_frame));
  return {};
}

ControlList SimulatedIpa::sensor_controls() const {
  if (fixed_exposure())
    return {};
  const Exposure& wanted = algorithms_->ae.status().wanted;
  // A manual exposure longer than a frame makes the frame longer.
  const uint64_t exposure = static_cast<uint64_t>(wanted.exposure_time) * 1000;
  const uint64_t duration =
      std::clamp(exposure, sensor_.frame_duration_min, sensor_.frame_duration_max);
  ControlList list;
  list.set(ControlId::ExposureTime, wanted.exposure_time);
  list.set(ControlId::AnalogueGain, wanted.analogue_gain);
  list.set(ControlId::FrameDuration, static_cast<int64_t>(duration));
  return list;
}

ControlList SimulatedIpa::metadata(const Developed& developed, const Exposure& taken,
                                   const ControlList& sensor_controls) const {
  const algorithms::AeStatus& ae = algorithms_->ae.status();
  ControlList list;
  // The settings that were in force, then what came of them.
  for (const ControlId id :
       {ControlId::AeMode, ControlId::AeFlickerPeriod, ControlId::ExposureCompensation,
        ControlId::AwbMode, ControlId::Brightness, ControlId::Contrast, ControlId::Saturation}) {
    if (const ControlValue* value = developed.controls.find(id))
      list.set(id, *value);
  }
  if (!fixed_exposure()) {
    list.set(ControlId::ExposureTime, taken.exposure_time);
    list.set(ControlId::AnalogueGain, taken.analogue_gain);
    list.set(ControlId::Lux, ae.lux);
  }
  list.set(ControlId::DigitalGain, std::clamp(developed.digital_gain, 1.0, 256.0));
  const ControlValue* duration = sensor_controls.find(ControlId::FrameDuration);
  if (duration && check_control(ControlId::FrameDuration, *duration))
    list.set(ControlId::FrameDuration, *duration);
  // Gain of the ISP may well reach the target; of exposure it is not, and people should know.
  const bool automatic = ae.state == kAlgorithmSearching || ae.state == kAlgorithmConverged;
  list.set(ControlId::AeState,
           static_cast<int32_t>(fixed_exposure() && automatic ? kAlgorithmLimited : ae.state));
  list.set(ControlId::AeLevel, ae.level);
  list.set(ControlId::AeTarget, ae.target);
  list.set(ControlId::ColourGains, DoubleArray{std::clamp(developed.colour_gains[0], 0.1, 16.0),
                                               std::clamp(developed.colour_gains[1], 0.1, 16.0)});
  list.set(ControlId::ColourTemperature, to_int(developed.temperature, 1000, 20000));
  list.set(ControlId::AwbState, static_cast<int32_t>(algorithms_->awb.status().state));
  DoubleArray matrix;
  matrix.count = static_cast<uint8_t>(developed.matrix.size());
  std::ranges::copy(developed.matrix, matrix.values.begin());
  list.set(ControlId::ColourCorrectionMatrix, matrix);
  list.set(ControlId::BlackLevel, algorithms_->black_level.status().mean);
  return list;
}

}  // namespace gstcam::simulated
