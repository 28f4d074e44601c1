/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A core FrameBuffer as GstMemory.
 *
 * A memfd is memory of our GstCameraFrameAllocator: fd memory to everybody else
 * (gst_is_fd_memory(), gst_fd_memory_get_fd()), so it can be passed on by descriptor; mapping it
 * returns the mapping that the FrameBuffer has anyway. A dmabuf is memory of GStreamer's
 * GstDmaBufAllocator, which maps it once, when somebody asks. The memory owns its FrameBuffer and
 * keeps it for as long as any buffer, copy or sub-memory needs it, which may be longer than the
 * element, the pool and the camera live. Any thread.
 */
#pragma once

#include <gst/allocators/allocators.h>

#include <memory>

#include "base/glib-ptr.h"
#include "core/frame-buffer.h"

namespace gstcam {

/** The allocators that memory is of. They allocate nothing by themselves. */
class FrameAllocators {
 public:
  FrameAllocators();
  /** Wraps a frame; the memory owns it. */
  GstMemory* wrap(std::unique_ptr<FrameBuffer> frame) const;

 private:
  ObjectPtr<GstAllocator> memfd_;
  ObjectPtr<GstAllocator> dmabuf_;
};

/** The frame in a buffer's first memory, nullptr where that is not one of ours. */
FrameBuffer* frame_of_buffer(GstBuffer* buffer);

}  // namespace gstcam
