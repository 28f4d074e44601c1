/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* StreamPad's answers to queries. Any thread. */
#include <algorithm>

#include "gst/debug.h"
#include "gst/stream-caps.h"
#include "gst/stream-pad.h"

namespace gstcam {

gboolean StreamPad::on_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (of(pad).query(query))
    return TRUE;
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_ACCEPT_CAPS:
      return gst_pad_query_default(pad, parent, query);
    default:
      return FALSE;
  }
}

bool StreamPad::query(GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      return query_latency(query);
    case GST_QUERY_CAPS:
      return query_caps(query);
    case GST_QUERY_POSITION:
      return query_position(query);
    case GST_QUERY_SEEKING: {
      GstFormat format = GST_FORMAT_TIME;
      gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
      gst_query_set_seeking(query, format, FALSE, -1, -1);
      return true;
    }
    case GST_QUERY_FORMATS:
      gst_query_set_formats(query, 1, GST_FORMAT_TIME);
      return true;
    case GST_QUERY_SCHEDULING:
      gst_query_set_scheduling(query, GST_SCHEDULING_FLAG_SEQUENTIAL, 1, -1, 0);
      gst_query_add_scheduling_mode(query, GST_PAD_MODE_PUSH);
      return true;
    default:
      return false;
  }
}

bool StreamPad::query_latency(GstQuery* query) const {
  PadDriver::Promise promise = driver_.promise();
  if (promise.latency == 0) {
    /* Not negotiated: what the camera does when nobody asks for anything else. */
    const std::shared_ptr<Camera> camera = capture_->camera();
    if (!camera || stream_ >= camera->stream_count())
      return false;
    promise.latency = camera->capabilities(stream_).frame_duration_preferred;
    promise.frame_duration = promise.latency;
  }
  /* Downstream may wait for as many frames as we have requests. */
  const int64_t min = promise.latency;
  const int64_t max = min + promise.frame_duration * std::max<int64_t>(promise.frames, 1);
  GST_DEBUG_OBJECT(pad_, "latency %" GST_TIME_FORMAT " to %" GST_TIME_FORMAT,
                   GST_TIME_ARGS(static_cast<GstClockTime>(min)),
                   GST_TIME_ARGS(static_cast<GstClockTime>(max)));
  gst_query_set_latency(query, TRUE, static_cast<GstClockTime>(min),
                        static_cast<GstClockTime>(max));
  return true;
}

bool StreamPad::query_caps(GstQuery* query) const {
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  const std::shared_ptr<Camera> camera = capture_->camera();
  CapsPtr caps = camera ? our_caps(*camera) : template_caps();
  if (filter)
    caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result(query, caps.get());
  return true;
}

bool StreamPad::query_position(GstQuery* query) const {
  GstFormat format = GST_FORMAT_TIME;
  gst_query_parse_position(query, &format, nullptr);
  const GstClockTime position = position_;
  if (format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(position))
    return false;
  gst_query_set_position(query, GST_FORMAT_TIME, static_cast<gint64>(position));
  return true;
}

}  // namespace gstcam
