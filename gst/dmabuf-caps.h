/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Caps of frames that are dmabufs, in both of GStreamer's languages:
 *
 *     video/x-raw(memory:DMABuf), format=NV12                       of 1.22, and known later too
 *     video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=NV12   of 1.24
 *
 * Frames of cameras are linear, which is what a drm-format without a modifier says. Who takes the
 * feature takes GstVideoMeta: there is no other way to say where the rows of a dmabuf are. Pure
 * functions, any thread.
 */
#pragma once

#include "gst/mini-object-ptr.h"

namespace gstcam {

/**
 * `caps`, then its video/x-raw once more as dmabufs; as DMA_DRM first and only where the GStreamer
 * that runs knows that (whatever we were built with). So who does not care gets what it always got,
 * and who prefers dmabufs says so in its own caps.
 */
CapsPtr and_dmabufs(CapsPtr caps);
/** What is left of `caps` without dmabufs. */
CapsPtr without_dmabufs(CapsPtr caps);
bool has_dmabufs(const GstCaps* caps);
bool begins_with_dmabufs(const GstCaps* caps);

/**
 * Fixed caps of the same picture in system memory: the one form that the rest of this tree, and
 * GstVideoInfo of every GStreamer, understands. A drm-format that is none of ours stays.
 */
CapsPtr in_system_memory(const GstCaps* caps);

}  // namespace gstcam
