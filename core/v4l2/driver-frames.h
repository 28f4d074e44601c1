/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DriverFrames: a queue's buffers as FrameBuffers.
 *
 * Each buffer of a driver is handed out once at a time, as a dmabuf that the driver fills and
 * nobody copies. Where a driver cannot export its buffers, a FrameBuffer is a memfd instead, and
 * store() copies each frame into it.
 *
 * FrameBuffers may be released in any thread, also after this object and the device are gone.
 * Everything else in one thread. The device must stay where it is and outlive the object.
 */
#pragma once

#include <memory>

#include "core/frame-buffer.h"
#include "core/v4l2/buffer-queue.h"

namespace gstcam::v4l2 {

class DriverFrames {
 public:
  /** With fewer a stream stalls: one is filled while one waits, and two look at theirs. */
  static constexpr uint32_t kLeast = 4;

  /** As many as are worth their memory; the driver may make it more or fewer. */
  static Result<DriverFrames> allocate(Device& device, uint32_t buffer_type,
                                       const VideoFormat& format, const FrameLayout& layout);

  /** Buffers there are, and so FrameBuffers there can be at a time. */
  [[nodiscard]] uint32_t count() const { return queue_.count(); }
  [[nodiscard]] bool copies() const { return copies_; }
  [[nodiscard]] BufferQueue& queue() { return queue_; }
  /** NoSpace where all are out. */
  Result<std::unique_ptr<FrameBuffer>> hand_out(uint32_t stream);
  /** The driver's number of a buffer of ours. */
  [[nodiscard]] static uint32_t index_of(const FrameBuffer& frame);
  /** Makes what the driver wrote the frame's: nothing, or a copy. */
  void store(const BufferQueue::Frame& from, FrameBuffer& frame) const;

 private:
  struct Taken;
  struct Slot;
  DriverFrames(BufferQueue queue, const FrameLayout& layout, bool copies);

  BufferQueue queue_;
  FrameLayout layout_;
  bool copies_;
  std::shared_ptr<Taken> taken_;
};

}  // namespace gstcam::v4l2
