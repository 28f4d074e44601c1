/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures and videos, made here with GStreamer's encoders, as scenes. */
#include "pipelines/simulated/scene/picture-scene.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "pipelines/simulated/scene/chart-scene.h"
#include "pipelines/simulated/scene/colour-difference.h"
#include "pipelines/simulated/scene/scene-description.h"

namespace {

using gstcam::CharPtr;
using gstcam::HandlePtr;
using gstcam::Result;
using gstcam::Size;
using namespace gstcam::simulated;  // NOLINT

constexpr int kWidth = 160;
constexpr int kHeight = 120;
std::string folder;

using Frame = std::vector<uint8_t>;

Frame flat(uint8_t r, uint8_t g, uint8_t b) {
  Frame frame;
  for (int i = 0; i < kWidth * kHeight; i++)
    frame.insert(frame.end(), {r, g, b});
  return frame;
}

/* Writes frames of 40 ms each; false where an encoder is not installed. */
bool encode(const char* name, const char* encoder, const std::vector<Frame>& frames) {
  const std::string launch =
      "appsrc name=src format=time caps=video/x-raw,format=RGB,width=" + std::to_string(kWidth) +
      ",height=" + std::to_string(kHeight) + ",framerate=25/1 ! videoconvert ! " + encoder +
      " ! filesink location=" + folder + "/" + name;
  HandlePtr<GstElement, gst_object_unref> pipeline(
      gst_parse_launch_full(launch.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, nullptr));
  if (!pipeline)
    return false;
  HandlePtr<GstElement, gst_object_unref> src(gst_bin_get_by_name(GST_BIN(pipeline.get()), "src"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (size_t i = 0; i < frames.size(); i++) {
    GstBuffer* buffer = gst_buffer_new_memdup(frames[i].data(), frames[i].size());
    GST_BUFFER_PTS(buffer) = i * 40 * GST_MSECOND;
    GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
    g_assert_true(gst_app_src_push_buffer(GST_APP_SRC(src.get()), buffer) == GST_FLOW_OK);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(src.get()));
  HandlePtr<GstBus, gst_object_unref> bus(gst_element_get_bus(pipeline.get()));
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus.get(), 10 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  const bool done = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (message)
    gst_message_unref(message);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return done;
}

std::unique_ptr<Scene> open(const char* name, Size size) {
  SceneDescription d;
  d.kind = SceneDescription::Kind::Picture;
  d.file = folder + "/" + name;
  auto scene = create_scene(d, {});
  g_assert_true(scene.ok());
  const Result<void> r = (*scene)->configure(size, CfaOrder::Rggb);
  if (!r)
    g_error("%s", r.error().message.c_str());
  return std::move(scene).value();
}

/* Signal of the quad at x, y: R, G, B. */
std::array<double, 3> signal(const Plane& plane, uint32_t x, uint32_t y) {
  const uint16_t* p = plane.values.data() + size_t{y} * plane.size.width + x;
  return {p[0] * double{plane.scale}, p[1] * double{plane.scale},
          p[plane.size.width + 1] * double{plane.scale}};
}

void test_grey() {
  g_assert_true(encode("grey.png", "pngenc snapshot=true", {flat(128, 128, 128)}));
  Spectrum white;
  white.fill(srgb_decode(128 / 255.0));
  auto scene = open("grey.png", {128, 96});
  for (double temperature : {2856.0, 4000.0, 6500.0}) {
    const Spectrum light = spectrum_of_temperature(temperature);
    const Plane& plane = **scene->render(light, 0);
    const std::array<double, 3> wanted = sensor_signal(white, light);
    const std::array<double, 3> got = signal(plane, 64, 48);
    for (size_t c = 0; c < 3; c++)
      g_assert_cmpfloat_with_epsilon(got[c] / wanted[c], 1, 0.02);
  }
}

void test_colours() {
  // Red on the left, blue on the right; scaled up and cropped to a wider format.
  Frame frame = flat(200, 20, 20);
  for (int y = 0; y < kHeight; y++) {
    for (int x = kWidth / 2; x < kWidth; x++) {
      uint8_t* p = frame.data() + (static_cast<ptrdiff_t>(y) * kWidth + x) * 3;
      p[0] = 20;
      p[2] = 200;
    }
  }
  g_assert_true(encode("colours.png", "pngenc snapshot=true", {frame}));
  auto scene = open("colours.png", {640, 360});
  const Plane& plane = **scene->render(spectrum_of_temperature(5500), 0);
  const auto left = signal(plane, 100, 180);
  const auto right = signal(plane, 540, 180);
  g_assert_cmpfloat(left[0], >, 3 * left[2]);
  g_assert_cmpfloat(right[2], >, 3 * right[0]);
  g_assert_cmpfloat(left[0], >, 3 * right[0]);
  // The whole height is picture: no borders were added.
  g_assert_cmpfloat_with_epsilon(signal(plane, 100, 0)[0], left[0], 0.001);
  g_assert_cmpfloat_with_epsilon(signal(plane, 100, 358)[0], left[0], 0.001);
}

/* The matrix puts the chart's own colours near their signals. */
void test_matrix() {
  for (double temperature : {2856.0, 5000.0, 7500.0}) {
    const Spectrum light = spectrum_of_temperature(temperature);
    const ColourMatrix m = reflectance_to_sensor(light);
    for (size_t i = 0; i < kChartPatches; i++) {
      const LinearRgb& rgb = chart_reference()[i].linear_srgb;
      const auto truth = sensor_signal(refine(kChartReflectances[i].values), light);
      for (size_t c = 0; c < 3; c++) {
        const double fitted = m[c][0] * rgb[0] + m[c][1] * rgb[1] + m[c][2] * rgb[2];
        g_assert_cmpfloat_with_epsilon(fitted, truth[c], 0.06);
      }
    }
  }
}

void test_video() {
  constexpr size_t kFrames = 8;
  std::vector<Frame> frames;
  for (size_t i = 0; i < kFrames; i++) {
    const auto level = static_cast<uint8_t>(40 + 25 * i);
    frames.push_back(flat(level, level, level));
  }
  if (!encode("video.avi", "jpegenc quality=100 ! avimux", frames)) {
    g_test_skip("jpegenc or avimux is not installed");
    return;
  }
  auto scene = open("video.avi", {64, 64});
  const Spectrum light = spectrum_of_temperature(6500);
  Spectrum white;
  white.fill(1);
  const double unit = sensor_signal(white, light)[1];
  auto frame_at = [&](int64_t ms) {
    Result<const Plane*> plane = scene->render(light, ms * 1000000);
    if (!plane)
      g_error("%s", plane.error().message.c_str());
    const double level = srgb_encode(signal(**plane, 32, 32)[1] / unit) * 255;
    return (level - 40) / 25;
  };
  constexpr double kNear = 0.15;
  g_assert_cmpfloat_with_epsilon(frame_at(0), 0, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(39), 0, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(41), 1, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(45), 1, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(245), 6, kNear);  // leaves some out
  g_assert_cmpfloat_with_epsilon(frame_at(285), 7, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(325), 0, kNear);  // again from the beginning
  g_assert_cmpfloat_with_epsilon(frame_at(365), 1, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(320 * 100000 + 125), 3, kNear);
  g_assert_cmpfloat_with_epsilon(frame_at(85), 2, kNear);  // a new run
}

/* ISO 3309, as PNG uses it. */
uint32_t crc32(std::string_view bytes) {
  uint32_t crc = UINT32_MAX;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

void test_errors() {
  auto error = [](const char* name) {
    SceneDescription d;
    d.kind = SceneDescription::Kind::Picture;
    d.file = strstr(name, "://") ? name : folder + "/" + name;
    auto scene = create_scene(d, {});
    g_assert_true(scene.ok());
    const Result<void> r = (*scene)->configure({64, 64}, CfaOrder::Rggb);
    g_assert_false(r.ok());
    g_assert_nonnull(std::strstr(r.error().message.c_str(), name));
    g_assert_cmpuint(r.error().hint.size(), >, 0);
  };
  error("none.png");
  error("file:///none.png");
  error("nonsense://none");
  const std::string text = folder + "/text.png";
  g_assert_true(g_file_set_contents(text.c_str(), "not a picture\n", -1, nullptr));
  error("text.png");
  g_assert_true(g_file_set_contents(text.c_str(), "", 0, nullptr));
  error("text.png");
  // Half a PNG, and one that claims 60000x60000 pixels.
  g_assert_true(encode("grey.png", "pngenc snapshot=true", {flat(128, 128, 128)}));
  gchar* bytes = nullptr;
  gsize size = 0;
  g_assert_true(g_file_get_contents((folder + "/grey.png").c_str(), &bytes, &size, nullptr));
  CharPtr owner(bytes);
  g_assert_true(g_file_set_contents(text.c_str(), bytes, 60, nullptr));
  error("text.png");
  bytes[18] = bytes[22] = static_cast<char>(0xea);
  bytes[19] = bytes[23] = 0x60;
  const uint32_t crc = crc32({bytes + 12, 17});  // of the header chunk: type and data
  for (int i = 0; i < 4; i++)
    bytes[29 + i] = static_cast<char>(crc >> (24 - 8 * i));
  g_assert_true(g_file_set_contents(text.c_str(), bytes, static_cast<gssize>(size), nullptr));
  error("text.png");
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  CharPtr dir(g_dir_make_tmp("picture-scene-XXXXXX", nullptr));
  g_assert_nonnull(dir.get());
  folder = dir.get();
  g_test_add_func("/picture-scene/grey", test_grey);
  g_test_add_func("/picture-scene/colours", test_colours);
  g_test_add_func("/picture-scene/matrix", test_matrix);
  g_test_add_func("/picture-scene/video", test_video);
  g_test_add_func("/picture-scene/errors", test_errors);
  const int status = g_test_run();
  for (const char* name : {"grey.png", "colours.png", "video.avi", "text.png"})
    g_unlink((folder + "/" + name).c_str());
  g_rmdir(folder.c_str());
  gst_deinit();
  return status;
}
