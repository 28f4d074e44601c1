/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/simple-pipeline.h"

#include <utility>

#include "pipelines/simple/raw-modes.h"

namespace gstcam::simple {

SimplePipeline::SimplePipeline(v4l2::Kernel& kernel, RawCameraDescription description,
                               std::shared_ptr<PathUsers> users, soft::SoftIsp::Options options)
    : kernel_(kernel),
      description_(std::move(description)),
      users_(std::move(users)),
      soft_isp_(description_.id, std::move(options)) {}

SimplePipeline::~SimplePipeline() {
  close();
}

Result<PathUsers::Use> SimplePipeline::use(const std::vector<std::string>& parts) const {
  return PathUsers::take(users_, description_.device, parts, id());
}

/* Under streams_mutex_; the sensor is ours. */
Result<void> SimplePipeline::learn_streams(SensorPath& path) const {
  if (!streams_.empty())
    return {};
  Result<StreamCapabilities> can = raw_capabilities(path);
  if (!can)
    return can.error();
  streams_.push_back(std::move(can).value());
  return {};
}

const std::vector<StreamCapabilities>& SimplePipeline::streams() const {
  const std::lock_guard lock(streams_mutex_);
  if (!streams_.empty())
    return streams_;
  /* What is wrong with it is for open() to say. */
  Result<std::unique_ptr<SensorPath>> path = SensorPath::open(kernel_, description_);
  if (!path)
    return streams_;
  if (Result<PathUsers::Use> ours = use({description_.sensor}); ours)
    (void)learn_streams(**path).ok();
  return streams_;
}

Result<void> SimplePipeline::open(const CameraOptions& options, PipelineListener& listener) {
  listener_ = &listener;
  if (Result<void> opened = open_parts(options); !opened) {
    close();
    return opened.error().within("camera '" + id() + "'");
  }
  return {};
}

Result<void> SimplePipeline::open_parts(const CameraOptions& options) {
  Result<TuningFile> tuning = open_tuning(options);
  if (!tuning)
    return tuning.error();
  Result<std::unique_ptr<SensorPath>> path = SensorPath::open(kernel_, description_);
  if (!path)
    return path.error();
  Result<PathUsers::Use> ours = use((*path)->parts());
  if (!ours)
    return ours.error();
  use_ = std::move(ours).value();
  path_ = std::move(path).value();
  Result<std::vector<RawMode>> modes = path_->modes();
  if (!modes)
    return modes.error();
  modes_ = std::move(modes).value();

  Size size;
  int64_t frame_duration = 0;
  {
    const std::lock_guard lock(streams_mutex_);
    if (Result<void> r = learn_streams(*path_); !r)
      return r;
    size = streams_.front().preferred;
    frame_duration = streams_.front().frame_duration_preferred;
  }
  const RawMode* mode = mode_of(modes_, size);
  if (!mode)
    return Error(Error::Code::Lost, "the sensor has other modes than before",
                 "look for cameras again");
  if (Result<v4l2::VideoFormat> set = path_->configure(*mode, size); !set)
    return set.error();
  Result<SensorInfo> info = sensor_info(*path_, *mode, size, frame_duration);
  if (!info)
    return info.error();
  soft_isp_.begin(*listener_);
  capture_ = std::make_unique<RawCapture>(*path_, soft_isp_.events());
  return soft_isp_.open(options, std::move(tuning).value(), *info);
}

/* The sensor's own where somebody made one, else the one for all. */
Result<TuningFile> SimplePipeline::open_tuning(const CameraOptions& options) const {
  constexpr const char* kForAll = "uncalibrated.yaml";
  if (!options.tuning_file.empty())
    return open_tuning_file(options.tuning_file, kForAll);
  // The name comes from a driver: it may be no path.
  if (description_.model.find('/') == std::string::npos) {
    Result<TuningFile> own = open_tuning_file("", description_.model + ".yaml");
    if (own || own.error().code != Error::Code::NotFound)
      return own;
  }
  return open_tuning_file("", kForAll);
}

void SimplePipeline::close() {
  capture_.reset();
  soft_isp_.close();
  modes_.clear();
  path_.reset();
  use_.end();
}

Result<void> SimplePipeline::configure(std::vector<StreamConfiguration>& streams) {
  capture_->free_buffers();
  Result<void> configured = configure_parts(streams.front());
  if (!configured) {
    capture_->free_buffers();
    return configured.error().within("camera '" + id() + "'");
  }
  return {};
}

Result<void> SimplePipeline::configure_parts(StreamConfiguration& stream) {
  const RawMode* mode = mode_of(modes_, stream.size);
  if (!mode)
    return Error(Error::Code::Invalid, "the sensor has no mode of that size");
  Result<v4l2::VideoFormat> format = path_->configure(*mode, stream.size);
  if (!format)
    return format.error();
  Result<SensorInfo> info = sensor_info(*path_, *mode, stream.size, stream.frame_duration);
  if (!info)
    return info.error();
  if (Result<void> r = capture_->configure(*mode, *format, stream.frame_duration); !r)
    return r;
  return soft_isp_.configure(stream, *info);
}

Result<void> SimplePipeline::start(const ControlList& controls) {
  Result<ControlList> initial = soft_isp_.start(*capture_, /*live=*/true, controls);
  if (!initial)
    return initial.error().within("camera '" + id() + "'");
  if (Result<void> r = capture_->start(*initial); !r) {
    soft_isp_.stop();
    return r.error().within("camera '" + id() + "'");
  }
  return {};
}

void SimplePipeline::stop() {
  capture_->stop();
  soft_isp_.stop();
  while (Request* request = capture_->take_back()) {
    request->status = Request::Status::Cancelled;
    listener_->request_completed(*request);
  }
}

}  // namespace gstcam::simple
