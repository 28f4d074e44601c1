/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/stream-pad.h"

#include <utility>

#include "gst/camera-meta.h"
#include "gst/debug.h"

namespace gstcam {

GstStructure* to_structure(const FrameStats& stats) {
  return gst_structure_new("frame-stats", "delivered", G_TYPE_UINT64, stats.delivered, "lost",
                           G_TYPE_UINT64, stats.lost, "copied", G_TYPE_UINT64, stats.copied,
                           nullptr);
}

StreamPad::StreamPad(GstElement* element, GstPad* pad, uint32_t stream,
                     std::shared_ptr<Capture> capture, PadDriver& driver)
    : element_(element), pad_(pad), stream_(stream), capture_(std::move(capture)), driver_(driver) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  gst_pad_set_element_private(pad_, this);
  gst_pad_set_event_function(pad_, on_event);
  gst_pad_set_query_function(pad_, on_query);
  gst_pad_set_activate_function(pad_, on_activate);
  gst_pad_set_activatemode_function(pad_, on_activate_mode);
}

StreamPad::~StreamPad() {
  close_pool();
  close_copy_pool();
}

StreamPad& StreamPad::of(GstPad* pad) {
  return *static_cast<StreamPad*>(gst_pad_get_element_private(pad));
}

/* ---- any thread ---- */

std::string StreamPad::name() const {
  const CharPtr pad_name(gst_pad_get_name(pad_));
  return std::string("pad '") + pad_name.get() + "' (stream " + std::to_string(stream_) + ")";
}

FrameStats StreamPad::stats() const {
  return {pushed_, lost_, copied_};
}

bool StreamPad::push_event(EventPtr event) {
  return gst_pad_push_event(pad_, event.release()) != FALSE;
}

gboolean StreamPad::on_activate(GstPad* pad, GstObject* /*parent*/) {
  /* What it was told before it was last inactive is gone, and so must be who still pushes. */
  const std::lock_guard lock(of(pad).push_mutex_);
  return gst_pad_activate_mode(pad, GST_PAD_MODE_PUSH, TRUE);
}

gboolean StreamPad::on_activate_mode(GstPad* pad, GstObject* /*parent*/, GstPadMode mode,
                                     gboolean active) {
  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  StreamPad& self = of(pad);
  /* Inactive, it is flushing, which ends whatever the task does on it; the element waits for the
   * task when all of its pads are. */
  if (active)
    self.activate();
  else
    self.active_ = false;
  return TRUE;
}

void StreamPad::activate() {
  pushed_ = 0;
  lost_ = 0;
  copied_ = 0;
  dmabufs_refused_ = false;
  position_ = GST_CLOCK_TIME_NONE;
  begins_ = true;
  active_ = true;
  driver_.pad_activated();
}

gboolean StreamPad::on_event(GstPad* pad, GstObject* /*parent*/, GstEvent* event) {
  const EventPtr owned(event);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_QOS:  // a camera cannot be faster or slower
    case GST_EVENT_LATENCY:
      return TRUE;
    case GST_EVENT_RECONFIGURE:
      /* The pad is marked already; the task may be waiting. */
      of(pad).capture_->wake();
      return TRUE;
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      return of(pad).flush(event) ? TRUE : FALSE;
    default:
      GST_DEBUG_OBJECT(pad, "not handling %s", GST_EVENT_TYPE_NAME(event));
      return FALSE;
  }
}

/** An application flushes this pad alone, and sends it both events. */
bool StreamPad::flush(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START)
    return push_event(EventPtr(gst_event_ref(event)));
  /* Not between a segment and the frame after it. */
  const std::lock_guard lock(push_mutex_);
  flushed_ = true;
  return push_event(EventPtr(gst_event_ref(event)));
}

/* ---- events: the task's ---- */

void StreamPad::begin(const std::string& camera_id, guint group_id) {
  if (begins_.exchange(false)) {
    need_stream_start_ = true;
    need_caps_ = caps_ != nullptr;
    flushed_ = true;
    gst_segment_init(&segment_, GST_FORMAT_TIME);
  }
  /* The same for the same camera whenever and wherever it runs. */
  const std::string id = "camera/" + camera_id + "/" + std::to_string(stream_);
  GstEvent* event = gst_event_new_stream_start(id.c_str());
  gst_event_set_group_id(event, group_id);
  need_stream_start_ = gst_pad_push_event(pad_, event) == FALSE;
}

void StreamPad::look_for_flush() {
  if (!flushed_.exchange(false))
    return;
  need_segment_ = true;
  need_discont_ = true;
  ended_ = false;
}

bool StreamPad::push_caps() {
  /* False only while the pad is flushing or at its end. Where downstream does not take them after
   * all, pushing a frame says so. */
  if (need_caps_ && caps_ && !need_stream_start_)
    need_caps_ = gst_pad_push_event(pad_, gst_event_new_caps(caps_.get())) == FALSE;
  return !need_caps_;
}

bool StreamPad::push_sticky_events() {
  look_for_flush();
  if (begins_ || need_stream_start_ || !push_caps())
    return false;
  /* Who pushes a flush on the pad behind our back takes the segment with it. */
  const EventPtr sticky(gst_pad_get_sticky_event(pad_, GST_EVENT_SEGMENT, 0));
  if (!need_segment_ && sticky)
    return true;
  if (!sticky)
    need_discont_ = true;
  need_segment_ = gst_pad_push_event(pad_, gst_event_new_segment(&segment_)) == FALSE;
  return !need_segment_;
}

void StreamPad::push_eos(guint32 seqnum) {
  look_for_flush();
  if (std::exchange(ended_, true))
    return;
  push_sticky_events();
  GstEvent* eos = gst_event_new_eos();
  if (seqnum != GST_SEQNUM_INVALID)
    gst_event_set_seqnum(eos, seqnum);
  gst_pad_push_event(pad_, eos);
}

/* ---- frames: the task's ---- */

Result<BufferPtr> StreamPad::acquire() {
  Result<GstBuffer*> frame = frame_pool_acquire(pool_.get());
  if (!frame)
    return frame.error().within("no memory for a frame");
  return BufferPtr(*frame);
}

Result<bool> StreamPad::fill(Capture::Slot& slot) {
  BufferPtr& buffer = slot.buffers[stream_];
  if (buffer)
    return true;
  Result<BufferPtr> frame = acquire();
  if (!frame)
    return frame.error();
  buffer = std::move(*frame);
  /* Which waits there for another stream's, perhaps. */
  if (!buffer)
    buffer = capture_->take_spare(slot, stream_);
  starving_ = !buffer;
  return !starving_;
}

Result<BufferPtr> StreamPad::take_frame(Capture::Slot& slot, const FrameTimes& times, bool alone) {
  look_for_flush();
  if (ended_ || !wanted()) {
    need_discont_ = true;
    return BufferPtr();
  }
  if (times.lost > 0)
    report_lost(times.lost, times.pts);
  if (config_.copied)
    copied_++;
  BufferPtr& own = slot.buffers[stream_];
  /* The pool gives it its full size back. */
  if (const size_t used = slot.request.bytes_used[stream_]; !raw_)
    gst_buffer_resize(own.get(), 0, static_cast<gssize>(used != 0 ? used : config_.layout.size));
  /* Where another pad starves, the camera may have few requests while we had enough so far. */
  const bool low = capture_->queued() < kMinQueued;
  BufferPtr next;
  if (low && !starving_ && !copy_layout_) {
    Result<BufferPtr> spare = acquire();
    if (!spare)
      return spare.error();
    next = std::move(*spare);
    starving_ = !next;
  }
  const bool nearly_out = low && starving_;
  if (dmabufs_ && nearly_out && !alone) {
    /* A copy would be no dmabuf, and the other pads' frames need the slot. */
    report_lost(1, times.pts);
    return BufferPtr();
  }
  /* Alone, the camera waits for what downstream gives back. */
  const bool copies = copy_layout_ || (nearly_out && !dmabufs_);
  BufferPtr buffer = copies ? copy_frame(own.get()) : std::exchange(own, std::move(next));
  if (!buffer)
    return Error(Error::Code::NoSpace, "no memory to copy a frame to",
                 "Let downstream hold fewer buffers, or choose a smaller picture.");
  write_camera_meta(buffer.get(), slot.request.metadata);
  stamp(buffer.get(), times);
  return buffer;
}

BufferPtr StreamPad::copy_frame(GstBuffer* frame) {
  GST_LOG_OBJECT(pad_, "copying a frame");
  copied_++;
  if (!raw_)
    return BufferPtr(gst_buffer_copy_region(
        frame, static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP), 0,
        gst_buffer_get_size(frame)));
  GstBuffer* taken = nullptr;
  GstBufferPoolAcquireParams params{};
  params.format = GST_FORMAT_UNDEFINED;
  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  if (!copy_pool_ ||
      gst_buffer_pool_acquire_buffer(copy_pool_.get(), &taken, &params) != GST_FLOW_OK)
    taken = gst_buffer_new_allocate(nullptr, info_.size, nullptr);
  BufferPtr copy(taken);
  if (!copy)
    return {};
  GstVideoFrame from;
  GstVideoFrame to;
  bool done = false;
  if (gst_video_frame_map(&from, &info_, frame, GST_MAP_READ)) {
    if (gst_video_frame_map(&to, &info_, copy.get(), GST_MAP_WRITE)) {
      done = gst_video_frame_copy(&to, &from) != FALSE;
      gst_video_frame_unmap(&to);
    }
    gst_video_frame_unmap(&from);
  }
  return done ? std::move(copy) : BufferPtr();
}

void StreamPad::stamp(GstBuffer* buffer, const FrameTimes& times) {
  GST_BUFFER_PTS(buffer) = times.pts;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(buffer) = times.duration;
  GST_BUFFER_OFFSET(buffer) = times.offset;
  GST_BUFFER_OFFSET_END(buffer) = times.offset + 1;
}

GstFlowReturn StreamPad::push(BufferPtr buffer) {
  if (ended_)
    return GST_FLOW_EOS;
  if (!active())
    return GST_FLOW_FLUSHING;
  if (!buffer)
    return linked() ? GST_FLOW_OK : GST_FLOW_NOT_LINKED;
  const std::lock_guard lock(push_mutex_);
  if (!push_sticky_events()) {
    need_discont_ = true;
    return GST_PAD_IS_EOS(pad_) ? GST_FLOW_EOS : GST_FLOW_FLUSHING;
  }
  if (std::exchange(need_discont_, false))
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  segment_.position = GST_BUFFER_PTS(buffer.get());
  position_ = segment_.position;
  pushed_++;
  const GstFlowReturn flow = gst_pad_push(pad_, buffer.release());
  /* Downstream changed its mind while the frame was on its way: ask it again. */
  if (flow == GST_FLOW_NOT_NEGOTIATED && GST_PAD_NEEDS_RECONFIGURE(pad_))
    return GST_FLOW_OK;
  if (flow != GST_FLOW_OK)
    need_discont_ = true;
  if (flow == GST_FLOW_FLUSHING)
    need_segment_ = true;
  return flow;
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
  /* The element's, as those of any source are; which of its pads, for who wants to know. */
  const CharPtr pad_name(gst_pad_get_name(pad_));
  gst_structure_set(gst_message_writable_structure(message), "pad", G_TYPE_STRING, pad_name.get(),
                    nullptr);
  gst_element_post_message(element_, message);
}

}  // namespace gstcam
