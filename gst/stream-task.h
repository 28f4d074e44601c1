/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * StreamTask: the streams of one camera on their pads, and the one task that drives them.
 *
 * A frame is one request, with a buffer for every stream: the task negotiates for all linked pads,
 * configures the camera once for all of them, starts and stops it as the element plays and pauses,
 * keeps requests queued, and pushes what comes back on one pad after the other. So a pad whose
 * downstream blocks keeps the others waiting, as it does behind a tee.
 *
 * A pad that is not linked takes no stream. Linked while the camera runs, it joins at the next
 * round, for which the camera is stopped a moment; unlinked or released, its frames are dropped,
 * and its stream goes when the camera is configured or started the next time: nobody else notices.
 *
 * Threads: each method says so by its group. control_mutex_ is never held while a pad, the camera
 * or the task is waited for.
 */
#pragma once

#include <gst/gst.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gst/capture.h"
#include "gst/clock-map.h"
#include "gst/latency.h"
#include "gst/stream-pad.h"

namespace gstcam {

/** What the streams need of their element. Any thread. */
class StreamOwner {
 public:
  virtual ~StreamOwner() = default;
  /** Controls set since the last call, or all that were ever set. */
  virtual ControlList take_controls(bool all) = 0;
  /** What came back with a frame. */
  virtual void note_metadata(const ControlList& metadata) = 0;
  /** Frames to push before EOS, -1 for no end. */
  [[nodiscard]] virtual int num_buffers() const = 0;
};

class StreamTask : public PadDriver {
 public:
  StreamTask(GstElement* element, std::shared_ptr<Capture> capture, StreamOwner& owner);
  ~StreamTask() override;
  StreamTask(const StreamTask&) = delete;
  StreamTask& operator=(const StreamTask&) = delete;

  /* ---- pads: any thread ---- */

  /** The stream that is free, of those the camera has: any, or the one of this pad's name. */
  [[nodiscard]] Result<uint32_t> free_stream(const char* pad_name) const;
  /** False where another pad has its stream. Active at once, where the others are. */
  bool add(GstPad* pad);
  /** It is inactive after it. */
  void remove(GstPad* pad);

  /* ---- the element's changes of state, one at a time ---- */

  /** Whether the camera has the streams of its linked pads. */
  [[nodiscard]] Result<void> check_streams() const;
  /** To PAUSED; the pads are active. */
  Result<void> start();
  /** Before the pads get inactive: the task begins nothing more. */
  void prepare_stop();
  /** The pads are inactive: waits for the task, and lets go of everything. */
  void stop();

  /* ---- any thread ---- */

  /** An event that an application sends to the element: EOS, flush, anything downstream. */
  bool send_event(EventPtr event);
  /** Frames since the element went to PAUSED; copies on all pads. */
  [[nodiscard]] FrameStats stats() const;

  /* PadDriver */
  void pad_activated() override;
  [[nodiscard]] Promise promise() const override;

 private:
  /* A pad of ours that stays as long as it is used. */
  using PadRef = ObjectPtr<GstPad>;
  static constexpr uint32_t kMinQueued = StreamPad::kMinQueued;
  static constexpr std::chrono::seconds kMinPatience{5};
  using Flows = std::array<GstFlowReturn, Request::kMaxStreams>;

  static void task(gpointer self);
  static void on_enter(GstTask* task, GThread* thread, gpointer self);
  static void on_leave(GstTask* task, GThread* thread, gpointer self);
  void post_status(GstStreamStatusType type);

  [[nodiscard]] std::vector<PadRef> pads() const;
  bool push_to_pads(EventPtr event);
  bool flush_start(EventPtr event);
  bool flush_stop(EventPtr event);

  /* ---- the task's ---- */

  void loop();
  void begin_pads();
  void push_queued_events();
  void handle(Capture::Event event, Capture::Slot* slot);
  void start_camera();
  void stop_camera();
  [[nodiscard]] std::chrono::nanoseconds patience() const;
  void note_silence();
  ControlList supported(ControlList controls);
  bool refill();
  [[nodiscard]] bool starving() const;
  void deliver(Capture::Slot& slot);
  FrameTimes times_of(const Capture::Slot& slot);
  /** What the flows of all pads are together; OK while one of them goes on. */
  [[nodiscard]] GstFlowReturn combine(const Flows& flows) const;
  void end(GstFlowReturn flow);
  void pause(bool for_flush);
  void post(const Error& error);
  void fail(const Error& error);
  void give_up(guint32 eos_seqnum = GST_SEQNUM_INVALID);

  /* ---- the task's negotiation (task-negotiation.cpp) ---- */

  struct Choice {
    StreamPad* pad;
    CapsPtr caps;
  };
  bool negotiate_where_needed();
  bool negotiate(bool drop_unused);
  bool choose(const Camera& camera, std::vector<Choice>& choices);
  [[nodiscard]] bool runs(const std::vector<Choice>& choices) const;
  Result<bool> configure(Camera& camera, const std::vector<Choice>& choices);
  Result<bool> apply(Camera& camera, const std::vector<Choice>& choices);
  void promise_latency(const Camera& camera);
  Result<void> allocate();
  void post_rates_differ(const Camera& camera, const std::vector<StreamPad*>& pads);
  void unconfigure();

  GstElement* const element_;  // owns us
  const std::shared_ptr<Capture> capture_;
  StreamOwner& owner_;

  GRecMutex task_lock_{};  // held while the task works
  ObjectPtr<GstTask> task_;

  std::mutex control_mutex_;  // whether the task may run
  bool active_ = false;
  std::atomic<bool> flushing_ = false;
  std::atomic<bool> goes_on_ = false;  // a pad became active in this round

  mutable std::mutex pads_mutex_;
  std::vector<PadRef> pads_;
  std::atomic<bool> pads_changed_ = false;

  std::mutex queued_events_mutex_;
  std::deque<EventPtr> queued_events_;

  /* Written by the task, read by queries and stats(). */
  std::atomic<int64_t> latency_min_ = 0;
  std::atomic<int64_t> frame_duration_ = 0;
  std::atomic<uint32_t> slots_ = 0;
  std::atomic<uint64_t> frames_ = 0;  // delivered
  std::atomic<uint64_t> lost_ = 0;

  /* The task's own. */
  std::vector<PadRef> current_;     // pads_ as they were when it looked
  std::vector<PadRef> configured_;  // whose streams the camera is configured to
  std::vector<StreamPad*> asking_;  // for negotiation, in this round
  guint group_id_ = 0;
  bool first_frame_ = true;  // of a run of the camera
  bool hang_told_ = false;   // since the element went to PAUSED
  ControlRanges ranges_;     // of the configured camera
  ControlList unsupported_;  // the application knows
  ClockMap clock_map_;
  Latency latency_;
  uint32_t next_sequence_ = 0;
  uint64_t offset_base_ = 0;
  uint64_t next_offset_ = 0;
};

}  // namespace gstcam
