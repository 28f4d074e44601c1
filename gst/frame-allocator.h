/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraFrameAllocator: a core FrameBuffer as GstMemory.
 *
 * The memory is fd memory to everybody else (gst_is_fd_memory(), gst_fd_memory_get_fd()), so it can
 * be passed on by descriptor; mapping it returns the mapping that the FrameBuffer has anyway. The
 * memory owns its FrameBuffer and keeps it for as long as any buffer, copy or sub-memory needs it,
 * which may be longer than the element, the pool and the camera live. Any thread.
 */
#pragma once

#include <gst/allocators/allocators.h>

#include <memory>

#include "core/frame-buffer.h"

namespace gstcam {

/** A new allocator (transfer full). It allocates nothing by itself. */
GstAllocator* frame_allocator_new();

/** Wraps a frame; the memory owns it. */
GstMemory* frame_memory_new(GstAllocator* allocator, std::unique_ptr<FrameBuffer> frame);

/** The frame in a buffer's first memory, nullptr where that is not one of ours. */
FrameBuffer* frame_of_buffer(GstBuffer* buffer);

}  // namespace gstcam
