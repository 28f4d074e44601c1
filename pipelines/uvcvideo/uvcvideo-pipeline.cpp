/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/uvcvideo/uvcvideo-pipeline.h"

#include <algorithm>
#include <utility>

#include "core/v4l2/device-nodes.h"
#include "core/v4l2/pixel-map.h"
#include "pipelines/uvcvideo/webcam-modes.h"

namespace gstcam::uvcvideo {

namespace {

/* All but so many wait at the driver, which loses frames where it has none when we are late;
 * downstream holds these, if it must. */
constexpr uint32_t kDownstream = 2;

/** The layout of frames that a driver will deliver, or why they are none we can hand on. */
Result<FrameLayout> layout_of(const v4l2::VideoFormat& format, PixelFormat pixels) {
  if (format.plane_count != 1)
    return Error(Error::Code::Unsupported, "frames in " + std::to_string(format.plane_count) +
                                               " blocks of memory cannot be handed on");
  if (pixel_kind(pixels) == PixelKind::Coded)
    return coded_layout(format.planes[0].size);
  return frame_layout(pixels, format.size, format.planes[0].stride, format.planes[0].size);
}

}  // namespace

UvcvideoPipeline::UvcvideoPipeline(v4l2::Kernel& kernel, WebcamDescription description)
    : kernel_(kernel), description_(std::move(description)) {}

UvcvideoPipeline::~UvcvideoPipeline() {
  close();
}

Result<v4l2::VideoDevice> UvcvideoPipeline::open_node() const {
  Result<v4l2::VideoDevice> device = v4l2::VideoDevice::open(kernel_, description_.path);
  if (!device)
    return device;
  if (Result<void> r = v4l2::check_hardware(kernel_, description_.path, description_.device); !r)
    return r.error();
  return device;
}

const std::vector<StreamCapabilities>& UvcvideoPipeline::streams() const {
  const std::lock_guard lock(streams_mutex_);
  if (!streams_.empty())
    return streams_;
  /* What is wrong with it is for open() to say. */
  Result<v4l2::VideoDevice> device = open_node();
  if (!device)
    return streams_;
  if (Result<StreamCapabilities> can = webcam_capabilities(*device); can)
    streams_.push_back(std::move(*can));
  return streams_;
}

Result<void> UvcvideoPipeline::open(const CameraOptions& /*options*/, PipelineListener& listener) {
  listener_ = &listener;
  failed_ = false;
  const auto fail_open = [this](const Error& error) {
    close();
    return error.within("camera '" + id() + "'");
  };
  Result<v4l2::VideoDevice> device = open_node();
  if (!device)
    return fail_open(device.error());
  device_.emplace(std::move(*device));
  {
    const std::lock_guard lock(streams_mutex_);
    if (streams_.empty()) {
      Result<StreamCapabilities> can = webcam_capabilities(*device_);
      if (!can)
        return fail_open(can.error());
      streams_.push_back(std::move(*can));
    }
  }
  Result<WebcamControls> controls = WebcamControls::query(device_->device());
  if (!controls)
    return fail_open(controls.error());
  controls_.emplace(std::move(*controls));
  watch_ = std::make_unique<v4l2::DeviceWatch>(
      g_main_context_get_thread_default(), device_->device(), v4l2::DeviceWatch::Direction::Capture,
      [this](v4l2::DeviceWatch::Ready what) { ready(what); });
  return {};
}

void UvcvideoPipeline::close() {
  watch_.reset();
  frames_.reset();
  controls_.reset();
  device_.reset();
}

Result<void> UvcvideoPipeline::configure(std::vector<StreamConfiguration>& streams) {
  frames_.reset();
  StreamConfiguration& stream = streams.front();
  if (Result<void> r = set_up(stream); !r) {
    frames_.reset();
    return r.error().within("camera '" + id() + "'");
  }
  stream_ = stream;
  return {};
}

Result<void> UvcvideoPipeline::set_up(StreamConfiguration& stream) {
  v4l2::VideoFormat wanted;
  wanted.fourcc = v4l2::to_fourcc(stream.format);
  wanted.size = stream.size;
  Result<v4l2::VideoFormat> format = device_->set_format(wanted);
  if (!format)
    return format.error();
  if (v4l2::to_pixel_format(format->fourcc) != stream.format || format->size != stream.size)
    return Error(Error::Code::Failed, device_->device().label() + " was asked for " +
                                          wanted.to_string() + ", which it offers, and set " +
                                          format->to_string());
  Result<FrameLayout> layout = layout_of(*format, stream.format);
  if (!layout && layout.error().code == Error::Code::Invalid)
    return device_->device().nonsense(layout.error().message);
  if (!layout)
    return layout.error().within(device_->device().label());
  if (Result<void> r = set_rate(stream); !r)
    return r;
  Result<v4l2::DriverFrames> frames =
      v4l2::DriverFrames::allocate(device_->device(), device_->buffer_type(), *format, *layout);
  if (!frames)
    return frames.error();
  stream.layout = *layout;
  const uint32_t count = frames->count();
  stream.buffer_count =
      std::max(std::min(v4l2::DriverFrames::kLeast, count), count - std::min(kDownstream, count));
  stream.buffer_limit = count;
  stream.dmabufs = !frames->copies();
  stream.copied = frames->copies();
  frames_.emplace(std::move(*frames));
  return {};
}

Result<void> UvcvideoPipeline::set_rate(StreamConfiguration& stream) {
  Result<v4l2::Fraction> interval = device_->set_interval(v4l2::fraction_of(stream.frame_duration));
  if (interval)
    stream.frame_duration = interval->nanoseconds();
  else if (interval.error().code != Error::Code::Unsupported)
    return interval.error();
  return {};
}

const ControlRanges& UvcvideoPipeline::controls() const {
  static const ControlRanges kNone;
  return controls_ ? controls_->ranges() : kNone;
}

Result<std::unique_ptr<FrameBuffer>> UvcvideoPipeline::allocate_buffer(uint32_t stream) {
  return frames_->hand_out(stream);
}

Result<void> UvcvideoPipeline::start(const ControlList& controls) {
  if (Result<void> r = controls_->apply(controls); !r)
    return r.error().within("camera '" + id() + "'");
  /* Streaming begins with the first buffer: drivers want one. */
  running_ = true;
  first_pending_ = 0;
  pending_count_ = 0;
  return {};
}

void UvcvideoPipeline::stop() {
  running_ = false;
  watch_->set_interest(false, false);
  if (Result<void> stopped = frames_->queue().stop(); !stopped)
    device_->device().remark(stopped.error().message);
  while (pending_count_ > 0) {
    Request& request = *pending_[first_pending_].request;
    first_pending_ = (first_pending_ + 1) % pending_.size();
    pending_count_--;
    request.status = Request::Status::Cancelled;
    listener_->request_completed(request);
  }
}

void UvcvideoPipeline::queue_request(Request* request) {
  const uint32_t index = v4l2::DriverFrames::index_of(*request->buffer(stream_.id));
  pending_[(first_pending_ + pending_count_) % pending_.size()] = {request, index};
  pending_count_++;
  if (!request->controls.empty()) {
    if (Result<void> r = controls_->apply(request->controls); !r)
      return fail(r.error());
  }
  v4l2::BufferQueue& queue = frames_->queue();
  if (Result<void> r = queue.queue(index); !r)
    return fail(r.error());
  if (queue.streaming())
    return;
  if (Result<void> r = queue.start(); !r)
    return fail(r.error());
  watch_->set_interest(true, false);
}

void UvcvideoPipeline::ready(v4l2::DeviceWatch::Ready what) {
  if (what.gone)
    return fail(Error(Error::Code::Lost, device_->device().label() + " was unplugged",
                      "plug it in and open the camera again"));
  /* Not more than there are buffers: a driver that fills them faster than we take them, with damage
   * perhaps, must not keep the thread from what else it is asked to do. */
  for (uint32_t i = 0; running_ && !failed_ && i < frames_->count(); i++) {
    Result<bool> taken = take_frame();
    if (!taken)
      return fail(taken.error());
    if (!*taken)
      break;
  }
  if (what.error && running_)
    fail(Error(Error::Code::Lost, device_->device().label() + " stopped streaming by itself",
               "look at 'dmesg', check cable and power, and open the camera again"));
}

/** False where there is no frame. */
Result<bool> UvcvideoPipeline::take_frame() {
  Result<std::optional<v4l2::BufferQueue::Frame>> frame = frames_->queue().dequeue();
  if (!frame)
    return frame.error();
  if (!*frame)
    return false;
  if (pending_count_ == 0 || pending_[first_pending_].index != (*frame)->index)
    return device_->device().nonsense("a buffer out of its order");
  Result<void> done = (*frame)->damage == v4l2::BufferQueue::Damage::None
                          ? deliver(**frame)
                          : give_back_damaged((*frame)->index);
  if (!done)
    return done.error();
  return true;
}

Result<void> UvcvideoPipeline::deliver(const v4l2::BufferQueue::Frame& frame) {
  if (!frames_->copies() && frame.planes[0].offset != 0)
    return device_->device().nonsense("a frame that begins in the middle of its buffer");
  Request& request = *pending_[first_pending_].request;
  first_pending_ = (first_pending_ + 1) % pending_.size();
  pending_count_--;
  complete(request, frame);
  return {};
}

Result<void> UvcvideoPipeline::give_back_damaged(uint32_t index) {
  const Pending entry = pending_[first_pending_];
  first_pending_ = (first_pending_ + 1) % pending_.size();
  pending_[(first_pending_ + pending_count_ - 1) % pending_.size()] = entry;
  listener_->request_put_back(*entry.request);
  return frames_->queue().queue(index);
}

void UvcvideoPipeline::complete(Request& request, const v4l2::BufferQueue::Frame& frame) {
  frames_->store(frame, *request.buffer(stream_.id));
  if (pixel_kind(stream_.format) == PixelKind::Coded)
    request.bytes_used[stream_.id] = frame.planes[0].bytes;
  request.sequence = frame.number;
  request.timestamp = frame.timestamp.value_or(g_get_monotonic_time() * 1000);
  if (!frame.timestamp || !frame.timestamp_is_start)
    request.timestamp -= stream_.frame_duration;
  controls_->report(request.metadata);
  request.metadata.set(ControlId::SensorTimestamp, request.timestamp);
  request.metadata.set(ControlId::FrameDuration, stream_.frame_duration);
  request.metadata.set(ControlId::IpaHost, int32_t{kIpaHostNone});
  request.status = Request::Status::Complete;
  listener_->request_completed(request);
}

void UvcvideoPipeline::fail(const Error& error) {
  if (std::exchange(failed_, true))
    return;
  watch_->set_interest(false, false);
  listener_->failed(error.within("camera '" + id() + "'"));
}

}  // namespace gstcam::uvcvideo
