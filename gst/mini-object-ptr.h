/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Owners of one reference to a GstMiniObject: buffers, caps, events, queries.
 */
#pragma once

#include <gst/gst.h>

#include <memory>

namespace gstcam {

/* Not HandlePtr: GStreamer's unrefs are static inline, no template argument that headers share. */
struct MiniObjectUnref {
  template <typename T>
  void operator()(T* object) const {
    gst_mini_object_unref(GST_MINI_OBJECT_CAST(object));
  }
};

template <typename T>
using MiniObjectPtr = std::unique_ptr<T, MiniObjectUnref>;

using BufferPtr = MiniObjectPtr<GstBuffer>;
using CapsPtr = MiniObjectPtr<GstCaps>;
using EventPtr = MiniObjectPtr<GstEvent>;
using QueryPtr = MiniObjectPtr<GstQuery>;

}  // namespace gstcam
