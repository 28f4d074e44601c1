/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recorded raw frames of real sensors with a colour chart in the picture, through the same loop as
 * a live camera: the chart's greys must become neutral. The white balance sees the whole frame
 * only.
 *
 * The frames are not part of the tree: GST_CAMERA_TEST_RAW names their folder. What they are stands
 * in recorded-frames.yaml, patch centres are those of the folder's frames.json.
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
  const char* id;              // of the camera in recorded-frames.yaml
  Point origin;                // of the picture in the full frame
  uint32_t half_size;          // of a patch
  std::array<Point, 4> greys;  // neutral 8, 6.5, 5, 3.5 in the full frame
};

const Frame kFrames[] = {
    {"canon", {152, 26}, 26, {{{964, 954}, {1074, 952}, {1186, 950}, {1298, 948}}}},
    {"light-box", {0, 2}, 36, {{{720, 854}, {854, 858}, {992, 860}, {1130, 864}}}},
    {"indoor", {0, 0}, 24, {{{716, 1430}, {798, 1434}, {884, 1436}, {968, 1440}}}},
    {"outdoor", {0, 0}, 10, {{{742, 1170}, {782, 1172}, {822, 1174}, {862, 1176}}}},
};

CameraDescription description_of(const std::string& id) {
  const std::string file =
      std::string(g_getenv("GST_CAMERA_TEST_SOURCE")) + "/recorded-frames.yaml";
  Result<std::vector<CameraDescription>> cameras = load_camera_descriptions(file);
  if (!cameras)
    g_error("%s", cameras.error().message.c_str());
  for (const CameraDescription& camera : *cameras) {
    if (camera.id == id || camera.id == "simulated/" + id)
      return camera;
  }
  g_error("%s has no camera '%s'", file.c_str(), id.c_str());
}

void test_frame(gconstpointer data) {
  const Frame& frame = *static_cast<const Frame*>(data);
  CameraDescription camera = description_of(frame.id);
  camera.deterministic = true;
  const char* folder = g_getenv("GST_CAMERA_TEST_RAW");
  camera.scene.file =
      std::string(folder ? folder : "") + camera.scene.file.substr(camera.scene.file.rfind('/'));
  if (!folder || !g_file_test(camera.scene.file.c_str(), G_FILE_TEST_IS_REGULAR)) {
    g_test_skip("the recorded frames are not here (GST_CAMERA_TEST_RAW)");
    return;
  }
  Result<std::unique_ptr<SensorModel>> probe = SensorModel::create(camera);
  if (!probe)
    g_error("%s", probe.error().message.c_str());
  const Size size = (*probe)->limits().native;

  CameraLoop loop(camera, size, camera.tuning);
  loop.start();
  for (int i = 0; i < 20; i++)
    loop.frame();
  g_test_message("%s: %ux%u, %s", frame.id, size.width, size.height,
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

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  for (const Frame& frame : kFrames)
    g_test_add_data_func((std::string("/ipa/real-frames/") + frame.id).c_str(), &frame, test_frame);
  return g_test_run();
}
