/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/stream-task.h"

#include <algorithm>
#include <utility>

#include "gst/debug.h"
#include "gst/element-error.h"

namespace gstcam {

namespace {

bool has(const GstEvent* event, GstEventTypeFlags flag) {
  return (static_cast<guint>(event->type) & static_cast<guint>(flag)) != 0;
}

StreamPad& stream_of(const ObjectPtr<GstPad>& pad) {
  return StreamPad::of(pad.get());
}

}  // namespace

StreamTask::StreamTask(GstElement* element, std::shared_ptr<Capture> capture, StreamOwner& owner)
    : element_(element),
      capture_(std::move(capture)),
      owner_(owner),
      task_(ObjectPtr<GstTask>::adopt(gst_task_new(task, this, nullptr))) {
  g_rec_mutex_init(&task_lock_);
  gst_task_set_lock(task_.get(), &task_lock_);
  gst_task_set_enter_callback(task_.get(), on_enter, this, nullptr);
  gst_task_set_leave_callback(task_.get(), on_leave, this, nullptr);
}

StreamTask::~StreamTask() {
  stop();
  task_.reset();
  g_rec_mutex_clear(&task_lock_);
}

/* ---- states ---- */

Result<void> StreamTask::start() {
  {
    const std::lock_guard lock(control_mutex_);
    active_ = true;
    flushing_ = false;
    group_id_ = gst_util_group_id_next();
    offset_base_ = 0;
    next_offset_ = 0;
    frames_ = 0;
    lost_ = 0;
    unsupported_.clear();
    hang_told_ = false;
    pads_changed_ = true;
    capture_->reset();
    capture_->set_flushing(false);
  }
  /* One may have been requested while the others were activated. */
  for (const PadRef& pad : pads())
    gst_pad_set_active(pad.get(), TRUE);
  post_status(GST_STREAM_STATUS_TYPE_CREATE);
  const CharPtr name(gst_object_get_name(GST_OBJECT_CAST(element_)));
  gst_object_set_name(GST_OBJECT_CAST(task_.get()), (std::string(name.get()) + ":streams").c_str());
  const std::lock_guard lock(control_mutex_);
  if (active_ && !gst_task_start(task_.get()))
    return Error(Error::Code::NoSpace, "the streaming thread cannot be started");
  return {};
}

void StreamTask::prepare_stop() {
  const std::lock_guard lock(control_mutex_);
  active_ = false;
  capture_->set_flushing(true);
}

void StreamTask::stop() {
  prepare_stop();
  for (const PadRef& pad : pads())
    gst_pad_set_active(pad.get(), FALSE);
  gst_task_join(task_.get());
  g_rec_mutex_lock(&task_lock_);
  unconfigure();
  current_.clear();
  g_rec_mutex_unlock(&task_lock_);
  const std::lock_guard lock(queued_events_mutex_);
  queued_events_.clear();
}

void StreamTask::on_enter(GstTask* /*task*/, GThread* /*thread*/, gpointer self) {
  static_cast<StreamTask*>(self)->post_status(GST_STREAM_STATUS_TYPE_ENTER);
}

void StreamTask::on_leave(GstTask* /*task*/, GThread* /*thread*/, gpointer self) {
  static_cast<StreamTask*>(self)->post_status(GST_STREAM_STATUS_TYPE_LEAVE);
}

/** As a pad with a task of its own says it: applications set priorities by it. */
void StreamTask::post_status(GstStreamStatusType type) {
  GstMessage* message = gst_message_new_stream_status(GST_OBJECT_CAST(element_), type, element_);
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_TASK);
  g_value_set_object(&value, task_.get());
  gst_message_set_stream_status_object(message, &value);
  g_value_unset(&value);
  gst_element_post_message(element_, message);
}

/* ---- pads ---- */

std::vector<StreamTask::PadRef> StreamTask::pads() const {
  const std::lock_guard lock(pads_mutex_);
  return pads_;
}

Result<uint32_t> StreamTask::free_stream(const char* pad_name) const {
  const std::shared_ptr<Camera> camera = capture_->camera();
  const uint32_t count =
      camera ? std::min(camera->stream_count(), Request::kMaxStreams) : Request::kMaxStreams;
  const std::vector<PadRef> all = pads();
  for (uint32_t stream = 0; stream < count; stream++) {
    const std::string name = "src_" + std::to_string(stream);
    if (pad_name && name != pad_name)
      continue;
    const auto taken = std::ranges::find_if(
        all, [stream](const PadRef& pad) { return stream_of(pad).stream() == stream; });
    if (taken == all.end())
      return stream;
    if (pad_name)
      return Error(Error::Code::Busy, "stream " + std::to_string(stream) + " is on " +
                                          stream_of(*taken).name() + " already");
  }
  const std::string last = "src_" + std::to_string(count - 1);
  if (!pad_name)
    return Error(Error::Code::NotFound,
                 "every stream has a pad: there are no more than " + std::to_string(count));
  const std::string which = camera ? "camera '" + camera->id() + "' has" : "no camera has";
  return Error(Error::Code::NotFound, which + " a stream for pad '" + pad_name + "'", "");
}

bool StreamTask::add(GstPad* pad) {
  {
    const std::lock_guard lock(pads_mutex_);
    const uint32_t stream = StreamPad::of(pad).stream();
    if (std::ranges::any_of(
            pads_, [stream](const PadRef& other) { return stream_of(other).stream() == stream; }))
      return false;
    pads_.push_back(PadRef::ref(pad));
    pads_changed_ = true;
  }
  bool active = false;
  {
    const std::lock_guard lock(control_mutex_);
    active = active_;
  }
  if (active)
    gst_pad_set_active(pad, TRUE);
  return true;
}

void StreamTask::remove(GstPad* pad) {
  {
    const std::lock_guard lock(pads_mutex_);
    std::erase_if(pads_, [pad](const PadRef& other) { return other.get() == pad; });
    pads_changed_ = true;
  }
  gst_pad_set_active(pad, FALSE);
  capture_->wake();
}

Result<void> StreamTask::check_streams() const {
  const std::shared_ptr<Camera> camera = capture_->camera();
  if (!camera)
    return Error(Error::Code::WrongState, "no camera is open");
  const uint32_t count = camera->stream_count();
  for (const PadRef& pad : pads()) {
    const StreamPad& stream = stream_of(pad);
    if (stream.linked() && stream.stream() >= count)
      return Error(Error::Code::NotFound,
                   "camera '" + camera->id() + "' has no stream for " + stream.name(),
                   count == 1 ? "It has stream 0 only, on pad 'src'"
                              : "It has streams 0 to " + std::to_string(count - 1));
  }
  return {};
}

void StreamTask::pad_activated() {
  const std::lock_guard lock(control_mutex_);
  if (!active_)
    return;
  goes_on_ = true;
  capture_->wake();
  gst_task_start(task_.get());
}

PadDriver::Promise StreamTask::promise() const {
  return {latency_min_, frame_duration_, slots_};
}

FrameStats StreamTask::stats() const {
  FrameStats stats{frames_, lost_, 0};
  for (const PadRef& pad : pads())
    stats.copied += stream_of(pad).stats().copied;
  return stats;
}

/* ---- events ---- */

bool StreamTask::send_event(EventPtr event) {
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
  if (!has(event.get(), GST_EVENT_TYPE_DOWNSTREAM)) {
    /* As if from downstream: what it means to one pad it means to all. */
    const std::vector<PadRef> all = pads();
    return !all.empty() && gst_pad_send_event(all.front().get(), event.release()) != FALSE;
  }
  if (!has(event.get(), GST_EVENT_TYPE_SERIALIZED))
    return push_to_pads(std::move(event));
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

bool StreamTask::push_to_pads(EventPtr event) {
  bool pushed = false;
  for (const PadRef& pad : pads())
    pushed = stream_of(pad).push_event(EventPtr(gst_event_ref(event.get()))) || pushed;
  return pushed;
}

bool StreamTask::flush_start(EventPtr event) {
  {
    const std::lock_guard lock(control_mutex_);
    if (!active_)
      return false;
    flushing_ = true;
    capture_->set_flushing(true);
  }
  return push_to_pads(std::move(event));
}

bool StreamTask::flush_stop(EventPtr event) {
  if (!flushing_)
    return false;
  /* The task is on its way out: it flushes, and so does everything downstream. */
  g_rec_mutex_lock(&task_lock_);
  const bool pushed = push_to_pads(std::move(event));
  for (const PadRef& pad : pads())
    stream_of(pad).note_flush();
  capture_->reset();
  g_rec_mutex_unlock(&task_lock_);

  const std::lock_guard lock(control_mutex_);
  flushing_ = false;
  if (active_) {
    capture_->set_flushing(false);
    gst_task_start(task_.get());
  }
  return pushed;
}

/* ---- the task ---- */

void StreamTask::task(gpointer self) {
  static_cast<StreamTask*>(self)->loop();
}

void StreamTask::loop() {
  goes_on_ = false;
  if (pads_changed_.exchange(false))
    current_ = pads();
  begin_pads();
  push_queued_events();
  const int limit = owner_.num_buffers();
  if (limit >= 0 && frames_ >= static_cast<uint64_t>(limit))
    return end(GST_FLOW_EOS);
  if (!negotiate_where_needed())
    return;
  if (capture_->running() && !refill())
    return;
  Capture::Slot* slot = nullptr;
  const Capture::Event event = capture_->wait(starving(), &slot);
  handle(event, slot);
}

void StreamTask::handle(Capture::Event event, Capture::Slot* slot) {
  switch (event) {
    case Capture::Event::Flushing:
      return end(GST_FLOW_FLUSHING);
    case Capture::Event::Eos:
      return end(GST_FLOW_EOS);
    case Capture::Event::Pause:
      return stop_camera();
    case Capture::Event::Play:
      return start_camera();
    case Capture::Event::Frame:
      return deliver(*slot);
    case Capture::Event::Failed:
      return give_up();  // the element has posted why
    case Capture::Event::Silent:
      return note_silence();
    case Capture::Event::Wake:
    case Capture::Event::Released:
      return;  // the next round looks
  }
}

void StreamTask::begin_pads() {
  for (const PadRef& pad : current_) {
    StreamPad& stream = stream_of(pad);
    if (!stream.is_to_begin())
      continue;
    const std::shared_ptr<Camera> camera = capture_->camera();
    stream.begin(camera ? camera->id() : "none", group_id_);
  }
}

void StreamTask::push_queued_events() {
  for (;;) {
    EventPtr event;
    {
      const std::lock_guard lock(queued_events_mutex_);
      /* Sticky events must not come before the segment, which needs caps. */
      if (queued_events_.empty() || configured_.empty())
        return;
      event = std::move(queued_events_.front());
      queued_events_.pop_front();
    }
    for (const PadRef& pad : configured_) {
      StreamPad& stream = stream_of(pad);
      if (stream.active() && stream.push_sticky_events())
        stream.push_event(EventPtr(gst_event_ref(event.get())));
    }
  }
}

/** Without what this camera has not, which is said once. */
ControlList StreamTask::supported(ControlList controls) {
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

void StreamTask::start_camera() {
  /* What nobody takes any more goes now: nobody is interrupted. */
  if (std::ranges::any_of(configured_, [](const PadRef& p) { return !stream_of(p).wanted(); }) &&
      !negotiate(true))
    return;
  if (configured_.empty()) {
    const bool linked =
        std::ranges::any_of(current_, [](const PadRef& p) { return stream_of(p).linked(); });
    return end(linked ? GST_FLOW_FLUSHING : GST_FLOW_NOT_LINKED);
  }
  ControlList controls = supported(owner_.take_controls(true));
  first_frame_ = true;
  for (const PadRef& pad : configured_)
    stream_of(pad).note_restart();
  offset_base_ = next_offset_;
  GST_DEBUG_OBJECT(element_, "starting %zu streams with %s", configured_.size(),
                   controls.to_string().c_str());
  if (Result<void> started = capture_->start(controls, slots_, patience()); !started)
    fail(started.error());
}

/** Time without a frame that is none of the frame rate's. */
std::chrono::nanoseconds StreamTask::patience() const {
  return std::max<std::chrono::nanoseconds>(kMinPatience,
                                            4 * std::chrono::nanoseconds(frame_duration_));
}

void StreamTask::note_silence() {
  const std::shared_ptr<Camera> camera = capture_->camera();
  /* It failed, and hangs before it could say so. */
  if (const std::optional<Error> failure = camera ? camera->failure() : std::nullopt; failure)
    return fail(*failure);
  const auto time = std::chrono::duration_cast<std::chrono::seconds>(patience());
  post_warning(element_,
               Error(Error::Code::Timeout,
                     "camera '" + (camera ? camera->id() : "") + "' has sent no frame for " +
                         std::to_string(time.count()) + " s",
                     "it may go on by itself; if it does not, unplug it and plug it in again"));
}

/** An error of the camera's; that it hangs is said once. */
void StreamTask::post(const Error& error) {
  const std::shared_ptr<Camera> camera = capture_->camera();
  if (camera && camera->hangs() && std::exchange(hang_told_, true))
    return;
  post_error(element_, error);
}

void StreamTask::stop_camera() {
  if (capture_->running()) {
    const FrameStats so_far = stats();
    GST_INFO_OBJECT(element_,
                    "stopping: %" G_GUINT64_FORMAT " frames delivered, %" G_GUINT64_FORMAT
                    " lost, %" G_GUINT64_FORMAT " copied",
                    so_far.delivered, so_far.lost, so_far.copied);
  }
  if (Result<void> stopped = capture_->stop(); !stopped)
    post(stopped.error());
  for (const PadRef& pad : configured_)
    stream_of(pad).forget_starving();
}

bool StreamTask::starving() const {
  return std::ranges::any_of(configured_, [](const PadRef& p) { return stream_of(p).starving(); });
}

/** Gives every idle request its buffers and to the camera. False when the stream has ended. */
bool StreamTask::refill() {
  for (const PadRef& pad : configured_)
    stream_of(pad).forget_starving();
  capture_->forget_released();
  while (Capture::Slot* slot = capture_->idle_slot()) {
    for (const PadRef& pad : configured_) {
      if (Result<bool> filled = stream_of(pad).fill(*slot); !filled) {
        fail(filled.error());
        return false;
      }
    }
    if (starving()) {
      if (capture_->camera()->failed())
        capture_->expect_failure();
      return true;
    }
    slot->request.reuse(false);
    slot->request.controls = supported(owner_.take_controls(false));
    if (Result<void> queued = capture_->queue(*slot); !queued) {
      if (capture_->camera()->failed()) {
        capture_->expect_failure();  // which is posted by who noticed, and the next event
        return true;
      }
      fail(queued.error());
      return false;
    }
  }
  return true;
}

void StreamTask::end(GstFlowReturn flow) {
  GST_DEBUG_OBJECT(element_, "ends: %s", gst_flow_get_name(flow));
  if (flow == GST_FLOW_FLUSHING) {
    stop_camera();
    return pause(true);
  }
  const std::optional<guint32> seqnum = capture_->take_eos();
  if (flow != GST_FLOW_EOS) {
    /* Not linked, not negotiated or worse: who refused has said why, here it ends. */
    stop_camera();
    GST_ELEMENT_FLOW_ERROR(element_, flow);
  }
  give_up(seqnum.value_or(GST_SEQNUM_INVALID));
}

/** No next round, unless a pad became active meanwhile and that is what it would end. */
void StreamTask::pause(bool for_flush) {
  const std::lock_guard lock(control_mutex_);
  if (!active_)
    gst_task_stop(task_.get());  // somebody waits for that in stop()
  else if (!for_flush || !goes_on_)
    gst_task_pause(task_.get());
}

void StreamTask::fail(const Error& error) {
  post(error);
  give_up();
}

/** EOS on all pads, and no more. */
void StreamTask::give_up(guint32 eos_seqnum) {
  stop_camera();
  pause(false);
  for (const PadRef& pad : current_) {
    StreamPad& stream = stream_of(pad);
    if (stream.active())
      stream.push_eos(eos_seqnum);
  }
}

/* ---- frames ---- */

void StreamTask::deliver(Capture::Slot& slot) {
  /* Buffers may have come back since we looked. */
  if (starving() && !refill())
    return;
  const FrameTimes times = times_of(slot);
  ControlList& metadata = slot.request.metadata;
  if (!metadata.has(ControlId::SensorTimestamp))
    metadata.set(ControlId::SensorTimestamp, slot.request.timestamp);
  std::array<BufferPtr, Request::kMaxStreams> buffers;
  for (const PadRef& pad : configured_) {
    StreamPad& stream = stream_of(pad);
    Result<BufferPtr> buffer = stream.take_frame(slot, times, configured_.size() == 1);
    if (!buffer)
      return fail(buffer.error());
    buffers[stream.stream()] = std::move(*buffer);
  }
  owner_.note_metadata(metadata);
  if (latency_.note(slot.arrived - slot.request.timestamp)) {
    latency_min_ = latency_.min();
    GST_INFO_OBJECT(element_, "frames take longer: latency is %" GST_TIME_FORMAT " now",
                    GST_TIME_ARGS(static_cast<GstClockTime>(latency_.min())));
    gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT_CAST(element_)));
  }
  capture_->recycle(slot);

  frames_++;
  Flows flows{};
  for (const PadRef& pad : configured_) {
    StreamPad& stream = stream_of(pad);
    GstFlowReturn& flow = flows[stream.stream()];
    flow = stream.push(std::move(buffers[stream.stream()]));
    /* Who has enough gets its end; the others go on. */
    if (flow == GST_FLOW_EOS)
      stream.push_eos(GST_SEQNUM_INVALID);
  }
  if (const GstFlowReturn flow = combine(flows); flow != GST_FLOW_OK)
    end(flow);
}

GstFlowReturn StreamTask::combine(const Flows& flows) const {
  bool goes_on = false;
  GstFlowReturn ended = GST_FLOW_NOT_LINKED;
  for (const PadRef& pad : configured_) {
    const GstFlowReturn flow = flows[stream_of(pad).stream()];
    if (flow == GST_FLOW_OK)
      goes_on = true;
    else if (flow == GST_FLOW_FLUSHING)
      ended = flow;  // perhaps only this pad, and not for long
    else if (flow == GST_FLOW_EOS)
      ended = ended == GST_FLOW_FLUSHING ? ended : flow;
    else if (flow != GST_FLOW_NOT_LINKED)
      return flow;
  }
  return goes_on ? GST_FLOW_OK : ended;
}

FrameTimes StreamTask::times_of(const Capture::Slot& slot) {
  const Request& request = slot.request;
  {
    const auto clock = ObjectPtr<GstClock>::adopt(gst_element_get_clock(element_));
    clock_map_.set(clock.get(), gst_element_get_base_time(element_));
  }
  FrameTimes times;
  times.pts = clock_map_.running_time(request.timestamp);
  const uint32_t expected = first_frame_ ? 0 : next_sequence_;
  if (request.sequence > expected)
    times.lost = request.sequence - expected;
  lost_ += times.lost;
  first_frame_ = false;
  next_sequence_ = request.sequence + 1;
  const int64_t duration =
      request.metadata.get_or<int64_t>(ControlId::FrameDuration, frame_duration_);
  times.duration = duration > 0 ? static_cast<GstClockTime>(duration) : GST_CLOCK_TIME_NONE;
  times.offset = offset_base_ + request.sequence;
  next_offset_ = times.offset + 1;
  return times;
}

}  // namespace gstcam
