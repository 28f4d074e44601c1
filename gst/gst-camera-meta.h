/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GstCameraMeta: what is known of the frame in a buffer.
 *
 * A custom meta of GStreamer (gst_meta_register_custom()), so nothing need be linked to read it,
 * and it reads the same in every language:
 *
 *     C       const GstStructure *s = gst_buffer_get_camera_meta (buffer);
 *             gint us; gst_structure_get_int (s, "exposure-time", &us);
 *     Python  s = buffer.get_custom_meta("GstCameraMeta").get_structure()
 *             s.get_string("ae-state")
 *
 * Fields are the metadata rows of the control table (docs/controls.md), by name; one that the
 * camera does not know of a frame is absent.
 *
 *     Int32   gint           exposure-time (µs), colour-temperature (K), ...
 *     Int64   gint64         sensor-timestamp (ns, CLOCK_MONOTONIC, start of exposure), ...
 *     Double  gdouble        analogue-gain, lux, ...
 *     Enum    string, nick   ae-state, awb-state, ipa-host ("thread", "worker"), ...
 *     array   GST_TYPE_ARRAY of gdouble: colour-gains (red, blue), ...
 *
 * It is copied with the buffer and kept by elements that convert, scale or encode (it has no tags
 * that say otherwise). The structure belongs to the buffer.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CAMERA_META_NAME "GstCameraMeta"

/**
 * gst_buffer_get_camera_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): what is known of the frame, %NULL for a buffer that comes
 * from no camera. Valid as long as the buffer is.
 */
static inline const GstStructure* gst_buffer_get_camera_meta(GstBuffer* buffer) {
  GstCustomMeta* meta;

  /* Before the first camerasrc of a process nobody has registered the meta. */
  if (!gst_meta_get_info(GST_CAMERA_META_NAME))
    return NULL; /* NOLINT(modernize-use-nullptr): C */
  meta = gst_buffer_get_custom_meta(buffer, GST_CAMERA_META_NAME);
  return meta ? gst_custom_meta_get_structure(meta) : NULL; /* NOLINT(modernize-use-nullptr) */
}

G_END_DECLS
