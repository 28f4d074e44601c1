/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/vimc-pipeline.h"

#include <algorithm>
#include <utility>

#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-bus-format.h"

namespace gstcam::vimc {

namespace {

constexpr const char* kSensorModel = "vimc";
constexpr const char* kTuningFile = "vimc.yaml";

/** What there is to say of a sensor that computes its pictures. */
SensorInfo sensor_info(const v4l2::PadFormat& mosaic, int64_t frame_duration) {
  SensorInfo info;
  info.model = kSensorModel;
  info.width = mosaic.size.width;
  info.height = mosaic.size.height;
  const std::optional<v4l2::MediaBusFormat> format = v4l2::media_bus_format(mosaic.code);
  info.cfa_order = format ? format->cfa : CfaOrder::Bggr;
  info.bits_per_sample = 8;
  info.analogue_gain_min = info.analogue_gain_max = 1;
  info.frame_duration_min = info.frame_duration_max = static_cast<uint64_t>(frame_duration);
  return info;
}

/** Whether frame `a` comes before frame `b`; numbers go round. */
bool before(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) < 0;
}

}  // namespace

VimcPipeline::VimcPipeline(v4l2::Kernel& kernel, VimcDescription description, VimcOptions options)
    : kernel_(kernel), description_(std::move(description)), options_(std::move(options)) {}

VimcPipeline::~VimcPipeline() {
  close();
}

Result<std::unique_ptr<VimcDevice>> VimcPipeline::open_device() const {
  Result<std::unique_ptr<VimcDevice>> device = VimcDevice::open(kernel_, description_.path);
  if (!device)
    return device;
  if (Result<void> r = v4l2::check_hardware(kernel_, description_.path, description_.device); !r)
    return r.error();
  return device;
}

const std::vector<StreamCapabilities>& VimcPipeline::streams() const {
  const std::lock_guard lock(streams_mutex_);
  if (!streams_.empty())
    return streams_;
  /* What is wrong with it is for open() to say. */
  Result<std::unique_ptr<VimcDevice>> device = open_device();
  if (!device)
    return streams_;
  if (Result<std::vector<StreamCapabilities>> can = (*device)->capabilities(); can)
    streams_ = std::move(*can);
  return streams_;
}

Result<void> VimcPipeline::open(const CameraOptions& options, PipelineListener& listener) {
  listener_ = &listener;
  failed_ = false;
  if (Result<void> r = open_parts(options); !r) {
    close();
    return r.error().within("camera '" + id() + "'");
  }
  return {};
}

Result<void> VimcPipeline::open_parts(const CameraOptions& options) {
  GMainContext* const context = g_main_context_get_thread_default();
  Result<std::unique_ptr<VimcDevice>> device = open_device();
  if (!device)
    return device.error();
  device_ = std::move(*device);
  presence_ = std::make_unique<v4l2::DeviceWatch>(context, device_->node(kScaled).device(),
                                                  v4l2::DeviceWatch::Direction::Capture,
                                                  [this](v4l2::DeviceWatch::Ready what) {
                                                    if (what.gone)
                                                      fail_gone(device_->node(kScaled));
                                                  });
  int64_t frame_duration = 0;
  {
    const std::lock_guard lock(streams_mutex_);
    if (streams_.empty()) {
      Result<std::vector<StreamCapabilities>> can = device_->capabilities();
      if (!can)
        return can.error();
      streams_ = std::move(*can);
    }
    frame_duration = streams_.front().frame_duration_preferred;
  }
  Result<SensorControls> controls = SensorControls::query(device_->controlled());
  if (!controls)
    return controls.error();
  controls_.emplace(std::move(*controls));
  talk_ =
      std::make_unique<IpaTalk>(context, static_cast<IpaTalk::Owner&>(*this), options_.deadline_us);

  Result<TuningFile> tuning = open_tuning_file(options.tuning_file, kTuningFile);
  if (!tuning)
    return tuning.error();
  v4l2::PadFormat native;
  native.code = *v4l2::media_bus_code(CfaOrder::Bggr, 8);
  native.size = VimcDevice::kNativeSize;
  IpaJournal journal;
  journal.tuning = std::make_shared<const TuningFile>(std::move(*tuning));
  journal.sensor = sensor_info(native, frame_duration);
  auto ipas = std::make_unique<VimcIpas>(
      VimcIpas::Options{.camera = id(),
                        .camera_options = options,
                        .context = context,
                        .make = IpaReplica::maker(options_.connect, context)},
      *talk_, *listener_);
  if (Result<void> r = ipas->open(std::move(journal)); !r)
    return r;
  const std::lock_guard lock(ipas_mutex_);
  ipas_ = std::move(ipas);
  return {};
}

void VimcPipeline::close() {
  std::unique_ptr<VimcIpas> ipas;
  {
    const std::lock_guard lock(ipas_mutex_);
    ipas = std::move(ipas_);
  }
  ipas.reset();
  talk_.reset();
  outputs_.clear();
  controls_.reset();
  presence_.reset();
  device_.reset();
}

Result<void> VimcPipeline::configure(std::vector<StreamConfiguration>& streams) {
  outputs_.clear();
  if (Result<void> r = configure_parts(streams); !r) {
    outputs_.clear();
    return r.error().within("camera '" + id() + "'");
  }
  return {};
}

Result<void> VimcPipeline::configure_parts(std::vector<StreamConfiguration>& streams) {
  if (Result<void> r = device_->configure(streams); !r)
    return r;
  /* The lowest leads, whatever order the application names them in. */
  std::vector<StreamConfiguration*> ordered;
  ordered.reserve(streams.size());
  for (StreamConfiguration& stream : streams)
    ordered.push_back(&stream);
  std::ranges::sort(ordered, {}, &StreamConfiguration::id);
  for (StreamConfiguration* stream : ordered) {
    if (Result<void> r = add_output(*stream); !r)
      return r;
  }
  return configure_ipa(streams);
}

Result<void> VimcPipeline::add_output(StreamConfiguration& stream) {
  v4l2::VideoDevice& node = device_->node(stream.id);
  const v4l2::VideoFormat& format = device_->format(stream.id);
  Result<FrameLayout> layout =
      frame_layout(stream.format, format.size, format.planes[0].stride, format.planes[0].size);
  if (!layout)
    return layout.error().within(node.device().label());
  Result<v4l2::DriverFrames> frames =
      v4l2::DriverFrames::allocate(node.device(), node.buffer_type(), format, *layout);
  if (!frames)
    return frames.error();
  stream.layout = *layout;
  stream.buffer_count = std::min(v4l2::DriverFrames::kLeast, frames->count());
  stream.buffer_limit = frames->count();
  stream.dmabufs = !frames->copies();
  stream.copied = frames->copies();
  const size_t number = outputs_.size();
  auto output = std::make_unique<Output>(Output{stream.id, &node, *layout, std::move(*frames), {}});
  output->watch = std::make_unique<v4l2::DeviceWatch>(
      g_main_context_get_thread_default(), node.device(), v4l2::DeviceWatch::Direction::Capture,
      [this, number](v4l2::DeviceWatch::Ready what) { ready(number, what); });
  outputs_.push_back(std::move(output));
  return {};
}

Result<void> VimcPipeline::configure_ipa(const std::vector<StreamConfiguration>& streams) {
  IpaJournal::Configuration configuration;
  for (const StreamConfiguration& stream : streams) {
    gstcam::ipa::StreamConfiguration told;
    told.id = stream.id;
    told.pixel_format = static_cast<uint32_t>(stream.format);
    told.width = stream.size.width;
    told.height = stream.size.height;
    configuration.streams.push_back(told);
  }
  configuration.mode =
      sensor_info(device_->sensor_format(outputs_.front()->stream), streams.front().frame_duration);
  return ipas_->configure(std::move(configuration));
}

VimcPipeline::Output* VimcPipeline::find_output(uint32_t stream) const {
  for (const std::unique_ptr<Output>& output : outputs_) {
    if (output->stream == stream)
      return output.get();
  }
  return nullptr;
}

const ControlRanges& VimcPipeline::controls() const {
  static const ControlRanges kNone;
  return ipas_ ? ipas_->ranges() : kNone;
}

Result<std::unique_ptr<FrameBuffer>> VimcPipeline::allocate_buffer(uint32_t stream) {
  Output* output = find_output(stream);
  if (!output)
    return Error(Error::Code::Invalid, "stream " + std::to_string(stream) + " is not configured");
  return output->frames.hand_out(stream);
}

Result<void> VimcPipeline::start(const ControlList& controls) {
  if (Result<void> r = ipas_->start(controls); !r)
    return r.error().within("camera '" + id() + "'");
  controls_->forget();
  talk_->start(controls_->limits(), controls, ipas_->at_work());
  line_.start(outputs_.size());
  next_frame_ = 0;
  applied_.reset();
  streaming_ = false;
  running_ = true;
  return {};
}

void VimcPipeline::stop() {
  running_ = false;
  stop_outputs();
  talk_->stop();
  ipas_->stop();
  while (!line_.empty()) {
    Request& request = *line_.at(0).request;
    line_.pop();
    request.status = Request::Status::Cancelled;
    listener_->request_completed(request);
  }
}

void VimcPipeline::stop_outputs() {
  for (const std::unique_ptr<Output>& output : outputs_) {
    output->watch->set_interest(false, false);
    if (Result<void> stopped = output->frames.queue().stop(); !stopped)
      output->node->device().remark(stopped.error().message);
  }
}

void VimcPipeline::queue_request(Request* request) {
  RequestLine::Entry* entry = line_.add(request);
  if (!entry)  // core lets no more in
    return fail(Error(Error::Code::Busy, "there are too many requests"));
  entry->frame = next_frame_++;
  for (size_t i = 0; i < outputs_.size(); i++)
    entry->indices[i] = v4l2::DriverFrames::index_of(*request->buffer(outputs_[i]->stream));
  ask_ipa();
  give_to_drivers();
}

/** The next question, of the oldest frame that nothing was asked for. */
void VimcPipeline::ask_ipa() {
  if (!running_ || failed_ || !talk_->ready())
    return;
  RequestLine::Entry* next = nullptr;
  for (size_t i = 0; i < line_.size(); i++) {
    RequestLine::Entry& entry = line_.at(i);
    if (entry.parameters_are == RequestLine::Parameters::NotAsked &&
        (!next || before(entry.frame, next->frame)))
      next = &entry;
  }
  if (!next)
    return;
  next->parameters_are = RequestLine::Parameters::Asked;
  talk_->ask(next->frame, next->request->controls);
}

void VimcPipeline::parameters_came(const GstCameraVimcParameters& parameters) {
  if (failed_)
    return;
  const std::optional<size_t> position = line_.find_frame(parameters.frame);
  Result<void> applied;
  if (position && *position > line_.taken()) {
    RequestLine::Entry& entry = line_.at(*position);
    entry.parameters = parameters;
    entry.parameters_are = RequestLine::Parameters::There;
  } else {
    /* Its frame is being taken, or was: too late for that one is early for the next. */
    if (position)
      line_.at(*position).parameters_are = RequestLine::Parameters::Applied;
    applied_ = parameters.frame;
    applied = controls_->write(parameters);
  }
  if (!applied)
    return fail(applied.error());
  begin_streaming();
  ask_ipa();
}

/** With the first parameters: before them nobody knows what the subdevices were left at. */
void VimcPipeline::begin_streaming() {
  if (streaming_ || failed_)
    return;
  streaming_ = true;
  give_to_drivers();
  for (const std::unique_ptr<Output>& output : outputs_) {
    if (failed_)
      return;
    if (Result<void> r = output->frames.queue().start(); !r)
      return fail(r.error());
    output->watch->set_interest(true, false);
  }
}

void VimcPipeline::give_to_drivers() {
  for (size_t i = 0; i < outputs_.size() && !failed_; i++) {
    while (const std::optional<size_t> position = line_.next_idle(i)) {
      RequestLine::Entry& entry = line_.at(*position);
      entry.buffers[i] = RequestLine::Buffer::AtDriver;
      if (Result<void> r = outputs_[i]->frames.queue().queue(entry.indices[i]); !r)
        return fail(r.error());
    }
  }
}

void VimcPipeline::ready(size_t output, v4l2::DeviceWatch::Ready what) {
  /* Not more than there are buffers, or a fast driver keeps the thread from all else. */
  for (uint32_t i = 0; running_ && !failed_ && i < outputs_[output]->frames.count(); i++) {
    Result<bool> taken = take_frame(output);
    if (!taken)
      return fail(taken.error());
    if (!*taken)
      break;
  }
  if (what.gone)
    return fail_gone(*outputs_[output]->node);
  if (what.error && running_)
    fail(Error(Error::Code::Lost,
               outputs_[output]->node->device().label() + " stopped streaming by itself",
               "look at 'dmesg', and open the camera again"));
}

void VimcPipeline::fail_gone(v4l2::VideoDevice& node) {
  fail(Error(Error::Code::Lost, node.device().label() + " was unplugged",
             "plug it in and open the camera again"));
}

/** False where there is no frame. */
Result<bool> VimcPipeline::take_frame(size_t output) {
  Output& out = *outputs_[output];
  Result<std::optional<v4l2::BufferQueue::Frame>> frame = out.frames.queue().dequeue();
  if (!frame)
    return frame.error();
  if (!*frame)
    return false;
  const std::optional<size_t> position = line_.find(output, (*frame)->index);
  if (!position)
    return out.node->device().nonsense("a buffer that it was not given");
  if (!out.frames.copies() && (*frame)->planes[0].offset != 0)
    return out.node->device().nonsense("a frame that begins in the middle of its buffer");
  RequestLine::Entry& entry = line_.at(*position);
  line_.has_begun(output);
  entry.buffers[output] = RequestLine::Buffer::Filled;
  entry.frames[output] = **frame;
  if ((*frame)->damage == v4l2::BufferQueue::Damage::None)
    out.frames.store(**frame, *entry.request->buffer(out.stream));
  else
    entry.damaged = true;
  if (output == 0) {
    leader_frame_came(*position);
    if (Result<void> r = apply_parameters(); !r)
      return r.error();
  }
  complete_oldest();
  give_to_drivers();
  return true;
}

void VimcPipeline::leader_frame_came(size_t position) {
  RequestLine::Entry& entry = line_.at(position);
  entry.in_force = controls_->in_force();
  entry.bridged = entry.parameters_are != RequestLine::Parameters::Applied;
  if (entry.parameters_are == RequestLine::Parameters::NotAsked) {
    talk_->skip(entry.request->controls);
    entry.parameters_are = RequestLine::Parameters::Asked;  // and never answered
  }
}

/** Of the frame that is taken next, where they are there. */
Result<void> VimcPipeline::apply_parameters() {
  const size_t next = line_.taken();
  if (next >= line_.size())
    return {};
  RequestLine::Entry& entry = line_.at(next);
  if (entry.parameters_are != RequestLine::Parameters::There)
    return {};
  entry.parameters_are = RequestLine::Parameters::Applied;
  /* A request that was put back is older than those before it: theirs hold. */
  if (applied_ && before(entry.frame, *applied_))
    return {};
  applied_ = entry.frame;
  return controls_->write(entry.parameters);
}

void VimcPipeline::complete_oldest() {
  while (line_.is_complete() || line_.is_spoilt()) {
    RequestLine::Entry& entry = line_.at(0);
    Request& request = *entry.request;
    if (line_.is_spoilt()) {
      line_.put_back();
      listener_->request_put_back(request);
      continue;
    }
    const v4l2::BufferQueue::Frame& frame = entry.frames[0];
    const bool bridged = entry.bridged;
    request.sequence = frame.number;
    request.timestamp = frame.timestamp.value_or(g_get_monotonic_time() * 1000);
    request.metadata.merge(entry.in_force);
    request.metadata.set(ControlId::SensorTimestamp, request.timestamp);
    request.metadata.set(ControlId::IpaHost, static_cast<int32_t>(ipas_->host()));
    request.metadata.set(ControlId::IpaState,
                         static_cast<int32_t>(bridged ? kIpaStateRecovering : kIpaStateOk));
    request.status = Request::Status::Complete;
    line_.pop();
    if (bridged)
      ipas_->bridged();
    listener_->request_completed(request);
  }
}

void VimcPipeline::fail(const Error& error) {
  if (std::exchange(failed_, true))
    return;
  for (const std::unique_ptr<Output>& output : outputs_)
    output->watch->set_interest(false, false);
  listener_->failed(error.within("camera '" + id() + "'"));
}

IpaStatus VimcPipeline::ipa_status() const {
  const std::lock_guard lock(ipas_mutex_);
  return ipas_ ? ipas_->status() : IpaStatus();
}

}  // namespace gstcam::vimc
