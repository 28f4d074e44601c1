/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin `camera`. Loading it must stay cheap: nothing is looked for before an element is used.
 */
#include "config.h"

#include "gst/camera-src.h"
#include "gst/device-provider.h"
#include "gst/shared-manager.h"
#include "pipelines/registry.h"

static gboolean plugin_init(GstPlugin* plugin) {
  gstcam::set_pipeline_factories(gstcam::pipeline_factories);
  return gst_camera_src_register(plugin) && gst_camera_device_provider_register(plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, camera,
                  "Cameras whose picture needs algorithms, with these in a sandbox", plugin_init,
                  VERSION, "LGPL", PACKAGE, "https://gstreamer.freedesktop.org")
