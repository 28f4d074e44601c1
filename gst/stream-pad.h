/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * StreamPad: one stream of a camera on one source pad: its caps, allocation and pools, its events,
 * queries, and what is said of its frames.
 *
 * It drives nothing: StreamTask negotiates for all pads together, fills their slots and has them
 * push. It is a helper of the pad, not a subclass: GstCameraSrcPad owns it, and the pad's functions
 * find it by gst_pad_get_element_private().
 *
 * Threads: each method says so by its group. What the task's methods use belongs to the task.
 */
#pragma once

#include <gst/video/video.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/glib-ptr.h"
#include "gst/capture.h"
#include "gst/mini-object-ptr.h"

namespace gstcam {

/** What a pad needs of who drives it. Any thread. */
class PadDriver {
 public:
  struct Promise {
    int64_t latency = 0;  // ns; 0: nothing is negotiated
    int64_t frame_duration = 0;
    uint32_t frames = 0;  // that may wait
  };
  virtual ~PadDriver() = default;
  virtual void pad_activated() = 0;
  [[nodiscard]] virtual Promise promise() const = 0;
};

/** Frames since the pad, or the element, was activated. */
struct FrameStats {
  uint64_t delivered = 0;
  uint64_t lost = 0;
  uint64_t copied = 0;  // copies, by the element or out of a driver that does not share its memory
};
/** As a structure "frame-stats" (transfer full). */
GstStructure* to_structure(const FrameStats& stats);

/** What a frame is to all pads. */
struct FrameTimes {
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  uint64_t offset = 0;
  uint32_t lost = 0;  // frames right before it
};

class StreamPad {
 public:
  /** Fewer requests at the camera, and frames are copied rather than handed out. */
  static constexpr uint32_t kMinQueued = 2;

  StreamPad(GstElement* element, GstPad* pad, uint32_t stream, std::shared_ptr<Capture> capture,
            PadDriver& driver);
  ~StreamPad();
  StreamPad(const StreamPad&) = delete;
  StreamPad& operator=(const StreamPad&) = delete;

  /** Of a pad of ours. */
  static StreamPad& of(GstPad* pad);

  /* ---- any thread ---- */

  [[nodiscard]] uint32_t stream() const { return stream_; }
  /** "pad 'src_1' (stream 1)" */
  [[nodiscard]] std::string name() const;
  /** Somebody is there to take frames. */
  [[nodiscard]] bool linked() const { return gst_pad_is_linked(pad_) != FALSE; }
  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] bool wanted() const { return active() && linked(); }
  [[nodiscard]] FrameStats stats() const;
  /** It was flushed: the next frame brings a segment. */
  void note_flush() { flushed_ = true; }
  /** True when it was pushed. */
  bool push_event(EventPtr event);

  /* ---- the task's: negotiation (stream-negotiation.cpp) ---- */

  [[nodiscard]] const CapsPtr& caps() const { return caps_; }
  [[nodiscard]] const StreamConfiguration& configuration() const { return config_; }
  /** Downstream asks for it, or it never was. Asked once. */
  bool takes_renegotiation();
  /** What the camera and downstream can both do, in downstream's order; empty: nothing. */
  [[nodiscard]] CapsPtr possible_caps(const Camera& camera) const;
  /** Whether what runs may go on. */
  [[nodiscard]] bool keeps_caps(const CapsPtr& possible) const;
  /** Fixed ones. */
  [[nodiscard]] CapsPtr choose_caps(CapsPtr possible, const Camera& camera) const;
  [[nodiscard]] Result<StreamConfiguration> configuration_of_caps(const GstCaps* caps,
                                                                  const Camera& camera) const;
  void post_impossible(const Camera& camera) const;
  /** What the camera was configured to. False: choose again, these caps cannot be after all. */
  Result<bool> apply_caps(const CapsPtr& caps, const StreamConfiguration& config);
  /** Of the caps: tells downstream, asks it for buffers where they are new or `asked`. */
  Result<void> allocate(uint32_t slots, bool asked);
  /** Of frames; nobody may have a slot's buffer any more. */
  void close_pool();
  /** It is no longer of the camera's streams. */
  void unconfigure();

  /* ---- the task's: streaming ---- */

  /** It was activated and has not begun. */
  [[nodiscard]] bool is_to_begin() const { return active() && (begins_ || need_stream_start_); }
  /** After an activation: begins anew. */
  void begin(const std::string& camera_id, guint group_id);
  /** The camera starts again. */
  void note_restart() { need_discont_ = true; }
  /** The slot gets its buffer; false: the pool's are all in use. */
  Result<bool> fill(Capture::Slot& slot);
  void forget_starving() { starving_ = false; }
  [[nodiscard]] bool starving() const { return starving_; }
  /**
   * The frame for downstream, stamped: the slot's own buffer, or a copy where the slot must keep
   * it. Nothing where this pad goes without (`alone`: no other pad waits for the slot).
   */
  Result<BufferPtr> take_frame(Capture::Slot& slot, const FrameTimes& times, bool alone);
  /** Nothing to push: says why. */
  GstFlowReturn push(BufferPtr buffer);
  /** stream-start, caps, segment, as far as they are due; false where one did not go out. */
  bool push_sticky_events();
  void push_eos(guint32 seqnum);

 private:
  static gboolean on_event(GstPad* pad, GstObject* parent, GstEvent* event);
  static gboolean on_query(GstPad* pad, GstObject* parent, GstQuery* query);
  static gboolean on_activate(GstPad* pad, GstObject* parent);
  static gboolean on_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode,
                                   gboolean active);

  void activate();
  bool flush(GstEvent* event);
  bool query(GstQuery* query);
  bool query_latency(GstQuery* query) const;
  bool query_caps(GstQuery* query) const;
  bool query_position(GstQuery* query) const;

  [[nodiscard]] CapsPtr our_caps(const Camera& camera) const;
  CapsPtr common_caps(GstCaps* ours) const;
  void look_for_flush();
  bool push_caps();
  Result<void> decide_allocation(uint32_t slots);
  Result<void> make_pool(uint32_t slots);
  void make_copy_pool(const ObjectPtr<GstBufferPool>& theirs, guint size);
  void close_copy_pool();
  /** Of the pool; nothing where its buffers are all in use. */
  Result<BufferPtr> acquire();
  BufferPtr copy_frame(GstBuffer* frame);
  void stamp(GstBuffer* buffer, const FrameTimes& times);
  void report_lost(uint32_t lost, GstClockTime running_time);

  GstElement* const element_;  // owns the pad
  GstPad* const pad_;          // owns us
  const uint32_t stream_;
  const std::shared_ptr<Capture> capture_;
  PadDriver& driver_;

  std::atomic<bool> active_ = false;
  std::atomic<bool> begins_ = false;  // activated, and the task has not seen it yet

  std::atomic<bool> flushed_ = false;  // likewise
  /* Held while a frame is pushed, with what comes before it: not when the pad gets inactive, which
   * must not wait for downstream. Recursive, for who does these things in a probe. */
  std::recursive_mutex push_mutex_;

  /* Written by the task, read by queries and stats(). */
  std::atomic<GstClockTime> position_ = GST_CLOCK_TIME_NONE;
  std::atomic<bool> dmabufs_refused_ = false;  // the camera has none, whatever it said
  std::atomic<uint64_t> pushed_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<uint64_t> copied_ = 0;

  /* The task's own. */
  bool need_stream_start_ = true;
  bool need_caps_ = false;
  bool need_segment_ = true;
  bool need_discont_ = true;
  bool ended_ = false;     // EOS is out, or came back
  bool starving_ = false;  // not every slot has a buffer: the pool is at its limit
  bool copy_layout_ = false;
  bool knows_meta_ = false;  // downstream reads GstVideoMeta
  CapsPtr caps_;             // of the configured stream
  GstVideoInfo info_{};
  bool raw_ = true;       // video/x-raw: planes, and nothing coded
  bool dmabufs_ = false;  // as the caps say: no frame is ever copied
  GstSegment segment_{};
  StreamConfiguration config_;
  ObjectPtr<GstBufferPool> pool_;
  ObjectPtr<GstBufferPool> copy_pool_;
  uint32_t max_buffers_ = 0;
  uint32_t downstream_holds_ = 0;  // buffers, as it said
};

}  // namespace gstcam
