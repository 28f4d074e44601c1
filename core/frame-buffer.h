/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FrameBuffer: memory for one frame of one stream, a memfd (or dmabuf) and its layout.
 *
 * Made by Camera::allocate_buffer(), owned by the caller; the camera writes to it between
 * Camera::queue_request() and the completion of that request and nobody else may then.
 */
#pragma once

#include <cstdint>

#include "base/shared-memory.h"
#include "core/pixel-format.h"

namespace gstcam {

class FrameBuffer {
 public:
  FrameBuffer(uint32_t stream, FrameLayout layout, SharedMemory memory)
      : stream_(stream), layout_(layout), memory_(std::move(memory)) {}

  [[nodiscard]] uint32_t stream() const { return stream_; }
  [[nodiscard]] const FrameLayout& layout() const { return layout_; }
  [[nodiscard]] int fd() const { return memory_.fd(); }
  [[nodiscard]] uint8_t* data() const { return memory_.data(); }
  [[nodiscard]] size_t size() const { return memory_.size(); }

 private:
  uint32_t stream_;
  FrameLayout layout_;
  SharedMemory memory_;
};

}  // namespace gstcam
