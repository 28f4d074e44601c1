/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraDevice: a camera in a list of devices, and how to have a camerasrc for it.
 *
 * A GstDevice of the class `Video/Source`; its name is for people, its caps are what the camera's
 * stream can do. Properties (of gst_device_get_properties()):
 *
 *     device.api            "camera"
 *     device.path           "/dev/video0"
 *     device.vendor.name    "Logitech"
 *     device.product.name   "HD Pro Webcam C920"
 *     device.serial         "7EBA206F"
 *     camera.id             for camerasrc's property camera-name; the same at every start
 *     camera.model          as camerasrc calls it
 *     camera.driver         "uvcvideo"
 *     camera.location       "front", "back", "external"
 *     camera.orientation    180: degrees, counterclockwise, to turn its pictures by (int)
 *
 * Strings where nothing else is said; those of which nothing is known are not there. It holds the
 * camera's description and no device: it opens nothing, and stays what it was when the camera goes.
 */
#pragma once

#include <gst/gst.h>

#include "base/glib-ptr.h"
#include "core/camera.h"

G_BEGIN_DECLS

#define GST_TYPE_CAMERA_DEVICE (gst_camera_device_get_type())
G_DECLARE_FINAL_TYPE(GstCameraDevice, gst_camera_device, GST, CAMERA_DEVICE, GstDevice)

G_END_DECLS

namespace gstcam {

/** Asks the camera what it can do, which may open its node for a moment. Any thread. */
ObjectPtr<GstDevice> make_device(const Camera& camera);

}  // namespace gstcam
