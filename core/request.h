/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Request: one frame to take: controls for it, one buffer a stream, and after completion what
 * became of it. Reusable: reuse() makes it like new without an allocation.
 *
 * Owned by the application; the camera borrows it from queue_request() to completion.
 */
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/controls.h"
#include "core/frame-buffer.h"

namespace gstcam {

class Request {
 public:
  static constexpr uint32_t kMaxStreams = 4;
  enum class Status : uint8_t {
    Pending,
    Complete,   // buffers hold the frame, metadata is valid
    Cancelled,  // stop() came first, or the camera failed; buffers hold nothing
  };

  /** Controls the application sets from this frame on. */
  ControlList controls;
  /** What is known of the frame when it is complete. */
  ControlList metadata;
  /** The application's own. */
  void* user_data = nullptr;

  /** Borrowed; Invalid for a stream that has one already or does not exist. */
  Result<void> add_buffer(FrameBuffer* buffer);
  /** nullptr for a stream without a buffer. */
  [[nodiscard]] FrameBuffer* buffer(uint32_t stream) const;
  /** Forgets controls, metadata and status; keeps the buffers where keep_buffers. Not in flight. */
  void reuse(bool keep_buffers);
  /** A camera has it: from queue_request() until just before its completed handler is called. */
  [[nodiscard]] bool in_flight() const { return in_flight_.load(std::memory_order_acquire); }

  /* Written by the pipeline handler. */
  Status status = Status::Pending;
  uint32_t sequence = 0;  // number of the frame since start(), from 0: gaps are lost frames
  int64_t timestamp = 0;  // start of exposure, CLOCK_MONOTONIC ns
  /** By stream: bytes of a coded picture; 0 for frames that fill their layout. */
  std::array<size_t, kMaxStreams> bytes_used{};

 private:
  friend class Camera;

  std::array<FrameBuffer*, kMaxStreams> buffers_{};
  std::atomic<bool> in_flight_{false};
};

}  // namespace gstcam
