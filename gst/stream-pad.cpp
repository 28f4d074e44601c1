/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/stream-pad.h"

#include <algorithm>
#include <utility>

#include "gst/camera-meta.h"
#include "gst/debug.h"
#include "gst/element-error.h"

namespace gstcam {

namespace {

StreamPad* of(GstPad* pad) {
  return static_cast<StreamPad*>(gst_pad_get_element_private(pad));
}

bool has(const GstEvent* event, GstEventTypeFlags flag) {
  return (static_cast<guint>(event->type) & static_cast<guint>(flag)) != 0;
}

}  // namespace

StreamPad::StreamPad(GstElement* element, GstPad* pad, std::shared_ptr<Capture> capture,
                     StreamOwner& owner)
    : element_(element), pad_(pad), capture_(std::move(capture)), owner_(owner) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  gst_pad_set_element_private(pad_, this);
  gst_pad_set_event_function(pad_, on_event);
  gst_pad_set_query_function(pad_, on_query);
  gst_pad_set_activatemode_function(pad_, on_activate);
}

StreamPad::~StreamPad() {
  gst_pad_set_element_private(pad_, nullptr);
  close_pools();
}

/* ---- activation and events: any thread ---- */

gboolean StreamPad::on_activate(GstPad* pad, GstObject* /*parent*/, GstPadMode mode,
                                gboolean active) {
  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  return of(pad)->activate(active != FALSE) ? TRUE : FALSE;
}

bool StreamPad::activate(bool active) {
  if (active) {
    const std::lock_guard lock(control_mutex_);
    active_ = true;
    need_stream_start_ = true;
    need_segment_ = true;
    need_discont_ = true;
    offset_base_ = 0;
    next_offset_ = 0;
    pushed_ = 0;
    lost_ = 0;
    copied_ = 0;
    dmabufs_refused_ = false;
    flushing_ = false;
    position_ = GST_CLOCK_TIME_NONE;
    gst_segment_init(&segment_, GST_FORMAT_TIME);
    unsupported_.clear();
    capture_->reset();
    capture_->set_flushing(false);
    return gst_pad_start_task(pad_, task, this, nullptr) != FALSE;
  }
  {
    const std::lock_guard lock(control_mutex_);
    active_ = false;
    capture_->set_flushing(true);
  }
  const bool stopped = gst_pad_stop_task(pad_) != FALSE;
  stop_camera();
  close_pools();
  caps_.reset();
  latency_min_ = 0;
  {
    const std::lock_guard lock(queued_events_mutex_);
    queued_events_.clear();
  }
  return stopped;
}

FrameStats StreamPad::stats() const {
  return {pushed_, lost_, copied_};
}

bool StreamPad::send_event(EventPtr event) {
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_EOS: {
      const std::lock_guard lock(control_mutex_);
      if (!active_)
        return false;
      capture_->request_eos(gst_event_get_seqnum(event.get()));
      return true;
    }
    case GST_EVENT_FLUSH_START:
      return flush_start(std::move(event));
    case GST_EVENT_FLUSH_STOP:
      return flush_stop(std::move(event));
    /* These say what we do, and only we know. */
    case GST_EVENT_STREAM_START:
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_STREAM_COLLECTION:
      return false;
    default:
      break;
  }
  if (!has(event.get(), GST_EVENT_TYPE_DOWNSTREAM))
    return gst_pad_send_event(pad_, event.release()) != FALSE;
  if (!has(event.get(), GST_EVENT_TYPE_SERIALIZED))
    return gst_pad_push_event(pad_, event.release()) != FALSE;
  const std::lock_guard active_lock(control_mutex_);
  if (!active_)
    return false;
  {
    const std::lock_guard lock(queued_events_mutex_);
    queued_events_.push_back(std::move(event));
  }
  capture_->wake();
  return true;
}

bool StreamPad::flush_start(EventPtr event) {
  {
    const std::lock_guard lock(control_mutex_);
    if (!active_)
      return false;
    flushing_ = true;
    capture_->set_flushing(true);
  }
  return gst_pad_push_event(pad_, event.release()) != FALSE;
}

bool StreamPad::flush_stop(EventPtr event) {
  if (!flushing_)
    return false;
  /* The task is on its way out: it flushes, and so does everything downstream. */
  GST_PAD_STREAM_LOCK(pad_);
  gboolean reset_time = TRUE;
  gst_event_parse_flush_stop(event.get(), &reset_time);
  const bool pushed = gst_pad_push_event(pad_, event.release()) != FALSE;
  need_segment_ = true;
  need_discont_ = true;
  capture_->reset();
  GST_PAD_STREAM_UNLOCK(pad_);

  const std::lock_guard lock(control_mutex_);
  flushing_ = false;
  if (active_) {
    capture_->set_flushing(false);
    gst_pad_start_task(pad_, task, this, nullptr);
  }
  return pushed;
}

gboolean StreamPad::on_event(GstPad* pad, GstObject* /*parent*/, GstEvent* event) {
  const EventPtr owned(event);
  StreamPad* self = of(pad);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_QOS:  // a camera cannot be faster or slower
    case GST_EVENT_LATENCY:
      return TRUE;
    case GST_EVENT_RECONFIGURE:
      /* The pad is marked already; the task may be waiting. */
      self->capture_->wake();
      return TRUE;
    default:
      GST_DEBUG_OBJECT(pad, "not handling %s", GST_EVENT_TYPE_NAME(event));
      return FALSE;
  }
}

/* ---- the task ---- */

void StreamPad::task(gpointer self) {
  static_cast<StreamPad*>(self)->loop();
}

void StreamPad::loop() {
  push_start_events();
  push_queued_events();
  const int limit = owner_.num_buffers();
  if (limit >= 0 && pushed_ >= static_cast<uint64_t>(limit))
    return end(GST_FLOW_EOS);
  if ((gst_pad_check_reconfigure(pad_) || !caps_) && !negotiate())
    return;
  if (capture_->running() && !refill())
    return;
  Capture::Slot* slot = nullptr;
  const Capture::Event event = capture_->wait(starving_, &slot);
  handle(event, slot);
}

void StreamPad::handle(Capture::Event event, Capture::Slot* slot) {
  switch (event) {
    case Capture::Event::Flushing:
      return end(GST_FLOW_FLUSHING);
    case Capture::Event::Eos:
      return end(GST_FLOW_EOS);
    case Capture::Event::Pause:
      stop_camera();
      return;
    case Capture::Event::Play:
      start_camera();
      return;
    case Capture::Event::Frame:
      return deliver(*slot);
    case Capture::Event::Failed:
      return give_up();  // the element has posted why
    case Capture::Event::Wake:
    case Capture::Event::Released:
      return;  // the next round looks
  }
}

void StreamPad::push_start_events() {
  if (!need_stream_start_)
    return;
  need_stream_start_ = false;
  const std::shared_ptr<Camera> camera = capture_->camera();
  /* The same for the same camera whenever and wherever it runs. */
  const std::string id =
      "camera/" + (camera ? camera->id() : std::string("none")) + "/" + std::to_string(stream_);
  GstEvent* event = gst_event_new_stream_start(id.c_str());
  gst_event_set_group_id(event, gst_util_group_id_next());
  gst_pad_push_event(pad_, event);
}

void StreamPad::push_queued_events() {
  for (;;) {
    EventPtr event;
    {
      const std::lock_guard lock(queued_events_mutex_);
      if (queued_events_.empty())
        return;
      /* Sticky events must not come before the segment, which needs caps. */
      if (need_segment_ && !caps_)
        return;
      event = std::move(queued_events_.front());
      queued_events_.pop_front();
    }
    push_segment();
    gst_pad_push_event(pad_, event.release());
  }
}

void StreamPad::push_segment() {
  if (!std::exchange(need_segment_, false))
    return;
  gst_pad_push_event(pad_, gst_event_new_segment(&segment_));
}

/** Without what this camera has not, which is said once. */
ControlList StreamPad::supported(ControlList controls) {
  for (const ControlInfo& info : control_table()) {
    if (!controls.has(info.id) || ranges_.has(info.id))
      continue;
    controls.erase(info.id);
    if (unsupported_.has(info.id))
      continue;
    unsupported_.set(info.id, false);
    const std::shared_ptr<Camera> camera = capture_->camera();
    post_warning(element_, Error(Error::Code::Unsupported,
                                 "camera '" + (camera ? camera->id() : "") + "' has no control '" +
                                     info.name + "'; its value is not used"));
  }
  return controls;
}

bool StreamPad::start_camera() {
  ControlList controls = supported(owner_.take_controls(true));
  first_frame_ = true;
  need_discont_ = true;
  offset_base_ = next_offset_;
  GST_DEBUG_OBJECT(pad_, "starting with %s", controls.to_string().c_str());
  Result<void> started = capture_->start(controls, slots_);
  if (!started) {
    fail(started.error());
    return false;
  }
  return true;
}

void StreamPad::stop_camera() {
  if (capture_->running()) {
    const FrameStats so_far = stats();
    GST_INFO_OBJECT(pad_,
                    "stopping: %" G_GUINT64_FORMAT " frames delivered, %" G_GUINT64_FORMAT
                    " lost, %" G_GUINT64_FORMAT " copied",
                    so_far.delivered, so_far.lost, so_far.copied);
  }
  capture_->stop();
  starving_ = false;
}

/** Gives every idle request a buffer and to the camera. False when the stream has ended. */
bool StreamPad::refill() {
  starving_ = false;
  capture_->forget_released();
  while (Capture::Slot* slot = capture_->idle_slot()) {
    if (!slot->buffer) {
      Result<GstBuffer*> buffer = frame_pool_acquire(pool_.get());
      if (!buffer) {
        fail(buffer.error().within("no memory for a frame"));
        return false;
      }
      if (!*buffer) {
        starving_ = true;
        return true;
      }
      slot->buffer.reset(*buffer);
    }
    slot->request.reuse(false);
    slot->request.controls = supported(owner_.take_controls(false));
    if (Result<void> queued = capture_->queue(*slot); !queued) {
      if (capture_->camera()->failed())
        return true;  // which is posted by who noticed, and the next event
      fail(queued.error());
      return false;
    }
  }
  return true;
}

void StreamPad::end(GstFlowReturn flow) {
  GST_DEBUG_OBJECT(pad_, "ends: %s", gst_flow_get_name(flow));
  stop_camera();
  gst_pad_pause_task(pad_);
  if (flow == GST_FLOW_FLUSHING)
    return;
  const std::optional<guint32> seqnum = capture_->take_eos();
  if (flow != GST_FLOW_EOS) {
    /* Not linked, not negotiated or worse: who refused has said why, here it ends. */
    GST_ELEMENT_FLOW_ERROR(element_, flow);
  }
  push_segment();
  GstEvent* eos = gst_event_new_eos();
  if (seqnum)
    gst_event_set_seqnum(eos, *seqnum);
  gst_pad_push_event(pad_, eos);
}

void StreamPad::fail(const Error& error) {
  post_error(element_, error);
  give_up();
}

void StreamPad::give_up() {
  stop_camera();
  gst_pad_pause_task(pad_);
  push_segment();
  gst_pad_push_event(pad_, gst_event_new_eos());
}

/* ---- frames ---- */

void StreamPad::deliver(Capture::Slot& slot) {
  /* Buffers may have come back since we looked. */
  if (starving_ && !refill())
    return;
  GstBuffer* buffer = take_frame(slot);
  if (!buffer)
    return;
  stamp(buffer, slot);
  ControlList& metadata = slot.request.metadata;
  if (!metadata.has(ControlId::SensorTimestamp))
    metadata.set(ControlId::SensorTimestamp, slot.request.timestamp);
  write_camera_meta(buffer, metadata);
  owner_.note_metadata(metadata);
  if (latency_.note(slot.arrived - slot.request.timestamp)) {
    latency_min_ = latency_.min();
    GST_INFO_OBJECT(pad_, "frames take longer: latency is %" GST_TIME_FORMAT " now",
                    GST_TIME_ARGS(static_cast<GstClockTime>(latency_.min())));
    gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT_CAST(element_)));
  }
  capture_->recycle(slot);

  push_segment();
  pushed_++;
  const GstFlowReturn flow = gst_pad_push(pad_, buffer);
  if (flow == GST_FLOW_OK)
    return;
  /* Downstream changed its mind while the frame was on its way: ask it again. */
  if (flow == GST_FLOW_NOT_NEGOTIATED && GST_PAD_NEEDS_RECONFIGURE(pad_))
    return;
  end(flow);
}

/** The slot's buffer, or a copy when the slot must keep it; nullptr when the stream has ended. */
GstBuffer* StreamPad::take_frame(Capture::Slot& slot) {
  if (config_.copied)
    copied_++;
  /* The pool gives it its full size back. */
  if (!raw_)
    gst_buffer_resize(
        slot.buffer.get(), 0,
        static_cast<gssize>(slot.request.bytes_used[stream_] != 0 ? slot.request.bytes_used[stream_]
                                                                  : config_.layout.size));
  /* A copy would be no dmabuf: then the camera waits for what downstream gives back. */
  const bool nearly_out = !dmabufs_ && starving_ && capture_->queued() < kMinQueued;
  if (!copy_layout_ && !nearly_out)
    return slot.buffer.release();
  GstBuffer* copy = copy_frame(slot.buffer.get());
  if (!copy) {
    fail(Error(Error::Code::NoSpace, "no memory to copy a frame to",
               "Let downstream hold fewer buffers, or choose a smaller picture."));
    return nullptr;
  }
  return copy;
}

GstBuffer* StreamPad::copy_frame(GstBuffer* frame) {
  GST_LOG_OBJECT(pad_, "copying a frame");
  copied_++;
  if (!raw_)
    return gst_buffer_copy_region(
        frame, static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP), 0,
        gst_buffer_get_size(frame));
  GstBuffer* copy = nullptr;
  GstBufferPoolAcquireParams params{};
  params.format = GST_FORMAT_UNDEFINED;
  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  if (!copy_pool_ ||
      gst_buffer_pool_acquire_buffer(copy_pool_.get(), &copy, &params) != GST_FLOW_OK)
    copy = gst_buffer_new_allocate(nullptr, info_.size, nullptr);
  if (!copy)
    return nullptr;
  GstVideoFrame from;
  GstVideoFrame to;
  bool done = false;
  if (gst_video_frame_map(&from, &info_, frame, GST_MAP_READ)) {
    if (gst_video_frame_map(&to, &info_, copy, GST_MAP_WRITE)) {
      done = gst_video_frame_copy(&to, &from) != FALSE;
      gst_video_frame_unmap(&to);
    }
    gst_video_frame_unmap(&from);
  }
  if (!done)
    gst_clear_buffer(&copy);
  return copy;
}

void StreamPad::stamp(GstBuffer* buffer, const Capture::Slot& slot) {
  const Request& request = slot.request;
  {
    const auto clock = ObjectPtr<GstClock>::adopt(gst_element_get_clock(element_));
    clock_map_.set(clock.get(), gst_element_get_base_time(element_));
  }
  const GstClockTime pts = clock_map_.running_time(request.timestamp);
  const uint32_t expected = first_frame_ ? 0 : next_sequence_;
  if (request.sequence > expected)
    report_lost(request.sequence - expected, pts);
  first_frame_ = false;
  next_sequence_ = request.sequence + 1;

  const int64_t duration =
      request.metadata.get_or<int64_t>(ControlId::FrameDuration, config_.frame_duration);
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(buffer) =
      duration > 0 ? static_cast<GstClockTime>(duration) : GST_CLOCK_TIME_NONE;
  GST_BUFFER_OFFSET(buffer) = offset_base_ + request.sequence;
  GST_BUFFER_OFFSET_END(buffer) = offset_base_ + request.sequence + 1;
  next_offset_ = offset_base_ + request.sequence + 1;
  if (std::exchange(need_discont_, false))
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  segment_.position = pts;
  position_ = pts;
}

void StreamPad::report_lost(uint32_t lost, GstClockTime running_time) {
  need_discont_ = true;
  lost_ += lost;
  GST_INFO_OBJECT(pad_, "%u frames lost before the one at %" GST_TIME_FORMAT, lost,
                  GST_TIME_ARGS(running_time));
  GstMessage* message =
      gst_message_new_qos(GST_OBJECT_CAST(element_), TRUE, running_time, running_time, running_time,
                          static_cast<guint64>(config_.frame_duration) * lost);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, pushed_.load(), lost_.load());
  gst_element_post_message(element_, message);
}

}  // namespace gstcam
