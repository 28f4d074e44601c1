/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/raw-capture.h"

#include <glib.h>

#include <algorithm>
#include <utility>

#include "pipelines/soft-isp/frame-scheduler.h"

namespace gstcam::simple {

namespace {

using v4l2::BufferQueue;
using v4l2::DeviceWatch;

/* An event that is further ahead than this is not of our count. */
constexpr int32_t kEventAhead = 16;
/* Of a driver that tells none: no camera's frames are shorter or longer, ns. */
constexpr int64_t kShortest = 1000000;
constexpr int64_t kLongest = 10000000000;

Error unplugged(const v4l2::Device& device) {
  return Error(Error::Code::Lost, device.label() + " was unplugged",
               "plug it in and open the camera again");
}

}  // namespace

RawCapture::RawCapture(SensorPath& path, soft::RawSource::Events& events)
    : path_(path),
      events_(events),
      failed_(g_main_context_get_thread_default(), "raw capture", [this] { tell_failure(); }),
      frames_watch_(
          std::make_unique<DeviceWatch>(g_main_context_get_thread_default(), path.video().device(),
                                        DeviceWatch::Direction::Capture,
                                        [this](DeviceWatch::Ready what) { frames_ready(what); })) {
  subscribe_to_starts();
}

RawCapture::~RawCapture() {
  starts_watch_.reset();
  frames_watch_.reset();
}

/* The first that has it: receivers are the nearest to the moment. */
void RawCapture::subscribe_to_starts() {
  std::vector<v4l2::Device*> devices = path_.devices();
  devices.push_back(&path_.video().device());
  for (v4l2::Device* device : devices) {
    if (!v4l2::EventQueue(*device).subscribe(V4L2_EVENT_FRAME_SYNC))
      continue;
    starts_ = device;
    // The node has a watch already, and one descriptor in one context twice would not do.
    if (device != &path_.video().device())
      starts_watch_ = std::make_unique<DeviceWatch>(
          g_main_context_get_thread_default(), *device, DeviceWatch::Direction::Capture,
          [this](DeviceWatch::Ready what) { starts_ready(what); });
    return;
  }
}

Result<void> RawCapture::configure(const RawMode& mode, const v4l2::VideoFormat& format,
                                   int64_t frame_duration) {
  queue_.reset();
  layout_ = {};
  layout_.size = format.size;
  layout_.stride_bytes = format.planes[0].stride;
  layout_.bits = mode.raw.bits;
  layout_.cfa = mode.raw.cfa;
  layout_.packing = mode.raw.packing;
  frame_duration_ = frame_duration;
  timed_ = path_.sensor().limits().ok();
  BufferQueue::Options options;
  options.count = kBuffers;
  options.least_bytes[0] = layout_.stride_bytes * (layout_.size.height - 1) +
                           raw_row_bytes(layout_.packing, layout_.size.width);
  Result<BufferQueue> queue =
      BufferQueue::allocate(path_.video().device(), path_.video().buffer_type(), format, options);
  if (!queue)
    return queue.error();
  queue_ = std::make_unique<BufferQueue>(std::move(queue).value());
  offsets_.assign(queue_->count(), 0);
  return {};
}

Result<void> RawCapture::start(const ControlList& controls) {
  pending_count_ = 0;
  request_count_ = 0;
  lent_ = 0;
  begun_.reset();
  event_offset_.reset();
  last_number_.reset();
  failure_.reset();
  Result<void> begun = begin(controls);
  if (begun)
    running_ = true;
  else
    stop();
  return begun;
}

Result<void> RawCapture::begin(const ControlList& controls) {
  if (Result<void> r = begin_sensor(controls); !r)
    return r;
  for (uint32_t i = 0; i < queue_->count(); i++) {
    if (Result<void> r = queue_->queue(i); !r)
      return r;
  }
  if (Result<void> r = queue_->start(); !r)
    return streaming_error(r.error());
  frames_watch_->set_interest(true, node_tells());
  if (starts_watch_)
    starts_watch_->set_interest(false, true);
  return {};
}

Result<void> RawCapture::begin_sensor(const ControlList& controls) {
  if (!timed_)
    return {};
  v4l2::CameraSensor& sensor = path_.sensor();
  ControlList first = controls;
  if (!first.has(ControlId::FrameDuration))
    first.set(ControlId::FrameDuration, frame_duration_);
  if (Result<void> r = sensor.write(sensor.nearest(first)); !r)
    return r;
  delayed_ = sensor.delayed_controls();
  delayed_.reset(sensor.current());
  return {};
}

Error RawCapture::streaming_error(const Error& error) const {
  if (error.code != Error::Code::Invalid || path_.misfits().empty())
    return error;
  std::string text = error.message + "; what else hangs on the sensor could not be made to fit: ";
  for (size_t i = 0; i < path_.misfits().size(); i++)
    text += (i == 0 ? "" : "; ") + path_.misfits()[i];
  return Error(error.code, text, error.hint);
}

void RawCapture::stop() {
  running_ = false;
  failed_.cancel();
  frames_watch_->set_interest(false, false);
  if (starts_watch_)
    starts_watch_->set_interest(false, false);
  if (Result<void> stopped = queue_->stop(); !stopped)
    path_.video().device().remark(stopped.error().message);
}

void RawCapture::queue(Request* request) {
  // The camera bounds the requests in flight by as many as the ring has room for.
  requests_[(first_request_ + request_count_) % requests_.size()] = request;
  request_count_++;
}

Request* RawCapture::take_back() {
  if (request_count_ == 0)
    return nullptr;
  Request* request = requests_[first_request_];
  first_request_ = (first_request_ + 1) % requests_.size();
  request_count_--;
  return request;
}

void RawCapture::set_controls(uint32_t sequence, const ControlList& controls) {
  if (!timed_ || controls.empty())
    return;
  if (pending_count_ == pending_.size()) {
    pending_first_ = (pending_first_ + 1) % pending_.size();
    pending_count_--;
  }
  pending_[(pending_first_ + pending_count_) % pending_.size()] = {sequence, controls};
  pending_count_++;
}

RawFrame RawCapture::raw(uint32_t index) const {
  RawFrame frame = layout_;
  frame.data = queue_->plane(index, 0).data() + offsets_[index];
  return frame;
}

void RawCapture::release_raw(uint32_t index) {
  lent_--;
  give_back(index);
}

void RawCapture::give_back(uint32_t index) {
  if (!running_)
    return;
  if (Result<void> r = queue_->queue(index); !r)
    fail(r.error());
}

/* All that are there first: only then is it known which frame starts now. */
void RawCapture::frames_ready(DeviceWatch::Ready what) {
  if (what.gone)
    return fail(unplugged(path_.video().device()));
  if (!running_)
    return;
  // One that is gone says that it has everything.
  if (what.events && node_tells())
    starts_ready(what);
  if (!running_)
    return;
  Result<uint32_t> count = dequeue_all();
  if (!count)
    return fail(count.error());
  if (*count > 0) {
    const BufferQueue::Frame& newest = done_[*count - 1];
    event_offset_ = newest.sequence - newest.number;
    if (!starts_ || !has_begun(newest.number))
      frame_begins(newest.number + 1);
  }
  for (uint32_t i = 0; i < *count && running_; i++)
    deliver(done_[i]);
  if (what.error && running_)
    fail(Error(Error::Code::Lost, path_.video().device().label() + " stopped streaming by itself",
               "was it unplugged?"));
}

Result<uint32_t> RawCapture::dequeue_all() {
  uint32_t count = 0;
  while (count < queue_->count()) {
    Result<std::optional<BufferQueue::Frame>> frame = queue_->dequeue();
    if (!frame)
      return frame.error();
    if (!*frame)
      break;
    done_[count++] = **frame;
  }
  return count;
}

void RawCapture::deliver(const BufferQueue::Frame& frame) {
  int64_t timestamp = frame.timestamp.value_or(g_get_monotonic_time() * 1000);
  measure(frame, timestamp);
  const bool good = frame.damage == BufferQueue::Damage::None;
  if (!good || request_count_ == 0 || lent_ == soft::FrameScheduler::kRawFrames)
    return give_back(frame.index);
  offsets_[frame.index] = frame.planes[0].offset;
  if (!frame.timestamp || !frame.timestamp_is_start)
    timestamp -= frame_duration_;
  Frame told;
  told.sequence = frame.number;
  told.request = take_back();
  told.timestamp = timestamp;
  told.sensor_timestamp = timestamp;
  told.duration = frame_duration_;
  // The frame is there: what comes now has the time of a frame.
  told.wanted_at = g_get_monotonic_time() * 1000 + frame_duration_;
  told.raw = frame.index;
  lent_++;
  events_.frame_started(told);
  if (running_)
    events_.frame_exposed(frame.number, taken_with(frame.number));
}

/* Where nobody tells how long frames are, they tell it themselves. */
void RawCapture::measure(const BufferQueue::Frame& frame, int64_t timestamp) {
  if (!timed_ && last_number_) {
    const int64_t frames = frame.number - *last_number_;
    const int64_t duration = (timestamp - last_timestamp_) / std::max<int64_t>(frames, 1);
    if (duration >= kShortest && duration <= kLongest)
      frame_duration_ += (duration - frame_duration_) / 4;
  }
  last_number_ = frame.number;
  last_timestamp_ = timestamp;
}

ControlList RawCapture::taken_with(uint32_t number) const {
  if (timed_)
    return delayed_.applied(number);
  ControlList list;
  list.set(ControlId::FrameDuration, frame_duration_);
  return list;
}

void RawCapture::starts_ready(DeviceWatch::Ready what) {
  if (what.gone)
    return fail(unplugged(*starts_));
  std::optional<uint32_t> newest;
  while (running_) {
    Result<std::optional<v4l2::Event>> event = v4l2::EventQueue(*starts_).dequeue();
    if (!event)
      return fail(event.error());
    if (!*event)
      break;
    if ((*event)->type == V4L2_EVENT_FRAME_SYNC)
      newest = (*event)->frame;
  }
  // Before the first frame nobody knows which of ours an event is about, and nothing waits for it.
  if (newest && event_offset_ && begun_) {
    const uint32_t number = *newest - *event_offset_;
    if (!has_begun(number) && static_cast<int32_t>(number - *begun_) <= kEventAhead)
      frame_begins(number);
  }
  if (what.error && running_ && !node_tells())
    fail(Error(Error::Code::Lost, starts_->label() + " is gone", "was it unplugged?"));
}

void RawCapture::frame_begins(uint32_t number) {
  begun_ = number;
  if (!timed_)
    return;
  v4l2::CameraSensor& sensor = path_.sensor();
  for (; pending_count_ > 0; pending_count_--) {
    const PendingControls& next = pending_[pending_first_];
    if (static_cast<int32_t>(number - next.of_frame) < static_cast<int32_t>(kControlsAfter))
      break;
    delayed_.push(sensor.nearest(next.controls));
    pending_first_ = (pending_first_ + 1) % pending_.size();
  }
  const ControlList due = delayed_.frame_start(number);
  if (due.empty())
    return;
  if (Result<void> r = sensor.write(due); !r)
    fail(r.error());
}

/* Not from inside of whatever found it: events come from the main loop. */
void RawCapture::fail(const Error& error) {
  if (failure_)
    return;
  failure_ = error;
  running_ = false;
  frames_watch_->set_interest(false, false);
  if (starts_watch_)
    starts_watch_->set_interest(false, false);
  failed_.signal();
}

void RawCapture::tell_failure() {
  if (failure_)
    events_.source_failed(*failure_);
}

}  // namespace gstcam::simple
