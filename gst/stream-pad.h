/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * StreamPad: one stream of a camera on one source pad, and the task that drives it.
 *
 * The task negotiates caps and allocation, starts and stops the camera as the element plays and
 * pauses, keeps requests queued and pushes what comes back. It is a helper of the pad, not a
 * subclass: the element owns it and the pad's functions find it by gst_pad_get_element_private().
 *
 * Threads: whatever is not marked runs in any thread; the private methods in the task's.
 */
#pragma once

#include <gst/video/video.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "gst/capture.h"
#include "gst/clock-map.h"
#include "gst/latency.h"
#include "gst/stream-caps.h"

namespace gstcam {

/** What a stream needs of its element. Any thread. */
class StreamOwner {
 public:
  virtual ~StreamOwner() = default;
  /** Controls set since the last call, or all that were ever set. */
  virtual ControlList take_controls(bool all) = 0;
  /** What came back with a frame. */
  virtual void note_metadata(const ControlList& metadata) = 0;
  /** Buffers to push before EOS, -1 for no end. */
  [[nodiscard]] virtual int num_buffers() const = 0;
};

/** Frames since the pad was activated. */
struct FrameStats {
  uint64_t delivered = 0;
  uint64_t lost = 0;
  uint64_t copied = 0;  // copies, by the element or out of a driver that does not share its memory
};

class StreamPad {
 public:
  StreamPad(GstElement* element, GstPad* pad, std::shared_ptr<Capture> capture, StreamOwner& owner);
  ~StreamPad();
  StreamPad(const StreamPad&) = delete;
  StreamPad& operator=(const StreamPad&) = delete;

  /** From the pad's activation: starts the task, or ends it and lets go of everything. */
  bool activate(bool active);
  FrameStats stats() const;
  /** An event that an application sends to the element: EOS, flush, anything downstream. */
  bool send_event(EventPtr event);

 private:
  static void task(gpointer self);
  static gboolean on_event(GstPad* pad, GstObject* parent, GstEvent* event);
  static gboolean on_query(GstPad* pad, GstObject* parent, GstQuery* query);
  static gboolean on_activate(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active);

  bool query(GstQuery* query);
  bool query_latency(GstQuery* query) const;
  bool query_caps(GstQuery* query) const;
  bool query_position(GstQuery* query) const;
  bool flush_start(EventPtr event);
  bool flush_stop(EventPtr event);

  void loop();
  void handle(Capture::Event event, Capture::Slot* slot);
  void push_start_events();
  void push_queued_events();
  void push_segment();
  bool start_camera();
  ControlList supported(ControlList controls);
  void stop_camera();
  bool refill();
  void deliver(Capture::Slot& slot);
  void end(GstFlowReturn flow);
  void fail(const Error& error);
  void give_up();

  bool negotiate();
  [[nodiscard]] CapsPtr our_caps(const Camera& camera) const;
  CapsPtr common_caps(GstCaps* ours);
  CapsPtr choose_caps();
  bool apply_caps(CapsPtr caps);
  bool decide_allocation();
  void make_copy_pool(const ObjectPtr<GstBufferPool>& theirs, guint size, bool with_meta);
  bool make_pool(uint32_t max_buffers);
  void close_pools();
  GstBuffer* copy_frame(GstBuffer* frame);
  GstBuffer* take_frame(Capture::Slot& slot);
  void stamp(GstBuffer* buffer, const Capture::Slot& slot);
  void report_lost(uint32_t lost, GstClockTime running_time);

  GstElement* const element_;  // owns us
  GstPad* const pad_;
  const std::shared_ptr<Capture> capture_;
  StreamOwner& owner_;
  const uint32_t stream_ = 0;
  /** Below so many requests at the camera, frames are copied rather than handed out. */
  static constexpr uint32_t kMinQueued = 2;

  std::mutex control_mutex_;  // whether the task may run
  bool active_ = false;
  std::atomic<bool> flushing_ = false;

  std::mutex queued_events_mutex_;
  std::deque<EventPtr> queued_events_;

  /* Written by the task, read by queries and stats(). */
  std::atomic<int64_t> latency_min_ = 0;
  std::atomic<int64_t> frame_duration_ = 0;
  std::atomic<uint32_t> slots_ = 0;
  std::atomic<GstClockTime> position_ = GST_CLOCK_TIME_NONE;
  std::atomic<bool> dmabufs_refused_ = false;  // the camera has none, whatever it said
  std::atomic<uint64_t> pushed_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<uint64_t> copied_ = 0;

  /* The task's own. */
  bool need_stream_start_ = true;
  bool need_segment_ = true;
  bool need_discont_ = true;
  bool first_frame_ = true;  // of a run of the camera
  bool starving_ = false;    // not every slot has a buffer: the pool is at its limit
  bool copy_layout_ = false;
  CapsPtr caps_;
  GstVideoInfo info_{};
  bool raw_ = true;       // video/x-raw: planes, and nothing coded
  bool dmabufs_ = false;  // as the caps say: no frame is ever copied
  GstSegment segment_{};
  StreamConfiguration config_;
  ControlRanges ranges_;     // of the configured camera
  ControlList unsupported_;  // the application knows
  ObjectPtr<GstBufferPool> pool_;
  ObjectPtr<GstBufferPool> copy_pool_;
  uint32_t max_buffers_ = 0;
  ClockMap clock_map_;
  Latency latency_;
  uint32_t next_sequence_ = 0;
  uint64_t offset_base_ = 0;
  uint64_t next_offset_ = 0;
};

}  // namespace gstcam
