/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraFramePool: a GstBufferPool whose buffers are a camera's FrameBuffers.
 *
 * Buffers are made when they are first needed, up to a limit; each of raw video has a GstVideoMeta
 * with the frame's true layout. The pool may outlive element and camera: after frame_pool_close()
 * it makes nothing new, and what downstream still holds goes when it is released. Any thread.
 */
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <optional>

#include "base/result.h"
#include "core/camera.h"

namespace gstcam {

/** Told when a buffer came back into its pool. Any thread; must not block. */
class FramePoolListener {
 public:
  virtual ~FramePoolListener() = default;
  virtual void buffer_released() = 0;
};

struct FramePoolSetup {
  std::shared_ptr<Camera> camera;  // configured
  StreamConfiguration stream;      // as Camera::configure() returned it
  GstVideoInfo info;               // of the caps; its format is ENCODED for what is no raw video
  uint32_t max_buffers;
  bool dmabufs;  // the caps say so: any other memory is an error
  std::weak_ptr<FramePoolListener> listener;
};

/** A new, active pool (transfer full). */
Result<GstBufferPool*> frame_pool_new(const FramePoolSetup& setup, GstCaps* caps);

/**
 * A buffer to take a frame into (transfer full); nullptr when the limit is reached and every buffer
 * is in use; an Error when there is room but no memory. Never waits.
 */
Result<GstBuffer*> frame_pool_acquire(GstBufferPool* pool);

/** Lets go of the camera and deactivates the pool. The reference stays the caller's. */
void frame_pool_close(GstBufferPool* pool);

}  // namespace gstcam
