/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recorded raw frames of real sensors with a colour chart in the picture, through the same loop as
 * a live camera: the chart's greys must become neutral. The white balance sees the whole frame
 * only.
 *
 * The frames are not part of the tree: GST_CAMERA_TEST_RAW names their folder. Geometry and patch
 * centres are those of the folder's frames.json.
 */
#include <glib.h>

#include <cmath>

#include "tests/ipa/camera-loop.h"

using namespace gstcam;
using namespace gstcam::simulated;

namespace {

struct Point {
  uint32_t x;
  uint32_t y;
};

struct Frame {
  const char* name;
  const char* file;
  const char* tuning;
  const char* model;
  SceneDescription scene;
  uint32_t bits;
  /* Of the picture in the full frame. */
  Point origin;
  Size size;
  uint32_t half_size;          // of a patch
  std::array<Point, 4> greys;  // neutral 8, 6.5, 5, 3.5 in the full frame
};

Frame canon() {
  Frame f{};
  f.name = "canon";
  f.file = "canon_550d_ml_colorchecker_1888x1182_14b_RGGB.dng";
  f.tuning = "canon-550d.yaml";
  f.model = "canon-550d";
  f.scene.kind = SceneDescription::Kind::Dng;
  f.bits = 12;
  f.origin = {152, 26};
  f.half_size = 26;
  f.greys = {{{964, 954}, {1074, 952}, {1186, 950}, {1298, 948}}};
  return f;
}

Frame light_box() {
  Frame f{};
  f.name = "light-box";
  f.file = "iisp_colorchecker_lightbox_1920x1080_u16le_12b_BGGR.raw";
  f.tuning = "infinite-isp-lightbox.yaml";
  f.model = "infinite-isp-lightbox";
  f.scene.kind = SceneDescription::Kind::Bayer;
  f.scene.raw.width = 1920;
  f.scene.raw.height = 1080;
  f.scene.raw.bits = 12;
  f.scene.raw.cfa = decltype(f.scene.raw.cfa)::Bggr;
  f.scene.raw.white_level = 4092;
  // The first row is black and the last column is rubbish.
  f.scene.raw.crop_y = 2;
  f.scene.raw.crop_width = 1918;
  f.scene.raw.crop_height = 1078;
  f.bits = 12;
  f.origin = {0, 2};
  f.half_size = 36;
  f.greys = {{{720, 854}, {854, 858}, {992, 860}, {1130, 864}}};
  return f;
}

Frame eight_bit(const char* name, const char* file) {
  Frame f{};
  f.name = name;
  f.file = file;
  f.tuning = "infinite-isp-2592x1536.yaml";
  f.model = "infinite-isp-2592x1536";
  f.scene.kind = SceneDescription::Kind::Bayer;
  f.scene.raw.width = 2592;
  f.scene.raw.height = 1536;
  f.scene.raw.bits = 8;
  f.scene.raw.cfa = decltype(f.scene.raw.cfa)::Grbg;
  f.scene.raw.black_level = 12.5;
  f.bits = 10;
  return f;
}

Frame indoor() {
  Frame f = eight_bit("indoor", "iisp_Indoor1_2592x1536_8b_GRBG.raw");
  f.half_size = 24;
  f.greys = {{{716, 1430}, {798, 1434}, {884, 1436}, {968, 1440}}};
  return f;
}

Frame outdoor() {
  Frame f = eight_bit("outdoor", "iisp_Outdoor4_2592x1536_8b_GRBG.raw");
  f.half_size = 10;
  f.greys = {{{742, 1170}, {782, 1172}, {822, 1174}, {862, 1176}}};
  return f;
}

void test_frame(const Frame& frame) {
  const char* folder = g_getenv("GST_CAMERA_TEST_RAW");
  const std::string path = std::string(folder ? folder : "") + "/" + frame.file;
  if (!folder || !g_file_test(path.c_str(), G_FILE_TEST_IS_REGULAR)) {
    g_test_skip("the recorded frames are not here (GST_CAMERA_TEST_RAW)");
    return;
  }
  CameraDescription camera = default_camera_description();
  camera.deterministic = true;
  camera.scene = frame.scene;
  camera.scene.file = path;
  camera.sensor.model = frame.model;
  camera.sensor.bits = frame.bits;
  Result<std::unique_ptr<SensorModel>> probe = SensorModel::create(camera);
  if (!probe)
    g_error("%s", probe.error().message.c_str());
  const Size size = (*probe)->limits().native;

  CameraLoop loop(camera, size, frame.tuning);
  loop.start();
  for (int i = 0; i < 20; i++)
    loop.frame();
  g_test_message("%s: %ux%u, %s", frame.name, size.width, size.height,
                 loop.metadata().to_string().c_str());
  g_assert_cmpint(loop.metadata().get_or(ControlId::AwbState, int32_t{-1}), ==,
                  kAlgorithmConverged);
  g_assert_cmpint(loop.metadata().get_or(ControlId::AeState, int32_t{-1}), ==, kAlgorithmConverged);

  // Patch by patch, as frames.json has it: light on a real chart is not even.
  double red = 0;
  double blue = 0;
  for (const Point& grey : frame.greys) {
    const uint32_t half = frame.half_size;
    const LinearRgb rgb = loop.mean(grey.x - frame.origin.x - half, grey.y - frame.origin.y - half,
                                    2 * half, 2 * half);
    g_test_message("grey: %.4f %.4f %.4f, R/G %.3f B/G %.3f", rgb[0], rgb[1], rgb[2],
                   rgb[0] / rgb[1], rgb[2] / rgb[1]);
    red += rgb[0] / rgb[1] / static_cast<double>(frame.greys.size());
    blue += rgb[2] / rgb[1] / static_cast<double>(frame.greys.size());
  }
  g_test_message("mean: R/G %.4f B/G %.4f", red, blue);
  g_assert_cmpfloat(std::abs(red - 1), <=, 0.03);
  g_assert_cmpfloat(std::abs(blue - 1), <=, 0.03);
}

void test_canon() {
  test_frame(canon());
}
void test_light_box() {
  test_frame(light_box());
}
void test_indoor() {
  test_frame(indoor());
}
void test_outdoor() {
  test_frame(outdoor());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipa/real-frames/canon", test_canon);
  g_test_add_func("/ipa/real-frames/light-box", test_light_box);
  g_test_add_func("/ipa/real-frames/indoor", test_indoor);
  g_test_add_func("/ipa/real-frames/outdoor", test_outdoor);
  return g_test_run();
}
