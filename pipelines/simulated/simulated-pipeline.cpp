/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/simulated-pipeline.h"

#include <algorithm>
#include <utility>

namespace gstcam::simulated {

namespace {

/* A frame in the ISP, one in the sensor, one to start, and one that the application looks at. */
constexpr uint32_t kBuffers = 4;
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
      options_(std::move(options)) {}

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
  GMainContext* context = g_main_context_get_thread_default();
  scheduler_ = std::make_unique<soft::FrameScheduler>(
      context, static_cast<soft::FrameScheduler::Owner&>(*this), options_.deadline_us);
  (void)streams();  // now: nobody may look at the sensor while its thread loads the scene
  {
    std::lock_guard lock(sensor_mutex_);
    if (Result<void> r = open_sensor(); !r)
      return r;
  }
  Result<SensorInfo> info = sensor_->info(preferred_size(sensor_->limits()), 0);
  if (!info)
    return info.error();
  Result<std::unique_ptr<SensorThread>> sensor =
      SensorThread::create(description_, *sensor_, context, *scheduler_);
  if (!sensor)
    return sensor.error();
  sensor_thread_ = std::move(sensor).value();
  sensor_thread_->prepare(*info);

  if (Result<void> r = start_ipa(options, std::move(tuning).value(), *info, context); !r)
    return r;
  Result<std::unique_ptr<soft::IspThread>> isp = soft::IspThread::create(
      context, [this](const Result<void>& outcome) { scheduler_->developed(outcome); });
  if (!isp)
    return isp.error();
  isp_thread_ = std::move(isp).value();
  return {};
}

Result<void> SimulatedPipeline::start_ipa(const CameraOptions& options, TuningFile tuning,
                                          const SensorInfo& info, GMainContext* context) {
  soft::IpaJournal journal;
  journal.tuning = std::make_shared<const TuningFile>(std::move(tuning));
  journal.sensor = info;
  auto crew = std::make_unique<soft::IpaCrew>(soft::IpaCrew::Options{.camera = id(),
                                                                     .connect = options_.connect,
                                                                     .camera_options = options,
                                                                     .context = context},
                                              *scheduler_, *listener_);
  if (Result<void> r = crew->open(std::move(journal)); !r)
    return r;
  const std::lock_guard lock(crew_mutex_);
  crew_ = std::move(crew);
  return {};
}

void SimulatedPipeline::close() {
  // The IPA is the first to go: nothing of it may reach what is taken apart after it.
  std::unique_ptr<soft::IpaCrew> crew;
  {
    const std::lock_guard crew_lock(crew_mutex_);
    crew = std::move(crew_);
  }
  crew.reset();
  isp_thread_.reset();
  sensor_thread_.reset();
  scheduler_.reset();
  configured_.reset();
  // Pictures and planes are much memory for a camera that nobody uses.
  std::lock_guard lock(sensor_mutex_);
  sensor_.reset();
}

Result<void> SimulatedPipeline::configure(std::vector<StreamConfiguration>& streams) {
  configured_.reset();
  Result<void> configured = configure_parts(streams[0]);
  if (!configured)
    return configured.error().within("camera '" + id() + "'");
  configured_ = streams[0];
  return {};
}

Result<void> SimulatedPipeline::configure_parts(StreamConfiguration& stream) {
  // It may still load another mode: that of a configure() that failed.
  (void)sensor_thread_->prepared().ok();
  Result<SensorInfo> mode =
      sensor_->info(stream.size, static_cast<uint64_t>(stream.frame_duration));
  if (!mode)
    return mode.error();
  Result<FrameLayout> layout = frame_layout(stream.format, stream.size);
  if (!layout)
    return layout.error();
  stream.layout = *layout;
  stream.buffer_count = kBuffers;
  mode_ = std::move(mode).value();

  // The scene is loaded in the sensor's thread while the IPA is configured.
  sensor_thread_->prepare(mode_);
  SoftwareIspConfiguration isp;
  isp.size = stream.size;
  isp.bits = mode_.bits_per_sample;
  isp.cfa = mode_.cfa_order;
  isp.format = stream.format;
  isp.colorimetry = stream.colorimetry;
  isp.layout = stream.layout;
  if (Result<void> r = isp_thread_->configure(isp); !r)
    return r;
  if (Result<void> r = configure_ipa(stream); !r)
    return r;
  return sensor_thread_->prepared();
}

Result<void> SimulatedPipeline::configure_ipa(const StreamConfiguration& stream) {
  std::vector<gstcam::ipa::StreamConfiguration> streams(1);
  streams[0].id = stream.id;
  streams[0].pixel_format = static_cast<uint32_t>(stream.format);
  streams[0].width = stream.size.width;
  streams[0].height = stream.size.height;
  return crew_->configure({mode_, std::move(streams)});
}

const ControlRanges& SimulatedPipeline::controls() const {
  return crew_->ranges();
}

Result<std::unique_ptr<FrameBuffer>> SimulatedPipeline::allocate_buffer(uint32_t stream) {
  if (!configured_ || stream != configured_->id)
    return Error(Error::Code::Invalid, "stream " + std::to_string(stream) + " is not configured");
  Result<SharedMemory> memory = SharedMemory::create("camera-frame", configured_->layout.size);
  if (!memory)
    return memory.error();
  return std::make_unique<FrameBuffer>(stream, configured_->layout, std::move(memory).value());
}

Result<void> SimulatedPipeline::start(const ControlList& controls) {
  Result<ControlList> initial = crew_->start(mode_, controls);
  if (!initial)
    return initial.error().within("camera '" + id() + "'");
  soft::FrameScheduler::Run run;
  run.at_work = crew_->at_work();
  run.source = sensor_thread_.get();
  run.isp = isp_thread_.get();
  run.mode = mode_;
  run.live = description_.pace == CameraDescription::Pace::Live;
  run.controls = controls;
  scheduler_->start(run);
  if (Result<void> r = sensor_thread_->start(*initial); !r) {
    scheduler_->stop();
    crew_->stop();
    return r.error().within("camera '" + id() + "'");
  }
  return {};
}

void SimulatedPipeline::stop() {
  sensor_thread_->stop();
  isp_thread_->stop();
  scheduler_->abandon();
  crew_->stop();
  scheduler_->stop();
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
  const std::lock_guard lock(crew_mutex_);
  return crew_ ? crew_->status() : IpaStatus();
}

void SimulatedPipeline::frame_completed(Request& request) {
  listener_->request_completed(request);
}

void SimulatedPipeline::camera_failed(const Error& error) {
  listener_->failed(error.within("camera '" + id() + "'"));
}

}  // namespace gstcam::simulated
