/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FrameBuffer: memory for one frame of one stream, and its layout: a memfd that is mapped here, or
 * a dmabuf of a driver's.
 *
 * Made by Camera::allocate_buffer(), owned by the caller; the camera writes to it between
 * Camera::queue_request() and the completion of that request and nobody else may then. It may
 * outlive the camera.
 */
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/shared-memory.h"
#include "base/unique-fd.h"
#include "core/pixel-format.h"

namespace gstcam {

class FrameBuffer {
 public:
  enum class Memory : uint8_t { Memfd, DmaBuf };

  /* `slot` is what its maker knows it by, and goes, in whatever thread, when the buffer does. */
  FrameBuffer(uint32_t stream, FrameLayout layout, SharedMemory memory,
              std::shared_ptr<void> slot = {})
      : stream_(stream),
        layout_(layout),
        size_(memory.size()),
        memory_(std::move(memory)),
        slot_(std::move(slot)) {}
  /** A dmabuf of `size` bytes. */
  FrameBuffer(uint32_t stream, FrameLayout layout, UniqueFd dmabuf, size_t size,
              std::shared_ptr<void> slot)
      : stream_(stream),
        layout_(layout),
        size_(size),
        dmabuf_(std::move(dmabuf)),
        slot_(std::move(slot)) {}

  [[nodiscard]] uint32_t stream() const { return stream_; }
  [[nodiscard]] const FrameLayout& layout() const { return layout_; }
  [[nodiscard]] Memory memory() const { return dmabuf_.valid() ? Memory::DmaBuf : Memory::Memfd; }
  [[nodiscard]] int fd() const { return dmabuf_.valid() ? dmabuf_.get() : memory_.fd(); }
  [[nodiscard]] size_t size() const { return size_; }
  /** The mapping of a memfd; nullptr for a dmabuf: who reads it maps it, and tells the kernel. */
  [[nodiscard]] uint8_t* data() const { return memory_.data(); }
  [[nodiscard]] void* slot() const { return slot_.get(); }

 private:
  uint32_t stream_;
  FrameLayout layout_;
  size_t size_;
  SharedMemory memory_;
  UniqueFd dmabuf_;
  std::shared_ptr<void> slot_;
};

}  // namespace gstcam
