/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vimc's raw sensors through the pipeline `simple`: colour bars that the kernel draws as a mosaic,
 * as a picture; sizes as caps; and 3A that says what it cannot do.
 *
 * In the virtual machine of the tests (tests/vm), where vimc is loaded and its graph is as it
 * comes.
 */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <array>
#include <memory>
#include <string>

namespace {

constexpr const char* kSensorA = "simple/platform/vimc.0/Sensor A";
constexpr const char* kSensorB = "simple/platform/vimc.0/Sensor B";

struct Unref {
  void operator()(gpointer object) const { gst_object_unref(object); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
};
using ElementPtr = std::unique_ptr<GstElement, Unref>;
using SamplePtr = std::unique_ptr<GstSample, Unref>;

class Stream {
 public:
  Stream(const char* camera, const char* isolation, int frames, int width, int height) {
    const std::string text =
        std::string("camerasrc camera-name=\"") + camera + "\" ipa-isolation=" + isolation +
        " num-buffers=" + std::to_string(frames) +
        " ! video/x-raw,format=RGB,width=" + std::to_string(width) +
        ",height=" + std::to_string(height) + " ! appsink name=sink sync=false";
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch(text.c_str(), &error));
    g_assert_no_error(error);
    sink_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }
  ~Stream() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /** nullptr at the end. */
  SamplePtr next() {
    SamplePtr sample(gst_app_sink_pull_sample(GST_APP_SINK(sink_.get())));
    if (!sample)
      check_bus();
    return sample;
  }
  void check_bus() {
    GstBus* bus = gst_element_get_bus(pipeline_.get());
    const std::unique_ptr<GstMessage, Unref> message(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
    gst_object_unref(bus);
    if (!message)
      return;
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    g_error("%s", error->message);
  }

 private:
  ElementPtr pipeline_;
  ElementPtr sink_;
};

const GstStructure* metadata_of(GstSample* sample) {
  GstCustomMeta* meta = gst_buffer_get_custom_meta(gst_sample_get_buffer(sample), "GstCameraMeta");
  g_assert_nonnull(meta);
  return gst_custom_meta_get_structure(meta);
}

/* White, yellow, cyan, green, magenta, red, blue, black, of 75 %; below the text that is over them.
 */
void assert_bars(GstSample* sample) {
  constexpr std::array<std::array<bool, 3>, 8> kBars = {{{true, true, true},
                                                         {true, true, false},
                                                         {false, true, true},
                                                         {false, true, false},
                                                         {true, false, true},
                                                         {true, false, false},
                                                         {false, false, true},
                                                         {false, false, false}}};
  GstVideoInfo info;
  g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
  GstVideoFrame frame;
  g_assert_true(gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ));
  const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  const int y = info.height * 7 / 8;
  for (int bar = 0; bar < 8; bar++) {
    const int x = info.width * (2 * bar + 1) / 16;
    const uint8_t* pixel = data + size_t(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) + x * 3;
    g_test_message("bar %d: %u %u %u", bar, pixel[0], pixel[1], pixel[2]);
    for (size_t c = 0; c < 3; c++) {
      if (kBars[bar][c])
        g_assert_cmpuint(pixel[c], >, 180);
      else
        g_assert_cmpuint(pixel[c], <, 40);
    }
  }
  gst_video_frame_unmap(&frame);
}

/* What cannot be driven is said; what can be is. */
void assert_limits(GstSample* sample) {
  const GstStructure* meta = metadata_of(sample);
  g_assert_cmpstr(gst_structure_get_string(meta, "ae-state"), ==, "limited");
  for (const char* name : {"exposure-time", "analogue-gain", "lux"})
    g_assert_false(gst_structure_has_field(meta, name));
  for (const char* name : {"colour-gains", "black-level", "frame-duration", "digital-gain"})
    g_assert_true(gst_structure_has_field(meta, name));
  // The text over the bars, which counts time, keeps it busy.
  const char* awb = gst_structure_get_string(meta, "awb-state");
  g_assert_true(g_str_equal(awb, "converged") || g_str_equal(awb, "searching"));
}

void test_picture(gconstpointer isolation) {
  const auto* host = static_cast<const char*>(isolation);
  const int frames = g_str_equal(host, "thread") ? 100 : 40;  // what an emulated processor can do
  Stream stream(kSensorA, host, frames, 320, 240);
  int count = 0;
  int bridged = 0;
  guint64 number = 0;
  GstClockTime time = 0;
  while (const SamplePtr sample = stream.next()) {
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    if (count > 0) {
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), >, number);
      g_assert_cmpuint(GST_BUFFER_PTS(buffer), >, time);
    }
    number = GST_BUFFER_OFFSET(buffer);
    time = GST_BUFFER_PTS(buffer);
    count++;
    const char* state = gst_structure_get_string(metadata_of(sample.get()), "ipa-state");
    g_assert_nonnull(state);
    bridged += g_str_equal(state, "ok") ? 0 : 1;
    g_assert_cmpstr(gst_structure_get_string(metadata_of(sample.get()), "ipa-host"), ==, host);
    assert_limits(sample.get());
    if (count == frames)
      assert_bars(sample.get());
  }
  g_test_message("%d frames, %d of them bridged", count, bridged);
  g_assert_cmpint(count, ==, frames);
}

/* vimc's sensor has any size there is: caps choose, and what comes is of that size. */
void test_sizes() {
  for (const auto& [width, height] :
       {std::pair(640, 480), std::pair(160, 120), std::pair(322, 242)}) {
    Stream stream(kSensorA, "thread", 3, width, height);
    int count = 0;
    while (const SamplePtr sample = stream.next()) {
      GstVideoInfo info;
      g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
      g_assert_cmpint(info.width, ==, width);
      g_assert_cmpint(info.height, ==, height);
      if (width == 640)
        assert_bars(sample.get());
      count++;
    }
    g_assert_cmpint(count, ==, 3);
  }
}

/* Both sensors at once: each has its own way. */
void test_both() {
  Stream a(kSensorA, "thread", 5, 320, 240);
  Stream b(kSensorB, "thread", 5, 160, 120);
  for (int i = 0; i < 5; i++) {
    const SamplePtr from_a = a.next();
    const SamplePtr from_b = b.next();
    g_assert_nonnull(from_a.get());
    g_assert_nonnull(from_b.get());
    assert_bars(from_a.get());
  }
}

/* Both sensors are cameras, with their sizes. */
void test_listed() {
  GstDeviceMonitor* monitor = gst_device_monitor_new();
  gst_device_monitor_add_filter(monitor, "Video/Source", nullptr);
  g_assert_true(gst_device_monitor_start(monitor));
  GList* devices = gst_device_monitor_get_devices(monitor);
  int sensors = 0;
  for (GList* item = devices; item; item = item->next) {
    auto* device = GST_DEVICE(item->data);
    GstStructure* properties = gst_device_get_properties(device);
    const char* id = gst_structure_get_string(properties, "camera.id");
    if (id && g_str_has_prefix(id, "simple/")) {
      sensors++;
      GstCaps* caps = gst_device_get_caps(device);
      GstCaps* wanted = gst_caps_from_string("video/x-raw,format=NV12,width=640,height=480");
      g_assert_true(gst_caps_can_intersect(caps, wanted));
      gst_caps_unref(wanted);
      gst_caps_unref(caps);
    }
    gst_structure_free(properties);
  }
  g_list_free_full(devices, gst_object_unref);
  gst_device_monitor_stop(monitor);
  gst_object_unref(monitor);
  g_assert_cmpint(sensors, ==, 2);
}

}  // namespace

int main(int argc, char** argv) {
  g_setenv("GST_CAMERA_PIPELINES", "simple", TRUE);
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/raw-sensor/listed", test_listed);
  g_test_add_func("/raw-sensor/sizes", test_sizes);
  g_test_add_func("/raw-sensor/both", test_both);
  g_test_add_data_func("/raw-sensor/picture/thread", "thread", test_picture);
  g_test_add_data_func("/raw-sensor/picture/worker", "worker", test_picture);
  return g_test_run();
}
