/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/soft-isp.h"

#include <utility>

namespace gstcam::soft {

namespace {

/* A frame in the ISP, one in the sensor, one to start, and one that the application looks at. */
constexpr uint32_t kBuffers = 4;

}  // namespace

SoftIsp::SoftIsp(std::string camera, Options options)
    : camera_(std::move(camera)), options_(std::move(options)) {}

SoftIsp::~SoftIsp() {
  close();
}

void SoftIsp::begin(PipelineListener& listener) {
  listener_ = &listener;
  scheduler_ = std::make_unique<FrameScheduler>(g_main_context_get_thread_default(),
                                                static_cast<FrameScheduler::Owner&>(*this),
                                                options_.deadline_us);
}

Result<void> SoftIsp::open(const CameraOptions& options, TuningFile tuning,
                           const SensorInfo& sensor) {
  GMainContext* context = g_main_context_get_thread_default();
  IpaJournal journal;
  journal.tuning = std::make_shared<const TuningFile>(std::move(tuning));
  journal.sensor = sensor;
  auto crew = std::make_unique<IpaCrew>(
      IpaCrew::Options{.camera = camera_,
                       .camera_options = options,
                       .context = context,
                       .make = IpaReplica::maker(options_.connect, context)},
      *scheduler_, *listener_);
  if (Result<void> r = crew->open(std::move(journal)); !r)
    return r;
  {
    const std::lock_guard lock(crew_mutex_);
    crew_ = std::move(crew);
  }
  Result<std::unique_ptr<IspThread>> isp = IspThread::create(
      context, [this](const Result<void>& outcome) { scheduler_->developed(outcome); });
  if (!isp)
    return isp.error();
  isp_thread_ = std::move(isp).value();
  return {};
}

void SoftIsp::close() {
  // The IPA is the first to go: nothing of it may reach what is taken apart after it.
  std::unique_ptr<IpaCrew> crew;
  {
    const std::lock_guard lock(crew_mutex_);
    crew = std::move(crew_);
  }
  crew.reset();
  isp_thread_.reset();
  scheduler_.reset();
  configured_.reset();
}

Result<void> SoftIsp::configure(StreamConfiguration& stream, const SensorInfo& mode) {
  configured_.reset();
  Result<FrameLayout> layout = frame_layout(stream.format, stream.size);
  if (!layout)
    return layout.error();
  stream.layout = *layout;
  stream.buffer_count = kBuffers;
  SoftwareIspConfiguration isp;
  isp.size = stream.size;
  isp.bits = mode.bits_per_sample;
  isp.cfa = mode.cfa_order;
  isp.format = stream.format;
  isp.colorimetry = stream.colorimetry;
  isp.layout = stream.layout;
  if (Result<void> r = isp_thread_->configure(isp); !r)
    return r;
  std::vector<gstcam::ipa::StreamConfiguration> streams(1);
  streams[0].id = stream.id;
  streams[0].pixel_format = static_cast<uint32_t>(stream.format);
  streams[0].width = stream.size.width;
  streams[0].height = stream.size.height;
  if (Result<void> r = crew_->configure({mode, std::move(streams)}); !r)
    return r;
  mode_ = mode;
  configured_ = stream;
  return {};
}

Result<std::unique_ptr<FrameBuffer>> SoftIsp::allocate_buffer(uint32_t stream) const {
  if (!configured_ || stream != configured_->id)
    return Error(Error::Code::Invalid, "stream " + std::to_string(stream) + " is not configured");
  Result<SharedMemory> memory = SharedMemory::create("camera-frame", configured_->layout.size);
  if (!memory)
    return memory.error();
  return std::make_unique<FrameBuffer>(stream, configured_->layout, std::move(memory).value());
}

Result<ControlList> SoftIsp::start(RawSource& source, bool live, const ControlList& controls) {
  Result<ControlList> initial = crew_->start(mode_, controls);
  if (!initial)
    return initial;
  FrameScheduler::Run run;
  run.at_work = crew_->at_work();
  run.source = &source;
  run.isp = isp_thread_.get();
  run.mode = mode_;
  run.live = live;
  run.controls = controls;
  scheduler_->start(run);
  return initial;
}

void SoftIsp::stop() {
  isp_thread_->stop();
  scheduler_->abandon();
  crew_->stop();
  scheduler_->stop();
}

IpaStatus SoftIsp::ipa_status() const {
  const std::lock_guard lock(crew_mutex_);
  return crew_ ? crew_->status() : IpaStatus();
}

void SoftIsp::frame_completed(Request& request) {
  listener_->request_completed(request);
}

void SoftIsp::camera_failed(const Error& error) {
  listener_->failed(error.within("camera '" + camera_ + "'"));
}

}  // namespace gstcam::soft
