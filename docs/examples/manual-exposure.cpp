/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes pictures into an appsink at three exposure times and prints their mean brightness: controls
 * are element properties that may change while the stream runs, and every frame says what it was
 * taken with.
 *
 *     c++ manual-exposure.cpp $(pkg-config --cflags --libs gst-camera-1.0 gstreamer-app-1.0)
 */
#include <gst/app/gstappsink.h>
#include <gst/gst-camera-meta.h>
#include <gst/gst.h>

#include <cstdio>
#include <memory>

namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Element = std::unique_ptr<GstElement, Deleter<gst_object_unref>>;
using Sample = std::unique_ptr<GstSample, Deleter<gst_sample_unref>>;

int exposure_of(GstSample* sample) {
  int exposure = 0;
  const GstStructure* meta = gst_buffer_get_camera_meta(gst_sample_get_buffer(sample));
  if (meta)
    gst_structure_get_int(meta, "exposure-time", &exposure);
  return exposure;
}

double brightness_of(GstSample* sample) {
  GstMapInfo map;
  if (!gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ))
    return 0;
  double sum = 0;
  for (gsize i = 0; i < map.size; i++)
    sum += map.data[i];
  const double mean = sum / static_cast<double>(map.size);
  gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
  return mean;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GError* error = nullptr;
  const Element pipeline(gst_parse_launch(
      "camerasrc name=camera ae-mode=manual exposure-time=1000 ! "
      "video/x-raw,format=RGB,width=640,height=480 ! appsink name=sink max-buffers=2 drop=true",
      &error));
  if (!pipeline) {
    std::fprintf(stderr, "%s\n", error->message);
    g_clear_error(&error);
    return 1;
  }
  const Element camera(gst_bin_get_by_name(GST_BIN(pipeline.get()), "camera"));
  const Element sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);

  int status = 0;
  for (const int wanted : {1000, 4000, 16000}) {
    g_object_set(camera.get(), "exposure-time", wanted, nullptr);
    // The sensor needs some frames to follow: take the first that says it has.
    for (int tries = 0;; tries++) {
      const Sample sample(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 5 * GST_SECOND));
      if (!sample || tries == 60) {
        std::fprintf(stderr, "no frame with an exposure time of %d us\n", wanted);
        status = 1;
        break;
      }
      const int got = exposure_of(sample.get());
      if (got > wanted - 100 && got < wanted + 100) {
        std::printf("%5d us: mean %.0f of 255\n", got, brightness_of(sample.get()));
        break;
      }
    }
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return status;
}
