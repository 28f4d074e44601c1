/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraDeviceProvider: `cameradeviceprovider`, cameras for GstDeviceMonitor, once each and as
 * they come and go.
 *
 * It hides `v4l2deviceprovider`, which would list most of them again. A provider can be hidden as a
 * whole only. What a monitor then does not show is no camera one could have used: output nodes (a
 * monitor for `Video/Sink` alone still shows them, as it does not ask this provider), and nodes
 * behind which a media graph has to be set up before there are frames. Any other capture node,
 * loopbacks and capture cards too, is a camera of ours. Who needs v4l2's own list sets
 * GST_PLUGIN_FEATURE_RANK=cameradeviceprovider:NONE.
 *
 * A camera that only stands in for one (CameraProperties::stand_in) is listed while there is no
 * other.
 *
 * Between start and stop it watches through the manager that elements share, in that one's watching
 * thread: devices are announced from there.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CAMERA_DEVICE_PROVIDER (gst_camera_device_provider_get_type())
G_DECLARE_FINAL_TYPE(GstCameraDeviceProvider, gst_camera_device_provider, GST,
                     CAMERA_DEVICE_PROVIDER, GstDeviceProvider)

/** Registers it: of the plugin, or statically with a NULL plugin. */
gboolean gst_camera_device_provider_register(GstPlugin* plugin);

G_END_DECLS
