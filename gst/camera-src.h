/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraSrc: the element `camerasrc`.
 *
 * A C GObject shell around CameraSource (camera-src.cpp), which holds the properties and the
 * camera; its streams are StreamTask's. Users' documentation is the SECTION comment in
 * camera-src.cpp.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CAMERA_SRC (gst_camera_src_get_type())
G_DECLARE_FINAL_TYPE(GstCameraSrc, gst_camera_src, GST, CAMERA_SRC, GstElement)

/** Registers `camerasrc`: of the plugin, or statically with a NULL plugin. */
gboolean gst_camera_src_register(GstPlugin* plugin);

G_END_DECLS
