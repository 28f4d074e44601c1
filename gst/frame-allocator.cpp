/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/frame-allocator.h"

struct GstCameraFrameAllocator {
  GstFdAllocator parent;
};

struct GstCameraFrameAllocatorClass {
  GstFdAllocatorClass parent_class;
};

GType gst_camera_frame_allocator_get_type();
/* NOLINTNEXTLINE(performance-no-int-to-ptr): the macro's */
G_DEFINE_TYPE(GstCameraFrameAllocator, gst_camera_frame_allocator, GST_TYPE_FD_ALLOCATOR)

namespace {

GQuark frame_quark() {
  static const GQuark quark = g_quark_from_static_string("gst-camera-frame");
  return quark;
}

gstcam::FrameBuffer* frame_of_memory(GstMemory* memory) {
  /* A shared part has no frame of its own, its parent has. */
  GstMemory* root = memory->parent ? memory->parent : memory;
  return static_cast<gstcam::FrameBuffer*>(
      gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(root), frame_quark()));
}

gpointer map_frame(GstMemory* memory, gsize /*maxsize*/, GstMapFlags /*flags*/) {
  gstcam::FrameBuffer* frame = frame_of_memory(memory);
  return frame ? frame->data() : nullptr;
}

void unmap_frame(GstMemory* /*memory*/) {
  /* The mapping belongs to the FrameBuffer. */
}

void delete_frame(gpointer frame) {
  delete static_cast<gstcam::FrameBuffer*>(frame);
}

}  // namespace

static void gst_camera_frame_allocator_class_init(GstCameraFrameAllocatorClass* /*klass*/) {}

static void gst_camera_frame_allocator_init(GstCameraFrameAllocator* self) {
  GstAllocator* allocator = GST_ALLOCATOR_CAST(self);
  allocator->mem_map = map_frame;
  allocator->mem_unmap = unmap_frame;
}

namespace gstcam {

FrameAllocators::FrameAllocators()
    : memfd_(ObjectPtr<GstAllocator>::adopt(static_cast<GstAllocator*>(
          gst_object_ref_sink(g_object_new(gst_camera_frame_allocator_get_type(), nullptr))))),
      dmabuf_(ObjectPtr<GstAllocator>::adopt(gst_dmabuf_allocator_new())) {}

GstMemory* FrameAllocators::wrap(std::unique_ptr<FrameBuffer> frame) const {
  /* DONT_CLOSE: the descriptor belongs to the FrameBuffer. */
  GstMemory* memory = nullptr;
  if (frame->memory() == FrameBuffer::Memory::DmaBuf)
    memory = gst_dmabuf_allocator_alloc_with_flags(
        dmabuf_.get(), frame->fd(), frame->size(),
        static_cast<GstFdMemoryFlags>(GST_FD_MEMORY_FLAG_DONT_CLOSE |
                                      GST_FD_MEMORY_FLAG_KEEP_MAPPED));
  else
    memory = gst_fd_allocator_alloc(memfd_.get(), frame->fd(), frame->size(),
                                    GST_FD_MEMORY_FLAG_DONT_CLOSE);
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(memory), frame_quark(), frame.release(),
                            delete_frame);
  return memory;
}

FrameBuffer* frame_of_buffer(GstBuffer* buffer) {
  if (gst_buffer_n_memory(buffer) == 0)
    return nullptr;
  return frame_of_memory(gst_buffer_peek_memory(buffer, 0));
}

}  // namespace gstcam
