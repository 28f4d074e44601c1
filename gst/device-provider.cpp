/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/device-provider.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/glib-ptr.h"
#include "core/camera-manager.h"
#include "gst/device.h"
#include "gst/shared-manager.h"

using gstcam::Camera;
using gstcam::CameraManager;
using gstcam::ObjectPtr;

GST_DEBUG_CATEGORY_STATIC(gst_camera_device_provider_debug);
#define GST_CAT_DEFAULT gst_camera_device_provider_debug

namespace {

using Cameras = std::vector<std::shared_ptr<Camera>>;

/** Those that people may choose from. */
Cameras listed(Cameras cameras) {
  const auto stands_in = [](const std::shared_ptr<Camera>& c) { return c->properties().stand_in; };
  if (!std::ranges::all_of(cameras, stands_in))
    std::erase_if(cameras, stands_in);
  return cameras;
}

/* From start() to stop(). */
class Announcer {
 public:
  explicit Announcer(GstDeviceProvider* provider)
      : provider_(provider), manager_(gstcam::shared_camera_manager()) {}

  gstcam::Result<void> start() {
    gstcam::Result<std::unique_ptr<CameraManager::Watch>> watch =
        manager_->watch([this](const CameraManager::Change&) { announce(); });
    if (!watch)
      return watch.error();
    watch_ = std::move(watch).value();
    return {};
  }

 private:
  struct Listed {
    std::shared_ptr<Camera> camera;
    ObjectPtr<GstDevice> device;
  };

  /* Watching thread. First what goes: one that comes back as another object has the same id. */
  void announce() {
    const Cameras cameras = listed(manager_->cameras());
    for (Listed& old : std::exchange(listed_, {})) {
      if (std::ranges::find(cameras, old.camera) != cameras.end()) {
        listed_.push_back(std::move(old));
        continue;
      }
      GST_INFO_OBJECT(provider_, "camera '%s' is gone", old.camera->id().c_str());
      gst_device_provider_device_remove(provider_, old.device.get());
    }
    for (const std::shared_ptr<Camera>& camera : cameras) {
      if (std::ranges::any_of(listed_, [&](const Listed& l) { return l.camera == camera; }))
        continue;
      GST_INFO_OBJECT(provider_, "camera '%s' is there", camera->id().c_str());
      listed_.push_back({camera, gstcam::make_device(*camera)});
      gst_device_provider_device_add(provider_, listed_.back().device.get());
    }
  }

  GstDeviceProvider* const provider_;
  const std::shared_ptr<CameraManager> manager_;
  std::vector<Listed> listed_;  // watching thread
  std::unique_ptr<CameraManager::Watch> watch_;
};

}  // namespace

struct _GstCameraDeviceProvider {
  GstDeviceProvider parent;
  Announcer* announcer;  // while started; start() and stop() are called one at a time
};

/* NOLINTNEXTLINE(performance-no-int-to-ptr): the macro's */
G_DEFINE_FINAL_TYPE(GstCameraDeviceProvider, gst_camera_device_provider, GST_TYPE_DEVICE_PROVIDER)

static GList* gst_camera_device_provider_probe(GstDeviceProvider* provider) {
  const std::shared_ptr<CameraManager> manager = gstcam::shared_camera_manager();
  manager->enumerate();
  for (const gstcam::Error& error : manager->errors())
    GST_WARNING_OBJECT(provider, "%s", error.message.c_str());
  GList* devices = nullptr;
  for (const std::shared_ptr<Camera>& camera : listed(manager->cameras()))
    devices = g_list_prepend(devices, gstcam::make_device(*camera).release());
  return g_list_reverse(devices);
}

static gboolean gst_camera_device_provider_start(GstDeviceProvider* provider) {
  auto announcer = std::make_unique<Announcer>(provider);
  if (gstcam::Result<void> r = announcer->start(); !r) {
    GST_ERROR_OBJECT(provider, "%s", r.error().message.c_str());
    return FALSE;
  }
  GST_CAMERA_DEVICE_PROVIDER(provider)->announcer = announcer.release();
  return TRUE;
}

static void gst_camera_device_provider_stop(GstDeviceProvider* provider) {
  delete std::exchange(GST_CAMERA_DEVICE_PROVIDER(provider)->announcer, nullptr);
}

static void gst_camera_device_provider_class_init(GstCameraDeviceProviderClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_camera_device_provider_debug, "cameradeviceprovider", 0,
                          "Cameras that come and go");
  GstDeviceProviderClass* provider_class = GST_DEVICE_PROVIDER_CLASS(klass);
  provider_class->probe = gst_camera_device_provider_probe;
  provider_class->start = gst_camera_device_provider_start;
  provider_class->stop = gst_camera_device_provider_stop;
  gst_device_provider_class_set_static_metadata(
      provider_class, "Camera Device Provider", "Video/Source",
      "Lists cameras that camerasrc drives, as they come and go", "The gst-plugins-camera authors");
}

static void gst_camera_device_provider_init(GstCameraDeviceProvider* self) {
  gst_device_provider_hide_provider(GST_DEVICE_PROVIDER_CAST(self), "v4l2deviceprovider");
}

gboolean gst_camera_device_provider_register(GstPlugin* plugin) {
  /* A monitor asks by rank, and whom somebody before hides it does not ask: above v4l2's. */
  return gst_device_provider_register(plugin, "cameradeviceprovider", GST_RANK_PRIMARY + 1,
                                      GST_TYPE_CAMERA_DEVICE_PROVIDER);
}
