/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams 60 frames and prints what the camera knows of every tenth.
 *
 *     cc print-metadata.c $(pkg-config --cflags --libs gst-camera-1.0 gstreamer-1.0)
 */
#include <gst/gst-camera-meta.h>
#include <gst/gst.h>

static GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer user_data) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  const GstStructure* meta = gst_buffer_get_camera_meta(buffer);
  gint exposure = 0, temperature = 0;
  gdouble gain = 0;

  (void)pad;
  (void)user_data;
  if (meta == NULL || GST_BUFFER_OFFSET(buffer) % 10 != 0)
    return GST_PAD_PROBE_OK;
  gst_structure_get_int(meta, "exposure-time", &exposure);
  gst_structure_get_double(meta, "analogue-gain", &gain);
  gst_structure_get_int(meta, "colour-temperature", &temperature);
  g_print("frame %" G_GUINT64_FORMAT ": %d us, gain %.2f, %d K, ae %s\n", GST_BUFFER_OFFSET(buffer),
          exposure, gain, temperature, gst_structure_get_string(meta, "ae-state"));
  return GST_PAD_PROBE_OK;
}

int main(int argc, char** argv) {
  GError* error = NULL;
  GstElement *pipeline, *camera;
  GstPad* pad;
  GstMessage* message;
  GstBus* bus;
  int status = 0;

  gst_init(&argc, &argv);
  pipeline = gst_parse_launch("camerasrc name=camera num-buffers=60 ! fakesink", &error);
  if (pipeline == NULL) {
    g_printerr("%s\n", error->message);
    g_clear_error(&error);
    return 1;
  }
  camera = gst_bin_get_by_name(GST_BIN(pipeline), "camera");
  pad = gst_element_get_static_pad(camera, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, NULL, NULL);

  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus(pipeline);
  message = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
                                       (GstMessageType)(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, NULL);
    g_printerr("%s\n", error->message);
    g_clear_error(&error);
    status = 1;
  }

  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_message_unref(message);
  gst_object_unref(bus);
  gst_object_unref(pad);
  gst_object_unref(camera);
  gst_object_unref(pipeline);
  return status;
}
