/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/device.h"

#include <memory>
#include <string>

#include "gst/camera-src.h"
#include "gst/debug.h"
#include "gst/mini-object-ptr.h"
#include "gst/stream-caps.h"

struct _GstCameraDevice {
  GstDevice parent;
  char* id;
};

/* NOLINTNEXTLINE(performance-no-int-to-ptr): the macro's */
G_DEFINE_FINAL_TYPE(GstCameraDevice, gst_camera_device, GST_TYPE_DEVICE)

static GstElement* gst_camera_device_create_element(GstDevice* device, const gchar* name) {
  GstElement* element = gst_element_factory_make("camerasrc", name);
  if (element)
    g_object_set(element, "camera-name", GST_CAMERA_DEVICE(device)->id, nullptr);
  return element;
}

static gboolean gst_camera_device_reconfigure_element(GstDevice* device, GstElement* element) {
  if (!GST_IS_CAMERA_SRC(element))
    return FALSE;
  GST_OBJECT_LOCK(element);
  const bool idle =
      GST_STATE(element) == GST_STATE_NULL && GST_STATE_PENDING(element) == GST_STATE_VOID_PENDING;
  GST_OBJECT_UNLOCK(element);
  if (!idle) {
    /* It has a camera, and would take this one the next time only. */
    GST_DEBUG_OBJECT(device, "%s is not in NULL", GST_OBJECT_NAME(element));
    return FALSE;
  }
  g_object_set(element, "camera-name", GST_CAMERA_DEVICE(device)->id, nullptr);
  return TRUE;
}

static void gst_camera_device_finalize(GObject* object) {
  g_free(GST_CAMERA_DEVICE(object)->id);
  G_OBJECT_CLASS(gst_camera_device_parent_class)->finalize(object);
}

static void gst_camera_device_class_init(GstCameraDeviceClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = gst_camera_device_finalize;
  GstDeviceClass* device_class = GST_DEVICE_CLASS(klass);
  device_class->create_element = gst_camera_device_create_element;
  device_class->reconfigure_element = gst_camera_device_reconfigure_element;
}

static void gst_camera_device_init(GstCameraDevice* /*self*/) {}

namespace gstcam {

namespace {

struct FreeStructure {
  void operator()(GstStructure* s) const { gst_structure_free(s); }
};
using StructurePtr = std::unique_ptr<GstStructure, FreeStructure>;

void put(GstStructure* structure, const char* field, const std::string& text) {
  if (!text.empty())
    gst_structure_set(structure, field, G_TYPE_STRING, text.c_str(), nullptr);
}

}  // namespace

ObjectPtr<GstDevice> make_device(const Camera& camera) {
  const CameraProperties& p = camera.properties();
  const StructurePtr properties(
      gst_structure_new("camera-properties", "device.api", G_TYPE_STRING, "camera", nullptr));
  put(properties.get(), "device.path", p.path);
  put(properties.get(), "device.vendor.name", p.vendor);
  put(properties.get(), "device.product.name", p.product);
  put(properties.get(), "device.serial", p.serial);
  put(properties.get(), "camera.id", camera.id());
  put(properties.get(), "camera.model", camera.model());
  put(properties.get(), "camera.driver", p.driver);
  put(properties.get(), "camera.location", p.location);
  if (p.orientation)
    gst_structure_set(properties.get(), "camera.orientation", G_TYPE_INT,
                      static_cast<int>(*p.orientation), nullptr);
  /* A camera that cannot be asked now may be asked later: it is listed with what any can do. */
  CapsPtr caps = camera.stream_count() > 0 ? caps_of(camera.capabilities(0)) : template_caps();
  auto* device = static_cast<GstCameraDevice*>(
      g_object_new(GST_TYPE_CAMERA_DEVICE, "display-name", camera.model().c_str(), "device-class",
                   "Video/Source", "caps", caps.get(), "properties", properties.get(), nullptr));
  device->id = g_strdup(camera.id().c_str());
  return ObjectPtr<GstDevice>::adopt(static_cast<GstDevice*>(gst_object_ref_sink(device)));
}

}  // namespace gstcam
