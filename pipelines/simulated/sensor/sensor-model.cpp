/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/sensor/sensor-model.h"

#include <algorithm>
#include <cmath>

#include "pipelines/simulated/sensor/expose-row.h"
#include "pipelines/simulated/sensor/noise-table.h"
#include "pipelines/simulated/sensor/sensor-register.h"

namespace gstcam::simulated {

namespace {

/* Timing. Lines of 1080p are those of HDTV at 60 frames a second: 1125 of 14.8 us. */
constexpr uint64_t kPixelRate = 594000000;
constexpr uint64_t kHorizontalBlank = 560;  // pixels
constexpr uint64_t kVerticalBlank = 45;     // lines
constexpr uint64_t kLineMax = 14815;        // ns
constexpr uint64_t kExposureMargin = 4;     // lines of a frame that cannot be exposed
constexpr uint64_t kFrameDurationMax = 1000000000;
constexpr double kSecond = 1e9;

constexpr uint32_t kGainSteps = 1024;

double gain_of_code(uint32_t code) {
  return static_cast<double>(kGainSteps) / static_cast<double>(kGainSteps - code);
}

uint32_t code_of_gain(double gain, double max) {
  const double wanted = std::clamp(gain, 1.0, max);
  const double code = std::round(kGainSteps - kGainSteps / wanted);
  // Rounded up the code might be a gain over the maximum.
  const double limit = std::floor(kGainSteps - kGainSteps / max + 1e-9);
  return static_cast<uint32_t>(std::min(code, limit));
}

bool even_within(Size size, const SizeLimits& limits) {
  return size.width % 2 == 0 && size.height % 2 == 0 && size.width >= limits.min.width &&
         size.height >= limits.min.height && size.width <= limits.max.width &&
         size.height <= limits.max.height;
}

std::string text(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

}  // namespace

ControlList SensorModel::Effective::controls() const {
  ControlList list;
  list.set(ControlId::ExposureTime, static_cast<int32_t>((exposure_time + 500) / 1000));
  list.set(ControlId::AnalogueGain, gain);
  return list;
}

class SensorModel::Private {
 public:
  Private(const CameraDescription& description, std::unique_ptr<Scene> scene)
      : sensor_(description.sensor),
        script_(description.light),
        seed_(description.seed),
        scene_(std::move(scene)),
        cfa_(scene_->cfa().value_or(sensor_.cfa)) {}

  [[nodiscard]] const Scene& scene() const { return *scene_; }
  [[nodiscard]] Result<SensorInfo> info(Size size, uint64_t frame_duration) const;
  Result<void> configure(Size size);
  Result<void> start(const ControlList& initial);
  void set_controls(uint32_t sequence, const ControlList& controls);
  Result<void> expose(uint32_t sequence, int64_t time_ns, uint16_t* out, size_t stride);
  [[nodiscard]] Effective effective(uint32_t sequence) const {
    return {lines_.effective(sequence) * info_.line_duration,
            gain_of_code(gain_code_.effective(sequence))};
  }
  void light(uint32_t sequence, int64_t time_ns, Light& light) const {
    script_.evaluate(sequence, time_ns, light);
  }

 private:
  [[nodiscard]] uint32_t lines(int32_t exposure_us) const;

  SensorDescription sensor_;
  LightScript script_;
  uint64_t seed_;
  std::unique_ptr<Scene> scene_;
  CfaOrder cfa_;
  SensorInfo info_;  // of the configured size; width 0 before
  SensorRegister lines_;
  SensorRegister gain_code_;
  Light light_;
};

Result<SensorInfo> SensorModel::Private::info(Size size, uint64_t frame_duration) const {
  const SizeLimits limits = scene_->limits();
  if (!even_within(size, limits)) {
    return Error(Error::Code::Invalid,
                 "the simulated sensor cannot put out " + text(size) + " pixels",
                 "sizes are even numbers from " + text(limits.min) + " to " + text(limits.max));
  }
  SensorInfo info;
  info.model = sensor_.model;
  info.width = size.width;
  info.height = size.height;
  info.cfa_order = cfa_;
  info.bits_per_sample = sensor_.bits;
  info.black_level = sensor_.black_level << (16 - sensor_.bits);
  const uint64_t lines = size.height + kVerticalBlank;
  const uint64_t wanted = static_cast<uint64_t>(kSecond / sensor_.max_framerate);
  const uint64_t fastest = (size.width + kHorizontalBlank) * 1000000000 / kPixelRate;
  info.line_duration = std::max(fastest, std::min(kLineMax, wanted / lines));
  info.frame_duration_min = std::max(wanted, info.line_duration * lines);
  info.frame_duration_max = std::max(kFrameDurationMax, info.frame_duration_min);
  if (frame_duration != 0) {
    if (frame_duration < info.frame_duration_min || frame_duration > info.frame_duration_max) {
      return Error(Error::Code::Invalid,
                   "the simulated sensor cannot take a frame of " + text(size) + " in " +
                       std::to_string(frame_duration) + " ns",
                   "frame durations are " + std::to_string(info.frame_duration_min) + " to " +
                       std::to_string(info.frame_duration_max) + " ns in this size");
    }
    info.frame_duration_min = frame_duration;
    info.frame_duration_max = frame_duration;
  }
  info.exposure_time_min = info.line_duration;
  info.exposure_time_max =
      (info.frame_duration_max / info.line_duration - kExposureMargin) * info.line_duration;
  info.analogue_gain_min = 1;
  info.analogue_gain_max = gain_of_code(code_of_gain(sensor_.max_gain, sensor_.max_gain));
  info.exposure_delay = sensor_.exposure_delay;
  info.gain_delay = sensor_.gain_delay;
  return info;
}

Result<void> SensorModel::Private::configure(Size size) {
  Result<SensorInfo> mode = info(size, 0);
  if (!mode)
    return mode.error();
  info_.width = 0;
  if (Result<void> r = scene_->configure(size, cfa_); !r)
    return r;
  (void)NoiseTable::instance();  // now, not in the first frame
  info_ = std::move(mode).value();
  return start({});
}

uint32_t SensorModel::Private::lines(int32_t exposure_us) const {
  // To nearest: a time that was rounded to whole µs must find its line again.
  const double ns = std::max(0.0, 1000.0 * exposure_us);
  const double count = std::round(ns / static_cast<double>(info_.line_duration));
  const uint64_t max = info_.exposure_time_max / info_.line_duration;
  return static_cast<uint32_t>(std::clamp(count, 1.0, static_cast<double>(max)));
}

Result<void> SensorModel::Private::start(const ControlList& initial) {
  if (info_.width == 0)
    return Error(Error::Code::WrongState, "the simulated sensor was not configured");
  lines_.reset(sensor_.exposure_delay,
               lines(initial.get_or<int32_t>(ControlId::ExposureTime, 10000)));
  gain_code_.reset(
      sensor_.gain_delay,
      code_of_gain(initial.get_or<double>(ControlId::AnalogueGain, 1), sensor_.max_gain));
  return {};
}

void SensorModel::Private::set_controls(uint32_t sequence, const ControlList& controls) {
  if (info_.width == 0)
    return;
  if (controls.has(ControlId::ExposureTime)) {
    lines_.write(sequence, lines(controls.get_or<int32_t>(ControlId::ExposureTime, 0)));
  }
  if (controls.has(ControlId::AnalogueGain)) {
    const double gain = controls.get_or<double>(ControlId::AnalogueGain, 1);
    gain_code_.write(sequence, code_of_gain(std::isfinite(gain) ? gain : 1, sensor_.max_gain));
  }
}

Result<void> SensorModel::Private::expose(uint32_t sequence, int64_t time_ns, uint16_t* out,
                                          size_t stride) {
  if (info_.width == 0)
    return Error(Error::Code::WrongState, "the simulated sensor was not configured");
  script_.evaluate(sequence, time_ns, light_);
  Result<const Plane*> rendered = scene_->render(light_.spectrum, time_ns);
  if (!rendered)
    return rendered.error();
  const Plane& plane = **rendered;

  const Effective e = effective(sequence);
  const double lux_seconds = light_.lux * static_cast<double>(e.exposure_time) / kSecond;
  const uint32_t max = (1U << sensor_.bits) - 1;
  ExposeParameters p;
  p.electrons_per_value =
      static_cast<float>(plane.scale * lux_seconds / kSaturationExposure * sensor_.full_well);
  p.read_variance = static_cast<float>(sensor_.read_noise * sensor_.read_noise);
  p.noise = sensor_.noise ? 1 : 0;
  p.codes_per_electron =
      static_cast<float>(e.gain * (max - sensor_.black_level) / sensor_.full_well);
  p.black = static_cast<float>(sensor_.black_level);
  p.max = static_cast<float>(max);

  const NoiseTable& noise = NoiseTable::instance();
  for (uint32_t y = 0; y < info_.height; y++) {
    const uint16_t* from = plane.values.data() + static_cast<size_t>(y) * info_.width;
    uint16_t* to = reinterpret_cast<uint16_t*>(reinterpret_cast<uint8_t*>(out) + y * stride);
    for (uint32_t x = 0; x < info_.width; x += NoiseTable::kPiece) {
      const uint32_t width = std::min(info_.width - x, NoiseTable::kPiece);
      expose_row(from + x, noise.piece(seed_, sequence, y, x), width, p, to + x);
    }
  }
  return {};
}

SensorModel::SensorModel(std::unique_ptr<Private> d) : d_(std::move(d)) {}
SensorModel::~SensorModel() = default;

Result<std::unique_ptr<SensorModel>> SensorModel::create(const CameraDescription& description) {
  Result<std::unique_ptr<Scene>> scene =
      create_scene(description.scene, LensShading{description.sensor.lens_shading});
  if (!scene)
    return scene.error();
  return std::unique_ptr<SensorModel>(
      new SensorModel(std::make_unique<Private>(description, std::move(scene).value())));
}

SizeLimits SensorModel::limits() const {
  return d_->scene().limits();
}

Result<SensorInfo> SensorModel::info(Size size, uint64_t frame_duration) const {
  return d_->info(size, frame_duration);
}

Result<void> SensorModel::configure(Size size) {
  return d_->configure(size);
}

Result<void> SensorModel::start(const ControlList& initial) {
  return d_->start(initial);
}

void SensorModel::set_controls(uint32_t sequence, const ControlList& controls) {
  d_->set_controls(sequence, controls);
}

Result<void> SensorModel::expose(uint32_t sequence, int64_t time_ns, uint16_t* out, size_t stride) {
  return d_->expose(sequence, time_ns, out, stride);
}

SensorModel::Effective SensorModel::effective(uint32_t sequence) const {
  return d_->effective(sequence);
}

Light SensorModel::light(uint32_t sequence, int64_t time_ns) const {
  Light light;
  d_->light(sequence, time_ns, light);
  return light;
}

}  // namespace gstcam::simulated
