/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/demo/session.h"

#include <gst/video/video.h>

#include <fstream>

#include "base/glib-ptr.h"
#include "gst/gst-camera-meta.h"

namespace gstcam::demo {

namespace {

using ElementPtr = HandlePtr<GstElement, gst_object_unref>;
using MessagePtr = HandlePtr<GstMessage, gst_message_unref>;
using CapsPtr = HandlePtr<GstCaps, gst_caps_unref>;

constexpr guint64 kPatience = 20;  // seconds to wait for what should be there at once

struct Watch {
  Session session;
  gint64 asked = 0;
  gint64 first = 0;
  gint64 last = 0;
  guint64 next_offset = GST_BUFFER_OFFSET_NONE;
  HandlePtr<GstBuffer, gst_buffer_unref> buffer;
};

std::string string_field(const GstStructure* s, const char* name) {
  const char* text = gst_structure_get_string(s, name);
  return text ? text : "";
}

GstPadProbeReturn on_buffer(GstPad* /*pad*/, GstPadProbeInfo* info, gpointer data) {
  auto* watch = static_cast<Watch*>(data);
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  watch->last = g_get_monotonic_time();
  if (watch->session.frames++ == 0)
    watch->first = watch->last;
  else if (GST_BUFFER_OFFSET(buffer) > watch->next_offset)
    watch->session.lost += static_cast<unsigned>(GST_BUFFER_OFFSET(buffer) - watch->next_offset);
  watch->next_offset = GST_BUFFER_OFFSET(buffer) + 1;
  watch->buffer.reset(gst_buffer_ref(buffer));
  return GST_PAD_PROBE_OK;
}

Error error_of(GstMessage* message) {
  ErrorOut error;
  gst_message_parse_error(message, &error, nullptr);
  return Error(Error::Code::Failed, error.message());
}

Result<ElementPtr> launch(const std::string& description) {
  ErrorOut error;
  ElementPtr pipeline(gst_parse_launch(description.c_str(), &error));
  if (!pipeline || error)
    return Error(Error::Code::Failed,
                 "cannot build the pipeline '" + description + "': " + error.message());
  // A pipeline is floating when it is made.
  gst_object_ref_sink(pipeline.get());
  return pipeline;
}

/** Runs until EOS, an error, or `limit` ns have passed (then nullptr). */
MessagePtr wait_for_end(GstElement* pipeline, GstClockTime limit) {
  const HandlePtr<GstBus, gst_object_unref> bus(gst_element_get_bus(pipeline));
  return MessagePtr(gst_bus_timed_pop_filtered(
      bus.get(), limit, static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
}

void read_metadata(GstBuffer* buffer, Session& session) {
  const GstStructure* meta = gst_buffer_get_camera_meta(buffer);
  if (!meta)
    return;
  int exposure = 0;
  if (gst_structure_get_int(meta, "exposure-time", &exposure))
    session.exposure_ms = exposure / 1000.0;
  gst_structure_get_double(meta, "analogue-gain", &session.gain);
  gst_structure_get_int(meta, "colour-temperature", &session.colour_temperature);
  session.ae_state = string_field(meta, "ae-state");
  session.awb_state = string_field(meta, "awb-state");
  session.ipa_host = string_field(meta, "ipa-host");
}

}  // namespace

Result<Session> stream(const std::string& isolation, double seconds) {
  Result<ElementPtr> pipeline = launch("camerasrc name=camera ipa-isolation=" + isolation +
                                       " ! fakesink name=sink sync=false");
  if (!pipeline)
    return pipeline.error();
  const ElementPtr camera(gst_bin_get_by_name(GST_BIN(pipeline->get()), "camera"));
  const HandlePtr<GstPad, gst_object_unref> pad(gst_element_get_static_pad(camera.get(), "src"));

  Watch watch;
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &watch, nullptr);
  watch.asked = g_get_monotonic_time();
  gst_element_set_state(pipeline->get(), GST_STATE_PLAYING);
  const MessagePtr end =
      wait_for_end(pipeline->get(), static_cast<GstClockTime>(seconds * GST_SECOND));
  g_object_get(camera.get(), "ipa-pid", &watch.session.ipa_pid, nullptr);
  const CapsPtr caps(gst_pad_get_current_caps(pad.get()));
  gst_element_set_state(pipeline->get(), GST_STATE_NULL);

  if (end && GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_ERROR)
    return error_of(end.get());
  if (!watch.buffer || !caps)
    return Error(Error::Code::Timeout, "no frame came in " + std::to_string(seconds) + " s");
  Session& session = watch.session;
  session.seconds = static_cast<double>(watch.last - watch.first) / 1e6;
  session.first_frame = static_cast<double>(watch.first - watch.asked) / 1e6;
  session.caps = CharPtr(gst_caps_to_string(caps.get())).get();
  session.last = SamplePtr(gst_sample_new(watch.buffer.get(), caps.get(), nullptr, nullptr));
  read_metadata(watch.buffer.get(), session);
  return std::move(session);
}

Result<void> record_video(const std::string& path, unsigned frames) {
  Result<ElementPtr> pipeline =
      launch("camerasrc num-buffers=" + std::to_string(frames) +
             " ! queue ! videoconvert ! x264enc speed-preset=ultrafast tune=zerolatency ! "
             "h264parse ! mp4mux ! filesink name=file");
  if (!pipeline)
    return pipeline.error();
  const ElementPtr file(gst_bin_get_by_name(GST_BIN(pipeline->get()), "file"));
  g_object_set(file.get(), "location", path.c_str(), nullptr);
  gst_element_set_state(pipeline->get(), GST_STATE_PLAYING);
  const MessagePtr end = wait_for_end(pipeline->get(), 3 * kPatience * GST_SECOND);
  gst_element_set_state(pipeline->get(), GST_STATE_NULL);
  if (!end)
    return Error(Error::Code::Timeout, "the video did not end");
  if (GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_ERROR)
    return error_of(end.get());
  return {};
}

Result<void> save_picture(const SamplePtr& sample, const std::string& path) {
  const CapsPtr png(gst_caps_new_empty_simple("image/png"));
  ErrorOut error;
  const HandlePtr<GstSample, gst_sample_unref> coded(
      gst_video_convert_sample(sample.sample.get(), png.get(), kPatience * GST_SECOND, &error));
  if (!coded)
    return Error(Error::Code::Failed, "cannot make a PNG: " + std::string(error.message()));
  GstMapInfo map;
  if (!gst_buffer_map(gst_sample_get_buffer(coded.get()), &map, GST_MAP_READ))
    return Error(Error::Code::Failed, "cannot read the PNG's memory");
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(map.data), static_cast<std::streamsize>(map.size));
  gst_buffer_unmap(gst_sample_get_buffer(coded.get()), &map);
  out.close();
  if (!out)
    return Error(Error::Code::Failed, "cannot write '" + path + "'");
  return {};
}

}  // namespace gstcam::demo
