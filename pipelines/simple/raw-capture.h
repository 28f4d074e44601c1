/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RawCapture: a sensor and the node that captures its frames, as a RawSource.
 *
 * Frames stay where the driver wrote them: its buffers are mapped once, and the ISP reads them
 * there. (The kernel keeps caches coherent between DQBUF and QBUF; DMA_BUF_IOCTL_SYNC is for memory
 * that was exported.) A frame is told of when it is there, damaged ones are not: their buffer goes
 * back, their number is missing. So are the numbers of frames for which there is no request, or
 * which would be one more than FrameScheduler::kRawFrames at the ISP.
 *
 * The sensor is written to at starts of frames: on V4L2_EVENT_FRAME_SYNC where a block of the way
 * or the node has it, else when the frame before is done, which is the same moment but for the
 * blanking. What came of frame n is written at the start of frame n + kControlsAfter, or of the
 * next one where it is late; DelayedControls sees to it that all of it acts on one frame, and tells
 * what each frame was taken with.
 *
 * Camera's thread. Nothing is allocated, copied or logged per frame. start() to stop() may be
 * repeated.
 */
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/camera.h"
#include "core/delayed-controls.h"
#include "core/v4l2/buffer-queue.h"
#include "core/v4l2/device-watch.h"
#include "core/v4l2/event-queue.h"
#include "core/wakeup.h"
#include "pipelines/simple/sensor-path.h"
#include "pipelines/soft-isp/raw-source.h"

namespace gstcam::simple {

class RawCapture final : public soft::RawSource {
 public:
  static constexpr uint32_t kControlsAfter = 2;

  /** Both outlive it. */
  RawCapture(SensorPath& path, soft::RawSource::Events& events);
  ~RawCapture() override;
  RawCapture(const RawCapture&) = delete;
  RawCapture& operator=(const RawCapture&) = delete;

  /** What the path was configured to; its buffers go with free_buffers() or the next one. */
  Result<void> configure(const RawMode& mode, const v4l2::VideoFormat& format,
                         int64_t frame_duration);
  void free_buffers() { queue_.reset(); }

  /** The sensor begins with `controls`. */
  Result<void> start(const ControlList& controls);
  /** No event comes any more. */
  void stop();
  void queue(Request* request);
  /** After stop(): the requests of which no event told, oldest first; nullptr after the last. */
  Request* take_back();

  /* RawSource */
  void set_controls(uint32_t sequence, const ControlList& controls) override;
  [[nodiscard]] RawFrame raw(uint32_t index) const override;
  void release_raw(uint32_t index) override;

 private:
  /* Enough for those at the ISP, and for a driver that wants three. */
  static constexpr uint32_t kBuffers = 7;

  struct PendingControls {
    uint32_t of_frame = 0;
    ControlList controls;
  };

  Result<void> begin(const ControlList& controls);
  Result<void> begin_sensor(const ControlList& controls);
  void subscribe_to_starts();
  void frames_ready(v4l2::DeviceWatch::Ready what);
  Result<uint32_t> dequeue_all();
  void deliver(const v4l2::BufferQueue::Frame& frame);
  void measure(const v4l2::BufferQueue::Frame& frame, int64_t timestamp);
  void starts_ready(v4l2::DeviceWatch::Ready what);
  /** The node itself tells of starts of frames. */
  [[nodiscard]] bool node_tells() const { return starts_ == &path_.video().device(); }
  void frame_begins(uint32_t number);
  [[nodiscard]] bool has_begun(uint32_t number) const {
    return begun_ && static_cast<int32_t>(number - *begun_) <= 0;
  }
  [[nodiscard]] ControlList taken_with(uint32_t number) const;
  [[nodiscard]] Error streaming_error(const Error& error) const;
  void give_back(uint32_t index);
  void fail(const Error& error);
  void tell_failure();

  SensorPath& path_;
  soft::RawSource::Events& events_;
  Wakeup failed_;
  std::unique_ptr<v4l2::DeviceWatch> frames_watch_;
  v4l2::Device* starts_ = nullptr;  // tells of starts of frames
  std::unique_ptr<v4l2::DeviceWatch> starts_watch_;

  std::unique_ptr<v4l2::BufferQueue> queue_;  // before the device it is of
  RawFrame layout_;                           // of every frame, without data
  std::vector<uint32_t> offsets_;             // of the data in each buffer
  int64_t frame_duration_ = 0;                // ns, as far as is known
  bool timed_ = false;                        // the sensor's times can be set

  bool running_ = false;
  std::optional<Error> failure_;
  uint32_t lent_ = 0;  // raw frames at the ISP
  DelayedControls delayed_{0, 0};
  std::optional<uint32_t> begun_;         // the last frame that started
  std::optional<uint32_t> event_offset_;  // from our numbers to those of events
  std::array<PendingControls, 8> pending_{};
  uint32_t pending_first_ = 0;
  uint32_t pending_count_ = 0;
  std::array<v4l2::BufferQueue::Frame, v4l2::BufferQueue::kMaxBuffers> done_{};
  std::array<Request*, Camera::kMaxRequests> requests_{};
  size_t first_request_ = 0;
  size_t request_count_ = 0;
  std::optional<uint32_t> last_number_;  // dequeued, and when it began
  int64_t last_timestamp_ = 0;
};

}  // namespace gstcam::simple
