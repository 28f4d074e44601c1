/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capture: a running camera as a streaming thread sees it.
 *
 * It owns the requests (slots) that go round between the streaming thread and the camera, and it is
 * the one place where that thread waits: for frames, for buffers that come back, and for what other
 * threads want of it (flush, pause, EOS, failure).
 *
 *     idle --queue()--> queued --camera--> completed --wait()--> taken --recycle()--> idle
 *
 * Threads: open() and close() while no streaming thread runs; start() to recycle() in the streaming
 * thread (stop() also after that has ended); the rest in any. The lock is never held while a method
 * of the camera is called. Frames cost no allocation. A request is one frame of the camera, in all
 * streams it is configured to: a slot has a buffer for each of them, and they come back together.
 *
 * A camera that hangs keeps the slots that are queued, and their buffers, until it comes back: the
 * capture goes on with new ones.
 */
#pragma once

#include <gst/gst.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "core/camera.h"
#include "gst/frame-pool.h"
#include "gst/mini-object-ptr.h"

namespace gstcam {

class Capture : public FramePoolListener, public std::enable_shared_from_this<Capture> {
 public:
  static constexpr uint32_t kMaxSlots = 16;

  enum class SlotState : uint8_t { Idle, Queued, Completed, Taken };
  struct Slot {
    Request request;
    std::array<BufferPtr, Request::kMaxStreams> buffers;  // by stream; may be kept while idle
    int64_t arrived = 0;                                  // CLOCK_MONOTONIC ns of completion
    SlotState state = SlotState::Idle;

    [[nodiscard]] int filled() const;  // how many buffers it has
  };

  /** What the streaming thread has to do next, most urgent first. */
  enum class Event : uint8_t {
    Flushing,  // end
    Eos,       // take_eos() says with which seqnum
    Wake,      // something else to look at: queued events, renegotiation
    Pause,     // the camera runs and should not
    Play,      // the camera does not run and should
    Frame,     // the oldest frame
    Failed,    // the camera; on_failed was told why
    Silent,    // no frame for so long, with requests queued: once, until the next one
    Released,  // a buffer is back in its pool
  };

  Capture() = default;
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() override;

  /**
   * Both are called in the camera's thread, not after close(). `on_failed` says at once what the
   * streaming thread, which may be blocked downstream, learns of as Event::Failed.
   */
  Result<void> open(std::shared_ptr<Camera> camera, const CameraOptions& options,
                    Camera::FailedHandler on_failed, Camera::NoticeHandler on_notice);
  /** An error where the camera hangs, which nobody knew before; it is closed all the same. */
  Result<void> close();
  /** nullptr where none is open. */
  [[nodiscard]] std::shared_ptr<Camera> camera() const;

  /** `silence`: after how long without a frame there is an Event::Silent. */
  Result<void> start(const ControlList& controls, uint32_t slots, std::chrono::nanoseconds silence);
  /**
   * Every slot is idle after it; frames that were not taken are lost. An error where the camera
   * hangs: then it keeps those that are queued.
   */
  Result<void> stop();
  [[nodiscard]] bool running() const;
  /** Idle slots give their buffers back; not while running. */
  void drop_buffers();

  /** The one with the most buffers; nullptr where none is idle. */
  Slot* idle_slot();
  /** The camera failed: without an Event::Failed soon, its driver hangs, and there is a Silent. */
  void expect_failure();
  /** A buffer of this stream that another idle slot keeps, where one does. */
  BufferPtr take_spare(const Slot& slot, uint32_t stream);
  /** The slot has a buffer for every configured stream, its request the controls for it. */
  Result<void> queue(Slot& slot);
  void recycle(Slot& slot);
  /** Requests that the camera has. */
  [[nodiscard]] uint32_t queued() const;

  /**
   * Waits for the next event. `want_released`: also for buffers that came back since
   * forget_released(). `slot` is set for a Frame.
   */
  Event wait(bool want_released, Slot** slot);
  void forget_released();
  std::optional<guint32> take_eos();

  /* Any thread. */
  void set_flushing(bool flushing);
  void set_playing(bool playing);
  void request_eos(guint32 seqnum);
  /** Forgets EOS, failure and wakes of the last run. */
  void reset();
  void wake();
  void buffer_released() override;

 private:
  using Clock = std::chrono::steady_clock;

  void request_completed(Request& request);
  void failed();
  void forget_queued();
  bool wait_for_change(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Camera> camera_;
  bool flushing_ = true;
  bool playing_ = false;
  bool running_ = false;
  bool wake_ = false;
  bool released_ = false;
  bool wants_released_ = false;  // somebody waits for it
  std::optional<guint32> eos_;
  bool failed_ = false;
  std::chrono::nanoseconds silence_{};
  Clock::time_point heard_;  // since when a frame, or the failure, is waited for
  bool silent_ = false;      // and that was told
  bool failing_ = false;

  using Slots = std::array<Slot, kMaxSlots>;
  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
  uint32_t slot_count_ = 0;
  uint32_t queued_ = 0;
  /* Completed slots, oldest first. */
  std::array<Slot*, kMaxSlots> completed_{};
  uint32_t first_completed_ = 0;
  uint32_t completed_count_ = 0;
};

}  // namespace gstcam
