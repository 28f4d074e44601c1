/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/simulated-pipeline.h"

#include <algorithm>
#include <utility>

namespace gstcam::simulated {

namespace {

constexpr int64_t kPreferredFrameDuration = 33333333;
/* Where a scene cannot be opened the camera is there all the same: open() says what is wrong. */
constexpr SizeLimits kUnknownLimits = {{1920, 1080}, {64, 64}, {4096, 4096}};

CameraProperties properties_of(const CameraDescription& description) {
  CameraProperties properties;
  properties.driver = "simulated";
  properties.product = description.model;
  properties.stand_in = description.stand_in;
  return properties;
}

}  // namespace

SimulatedPipeline::SimulatedPipeline(CameraDescription description, Options options)
    : description_(std::move(description)),
      properties_(properties_of(description_)),
      soft_isp_(description_.id, std::move(options)) {}

SimulatedPipeline::~SimulatedPipeline() {
  close();
}

Size SimulatedPipeline::preferred_size(const SizeLimits& limits) const {
  const Size wanted = description_.size.width != 0 ? description_.size : limits.native;
  return {std::clamp(wanted.width & ~1U, limits.min.width, limits.max.width),
          std::clamp(wanted.height & ~1U, limits.min.height, limits.max.height)};
}

Result<void> SimulatedPipeline::open_sensor() const {
  if (sensor_)
    return {};
  Result<std::unique_ptr<SensorModel>> sensor = SensorModel::create(description_);
  if (!sensor)
    return sensor.error();
  sensor_ = std::move(sensor).value();
  return {};
}

const std::vector<StreamCapabilities>& SimulatedPipeline::streams() const {
  std::lock_guard lock(sensor_mutex_);
  if (!streams_.empty())
    return streams_;
  const bool opened = open_sensor().ok();
  const SizeLimits limits = opened ? sensor_->limits() : kUnknownLimits;
  StreamCapabilities c;
  c.preferred = preferred_size(limits);
  StreamMode mode;
  mode.formats.assign(software_isp_formats().begin(), software_isp_formats().end());
  mode.min = limits.min;
  mode.max = limits.max;
  mode.frame_duration_min = 1;
  mode.frame_duration_max = 1000000000;
  if (opened) {
    if (Result<SensorInfo> info = sensor_->info(c.preferred, 0); info) {
      mode.frame_duration_min = static_cast<int64_t>(info->frame_duration_min);
      mode.frame_duration_max = static_cast<int64_t>(info->frame_duration_max);
    }
  }
  c.frame_duration_preferred =
      std::clamp(kPreferredFrameDuration, mode.frame_duration_min, mode.frame_duration_max);
  c.modes.push_back(std::move(mode));
  streams_.push_back(std::move(c));
  return streams_;
}

Result<void> SimulatedPipeline::open(const CameraOptions& options, PipelineListener& listener) {
  listener_ = &listener;
  Result<void> opened = open_parts(options);
  if (!opened) {
    close();
    return opened.error().within("camera '" + id() + "'");
  }
  return {};
}

Result<void> SimulatedPipeline::open_parts(const CameraOptions& options) {
  const std::string& named = description_.tuning;
  Result<TuningFile> tuning = open_tuning_file(
      options.tuning_file, named.empty() ? description_.sensor.model + ".yaml" : named);
  if (!tuning)
    return tuning.error();

  // The sensor first: it loads its scene, in the size that is most likely asked for, while the
  // worker comes up.
  soft_isp_.begin(*listener_);
  (void)streams();  // now: nobody may look at the sensor while its thread loads the scene
  {
    std::lock_guard lock(sensor_mutex_);
    if (Result<void> r = open_sensor(); !r)
      return r;
  }
  Result<SensorInfo> info = sensor_->info(preferred_size(sensor_->limits()), 0);
  if (!info)
    return info.error();
  Result<std::unique_ptr<SensorThread>> sensor = SensorThread::create(
      description_, *sensor_, g_main_context_get_thread_default(), soft_isp_.events());
  if (!sensor)
    return sensor.error();
  sensor_thread_ = std::move(sensor).value();
  sensor_thread_->prepare(*info);
  return soft_isp_.open(options, std::move(tuning).value(), *info);
}

void SimulatedPipeline::close() {
  sensor_thread_.reset();
  soft_isp_.close();
  // Pictures and planes are much memory for a camera that nobody uses.
  std::lock_guard lock(sensor_mutex_);
  sensor_.reset();
}

Result<void> SimulatedPipeline::configure(std::vector<StreamConfiguration>& streams) {
  Result<void> configured = configure_parts(streams[0]);
  if (!configured)
    return configured.error().within("camera '" + id() + "'");
  return {};
}

Result<void> SimulatedPipeline::configure_parts(StreamConfiguration& stream) {
  // It may still load another mode: that of a configure() that failed.
  (void)sensor_thread_->prepared().ok();
  Result<SensorInfo> mode =
      sensor_->info(stream.size, static_cast<uint64_t>(stream.frame_duration));
  if (!mode)
    return mode.error();
  // The scene is loaded in the sensor's thread while the IPA is configured.
  sensor_thread_->prepare(*mode);
  if (Result<void> r = soft_isp_.configure(stream, *mode); !r)
    return r;
  return sensor_thread_->prepared();
}

const ControlRanges& SimulatedPipeline::controls() const {
  return soft_isp_.controls();
}

Result<std::unique_ptr<FrameBuffer>> SimulatedPipeline::allocate_buffer(uint32_t stream) {
  return soft_isp_.allocate_buffer(stream);
}

Result<void> SimulatedPipeline::start(const ControlList& controls) {
  const bool live = description_.pace == CameraDescription::Pace::Live;
  Result<ControlList> initial = soft_isp_.start(*sensor_thread_, live, controls);
  if (!initial)
    return initial.error().within("camera '" + id() + "'");
  if (Result<void> r = sensor_thread_->start(*initial); !r) {
    soft_isp_.stop();
    return r.error().within("camera '" + id() + "'");
  }
  return {};
}

void SimulatedPipeline::stop() {
  sensor_thread_->stop();
  soft_isp_.stop();
  while (Request* request = sensor_thread_->take_back()) {
    request->status = Request::Status::Cancelled;
    listener_->request_completed(*request);
  }
}

void SimulatedPipeline::queue_request(Request* request) {
  sensor_thread_->queue(request);
}

int SimulatedPipeline::ipa_pid() const {
  return ipa_status().pid;
}

IpaStatus SimulatedPipeline::ipa_status() const {
  return soft_isp_.ipa_status();
}

}  // namespace gstcam::simulated
