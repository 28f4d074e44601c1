/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LivePipeline: a camerasrc whose frames and errors can be waited for, and whose downstream keeps
 * frames or gets stuck when it is told to.
 *
 * No change of state may take longer than kBound.
 */
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/gst/element-fixture.h"

namespace gstcam::test {

inline constexpr gint64 kBound = 5 * G_USEC_PER_SEC;
/** In which an application is told that its camera is gone. */
inline constexpr gint64 kPromptly = 1 * G_USEC_PER_SEC;

/** An error on the bus. */
struct Posted {
  GQuark domain = 0;
  int code = 0;
  std::string text;

  [[nodiscard]] bool says(const std::string& part) const {
    return text.find(part) != std::string::npos;
  }
};

class LivePipeline {
 public:
  explicit LivePipeline(const std::string& properties = "",
                        const std::string& caps = "video/x-raw,format=YUY2,width=320,height=240")
      : pipeline_("camerasrc name=src " + properties + " ! " + caps +
                  " ! fakesink name=sink sync=false signal-handoffs=true "
                  "enable-last-sample=false") {
    gst_bus_set_sync_handler(pipeline_.bus.get(), on_message, this, nullptr);
    g_signal_connect(pipeline_.sink.get(), "handoff", G_CALLBACK(on_frame), this);
  }
  ~LivePipeline() {
    set_state(GST_STATE_NULL);
    gst_bus_set_sync_handler(pipeline_.bus.get(), nullptr, nullptr, nullptr);
  }
  LivePipeline(const LivePipeline&) = delete;
  LivePipeline& operator=(const LivePipeline&) = delete;

  [[nodiscard]] GstElement* source() const { return pipeline_.src.get(); }

  /** False for a failure, of which there is an error then. */
  bool set_state(GstState state) {
    const gint64 begin = g_get_monotonic_time();
    const GstStateChangeReturn result = pipeline_.set_state(state);
    g_assert_cmpint(g_get_monotonic_time() - begin, <, kBound);
    if (result == GST_STATE_CHANGE_FAILURE)
      g_assert_true(error().has_value());
    return result != GST_STATE_CHANGE_FAILURE;
  }
  /** Forgets frames, errors and warnings. */
  void forget() {
    const std::lock_guard lock(mutex_);
    frames_count_ = 0;
    errors_ = 0;
    error_.reset();
    warnings_.clear();
  }
  /** The first frame from here on is number 1. */
  void count_again() {
    const std::lock_guard lock(mutex_);
    frames_count_ = 0;
  }
  /** Waits for so many frames since forget() or count_again(), or an error: false. */
  bool wait_frames(int count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return frames_count_ >= count || error_; }))
      g_error("%d frames came of %d, and no error", frames_count_, count);
    return !error_;
  }
  /** The first error since forget(); not later than a moment of g_get_monotonic_time(). */
  Posted wait_error(gint64 deadline) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return error_.has_value(); }))
      g_error("no error came");
    g_assert_cmpint(error_at_, <, deadline);
    return *error_;
  }
  /** The first warning since forget(). */
  Posted wait_warning() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return !warnings_.empty(); }))
      g_error("no warning came");
    return warnings_.front();
  }
  /** When it was posted. */
  [[nodiscard]] gint64 error_at() {
    const std::lock_guard lock(mutex_);
    return error_at_;
  }
  [[nodiscard]] std::optional<Posted> error() {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  /** How many since forget(). */
  [[nodiscard]] int errors() {
    const std::lock_guard lock(mutex_);
    return errors_;
  }
  [[nodiscard]] std::vector<Posted> warnings() {
    const std::lock_guard lock(mutex_);
    return warnings_;
  }

  /** Downstream keeps up to so many frames until drop(). */
  void hold(size_t count) {
    const std::lock_guard lock(mutex_);
    to_hold_ = count;
  }
  [[nodiscard]] size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  [[nodiscard]] std::vector<BufferPtr> drop() {
    const std::lock_guard lock(mutex_);
    to_hold_ = 0;
    return std::move(held_);
  }
  /** Downstream does not come back from a frame while it is blocked. */
  void block(bool blocked) {
    const std::lock_guard lock(mutex_);
    blocked_ = blocked;
    changed_.notify_all();
  }
  void wait_blocked() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return in_block_; }))
      g_error("no frame came that could block");
  }

 private:
  static constexpr std::chrono::seconds kPatience{30};

  static void on_frame(GstElement* /*sink*/, GstBuffer* buffer, GstPad* /*pad*/, gpointer data) {
    auto* self = static_cast<LivePipeline*>(data);
    std::unique_lock lock(self->mutex_);
    self->frames_count_++;
    if (self->held_.size() < self->to_hold_)
      self->held_.emplace_back(gst_buffer_ref(buffer));
    self->in_block_ = self->blocked_;
    self->changed_.notify_all();
    self->changed_.wait(lock, [self] { return !self->blocked_; });
    self->in_block_ = false;
  }
  static GstBusSyncReply on_message(GstBus* /*bus*/, GstMessage* message, gpointer data) {
    const MessagePtr owned(message);
    const GstMessageType type = GST_MESSAGE_TYPE(message);
    if (type == GST_MESSAGE_ERROR || type == GST_MESSAGE_WARNING)
      static_cast<LivePipeline*>(data)->note(message);
    return GST_BUS_DROP;
  }
  void note(GstMessage* message) {
    Posted posted;
    posted.text = TestPipeline::error_of(message, &posted.domain, &posted.code);
    const std::lock_guard lock(mutex_);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
      warnings_.push_back(std::move(posted));
    } else {
      errors_++;
      if (!error_) {
        error_ = std::move(posted);
        error_at_ = g_get_monotonic_time();
      }
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int frames_count_ = 0;
  int errors_ = 0;
  std::optional<Posted> error_;  // the first
  gint64 error_at_ = 0;
  std::vector<Posted> warnings_;
  size_t to_hold_ = 0;
  std::vector<BufferPtr> held_;
  bool blocked_ = false;
  bool in_block_ = false;
  TestPipeline pipeline_;
};

/** That it streams from the camera that is there now, and ends well. */
inline void assert_streams(LivePipeline& p) {
  p.forget();
  const bool plays = p.set_state(GST_STATE_PLAYING) && p.wait_frames(2);
  if (!plays)
    g_error("it does not stream: %s", p.error()->text.c_str());
  g_assert_true(p.set_state(GST_STATE_NULL));
}

/** The same of a camera that hung and was told to come back: it may take a moment until it is free.
 */
inline void assert_streams_again(LivePipeline& p) {
  const gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
  for (;;) {
    p.forget();
    if (p.set_state(GST_STATE_PLAYING) && p.wait_frames(5))
      break;
    p.set_state(GST_STATE_NULL);
    g_assert_true(p.error()->says("hangs since"));
    g_assert_cmpint(g_get_monotonic_time(), <, limit);
    std::this_thread::yield();
  }
  g_assert_true(p.set_state(GST_STATE_NULL));
}

}  // namespace gstcam::test
