/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/frame-pool.h"

#include <array>
#include <mutex>
#include <utility>

#include "base/glib-ptr.h"
#include "gst/frame-allocator.h"

namespace {

struct PoolPrivate {
  std::mutex mutex;
  std::shared_ptr<gstcam::Camera> camera;  // guarded; none after close
  std::optional<gstcam::Error> error;      // guarded: why the last allocation failed
  gstcam::StreamConfiguration stream;      // fixed from here on
  GstVideoInfo info{};
  bool dmabufs = false;
  std::weak_ptr<gstcam::FramePoolListener> listener;
  gstcam::FrameAllocators allocators;
};

}  // namespace

struct GstCameraFramePool {
  GstBufferPool parent;
  PoolPrivate* priv;
};

struct GstCameraFramePoolClass {
  GstBufferPoolClass parent_class;
};

GType gst_camera_frame_pool_get_type();
/* NOLINTNEXTLINE(performance-no-int-to-ptr): the macro's */
G_DEFINE_TYPE(GstCameraFramePool, gst_camera_frame_pool, GST_TYPE_BUFFER_POOL)

static GstCameraFramePool* pool_cast(gpointer object) {
  return G_TYPE_CHECK_INSTANCE_CAST(object, gst_camera_frame_pool_get_type(), GstCameraFramePool);
}

static GstFlowReturn alloc_buffer(GstBufferPool* pool, GstBuffer** out,
                                  GstBufferPoolAcquireParams* /*params*/) {
  PoolPrivate& d = *pool_cast(pool)->priv;
  std::shared_ptr<gstcam::Camera> camera;
  {
    const std::lock_guard lock(d.mutex);
    camera = d.camera;
  }
  if (!camera)
    return GST_FLOW_FLUSHING;

  gstcam::Result<std::unique_ptr<gstcam::FrameBuffer>> frame = camera->allocate_buffer(d.stream.id);
  if (!frame) {
    const std::lock_guard lock(d.mutex);
    d.error = std::move(frame).error();
    return GST_FLOW_ERROR;
  }
  if (d.dmabufs && (*frame)->memory() != gstcam::FrameBuffer::Memory::DmaBuf) {
    const std::lock_guard lock(d.mutex);
    d.error = gstcam::Error(gstcam::Error::Code::Failed, "a frame that should be a dmabuf is none");
    return GST_FLOW_ERROR;
  }
  const gstcam::FrameLayout& layout = d.stream.layout;
  std::array<gsize, GST_VIDEO_MAX_PLANES> offsets{};
  std::array<gint, GST_VIDEO_MAX_PLANES> strides{};
  for (uint32_t i = 0; i < layout.count; i++) {
    offsets[i] = layout.planes[i].offset;
    strides[i] = static_cast<gint>(layout.planes[i].stride);
  }
  GstBuffer* buffer = gst_buffer_new();
  gst_buffer_append_memory(buffer, d.allocators.wrap(std::move(*frame)));
  if (GST_VIDEO_INFO_FORMAT(&d.info) != GST_VIDEO_FORMAT_ENCODED)
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                                   GST_VIDEO_INFO_FORMAT(&d.info),
                                   static_cast<guint>(GST_VIDEO_INFO_WIDTH(&d.info)),
                                   static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&d.info)), layout.count,
                                   offsets.data(), strides.data());
  *out = buffer;
  return GST_FLOW_OK;
}

static void release_buffer(GstBufferPool* pool, GstBuffer* buffer) {
  /* Once it is back, somebody else may end the pool: take what we need before. */
  const std::shared_ptr<gstcam::FramePoolListener> listener =
      pool_cast(pool)->priv->listener.lock();
  GST_BUFFER_POOL_CLASS(gst_camera_frame_pool_parent_class)->release_buffer(pool, buffer);
  if (listener)
    listener->buffer_released();
}

static const gchar** get_options(GstBufferPool* /*pool*/) {
  static const gchar* options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META, nullptr};
  return options;
}

static void gst_camera_frame_pool_finalize(GObject* object) {
  delete pool_cast(object)->priv;
  G_OBJECT_CLASS(gst_camera_frame_pool_parent_class)->finalize(object);
}

static void gst_camera_frame_pool_class_init(GstCameraFramePoolClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = gst_camera_frame_pool_finalize;
  GstBufferPoolClass* pool_class = GST_BUFFER_POOL_CLASS(klass);
  pool_class->alloc_buffer = alloc_buffer;
  pool_class->release_buffer = release_buffer;
  pool_class->get_options = get_options;
}

static void gst_camera_frame_pool_init(GstCameraFramePool* self) {
  self->priv = new PoolPrivate;
}

namespace gstcam {

Result<GstBufferPool*> frame_pool_new(const FramePoolSetup& setup, GstCaps* caps) {
  if (setup.stream.layout.count == 0 ||
      setup.stream.layout.count > setup.stream.layout.planes.size() ||
      setup.stream.layout.size == 0 || setup.stream.layout.size > G_MAXUINT)
    return Error(Error::Code::Failed, "the camera gave no usable layout of its frames");

  auto* self =
      static_cast<GstCameraFramePool*>(g_object_new(gst_camera_frame_pool_get_type(), nullptr));
  gst_object_ref_sink(self);
  auto pool = ObjectPtr<GstBufferPool>::adopt(GST_BUFFER_POOL_CAST(self));
  self->priv->camera = setup.camera;
  self->priv->stream = setup.stream;
  self->priv->info = setup.info;
  self->priv->dmabufs = setup.dmabufs;
  self->priv->listener = setup.listener;

  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(setup.stream.layout.size), 0,
                                    setup.max_buffers);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool.get(), config) ||
      !gst_buffer_pool_set_active(pool.get(), TRUE))
    return Error(Error::Code::Failed, "cannot set up the pool of frames");
  return pool.release();
}

Result<GstBuffer*> frame_pool_acquire(GstBufferPool* pool) {
  GstBufferPoolAcquireParams params{};
  params.format = GST_FORMAT_UNDEFINED;
  params.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  GstBuffer* buffer = nullptr;
  if (gst_buffer_pool_acquire_buffer(pool, &buffer, &params) == GST_FLOW_OK)
    return buffer;
  PoolPrivate& d = *pool_cast(pool)->priv;
  const std::lock_guard lock(d.mutex);
  if (d.error) {
    Error error = std::move(*d.error);
    d.error.reset();
    return error;
  }
  return static_cast<GstBuffer*>(nullptr);
}

void frame_pool_close(GstBufferPool* pool) {
  PoolPrivate& d = *pool_cast(pool)->priv;
  std::shared_ptr<Camera> camera;
  {
    const std::lock_guard lock(d.mutex);
    camera = std::move(d.camera);
    d.camera.reset();
  }
  gst_buffer_pool_set_active(pool, FALSE);
}

}  // namespace gstcam
