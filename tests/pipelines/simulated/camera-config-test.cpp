/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/camera-config.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <cstring>
#include <string>

#include "base/glib-ptr.h"

namespace {

using gstcam::CharPtr;
using gstcam::Result;
using gstcam::Size;
using gstcam::YamlNode;
using namespace gstcam::simulated;  // NOLINT

Result<std::vector<CameraDescription>> read(const std::string& text) {
  Result<YamlNode> root = gstcam::parse_yaml(text, "c.yaml");
  if (!root)
    return root.error();
  return read_camera_descriptions(*root, "/folder");
}

void test_default() {
  g_unsetenv("GST_CAMERA_SIMULATED_CONFIG");
  const auto cameras = configured_camera_descriptions();
  g_assert_true(cameras.ok());
  g_assert_cmpuint(cameras->size(), ==, 1);
  const CameraDescription& d = cameras->front();
  g_assert_cmpstr(d.id.c_str(), ==, "simulated/chart");
  g_assert_cmpstr(d.model.c_str(), ==, "Simulated camera (colour chart)");
  g_assert_true(d.stand_in);
  g_assert_true(d.scene.kind == SceneDescription::Kind::Chart);
  g_assert_cmpstr(d.tuning.c_str(), ==, "simulated.yaml");
  // A camera without keys is the default one.
  const auto plain = read("cameras: [{id: chart}]");
  g_assert_true(plain.ok());
  g_assert_cmpuint(plain->front().sensor.black_level, ==, d.sensor.black_level);
  g_assert_cmpuint(plain->front().sensor.bits, ==, d.sensor.bits);
  g_assert_cmpstr(plain->front().tuning.c_str(), ==, "simulated.yaml");
}

void test_everything() {
  const auto cameras = read(R"(
cameras:
  - id: chart-1
    model: My camera
    scene: chart
    sensor:
      model: imx0
      bits: 12
      cfa: GBRG
      black-level: 200
      full-well: 8000
      read-noise: 2.5
      noise: false
      max-gain: 22
      exposure-delay: 3
      gain-delay: 2
      max-framerate: 120
      lens-shading: 0.25
    light:
      - {lux: 100, temperature: 2856}
      - {frame: 30, lux: 1000, illuminant: FL11, change: linear}
    pace: fast
    seed: 77
    deterministic: true
    size: [1280, 720]
  - id: photo
    scene: {type: picture, file: photo.jpg}
    light: {illuminant: D65, lux: 50}
  - id: stream
    scene: {type: picture, file: "file:///a/b.mp4"}
    tuning: /etc/tuning.yaml
  - id: raw
    scene:
      type: bayer
      file: /x/y.raw
      width: 64
      height: 32
      bits: 10
      packing: csi2
      cfa: BGGR
      offset: 16
      stride: 96
      black-level: 63.5
      white-level: 1000
      crop: [2, 2, 60, 28]
      reference-lux: 400
  - id: dng
    scene: {type: dng, file: ../a.dng}
)");
  if (!cameras)
    g_error("%s", cameras.error().message.c_str());
  g_assert_cmpuint(cameras->size(), ==, 5);
  const CameraDescription& chart = (*cameras)[0];
  g_assert_cmpstr(chart.id.c_str(), ==, "simulated/chart-1");
  g_assert_cmpstr(chart.model.c_str(), ==, "My camera");
  g_assert_cmpstr(chart.tuning.c_str(), ==, "imx0.yaml");
  const SensorDescription& s = chart.sensor;
  g_assert_cmpuint(s.bits, ==, 12);
  g_assert_true(s.cfa == CfaOrder::Gbrg);
  g_assert_cmpuint(s.black_level, ==, 200);
  g_assert_cmpfloat(s.full_well, ==, 8000);
  g_assert_cmpfloat(s.read_noise, ==, 2.5);
  g_assert_false(s.noise);
  g_assert_cmpfloat(s.max_gain, ==, 22);
  g_assert_cmpuint(s.exposure_delay, ==, 3);
  g_assert_cmpuint(s.gain_delay, ==, 2);
  g_assert_cmpfloat(s.max_framerate, ==, 120);
  g_assert_cmpfloat(s.lens_shading, ==, 0.25);
  g_assert_true(chart.pace == CameraDescription::Pace::Fast);
  g_assert_cmpuint(chart.seed, ==, 77);
  g_assert_true(chart.deterministic);
  g_assert_true(chart.size == (Size{1280, 720}));
  Light light;
  chart.light.evaluate(15, 0, light);
  g_assert_cmpfloat_with_epsilon(light.lux, 550, 1e-9);

  const CameraDescription& photo = (*cameras)[1];
  g_assert_true(photo.scene.kind == SceneDescription::Kind::Picture);
  g_assert_cmpstr(photo.scene.file.c_str(), ==, "/folder/photo.jpg");
  photo.light.evaluate(0, 0, light);
  g_assert_cmpfloat(light.lux, ==, 50);
  g_assert_cmpstr((*cameras)[2].scene.file.c_str(), ==, "file:///a/b.mp4");
  g_assert_cmpstr((*cameras)[2].tuning.c_str(), ==, "/etc/tuning.yaml");
  const RawGeometry& raw = (*cameras)[3].scene.raw;
  g_assert_true(raw.packing == RawGeometry::Packing::Csi2);
  g_assert_true(raw.cfa == CfaOrder::Bggr);
  g_assert_cmpuint(raw.offset, ==, 16);
  g_assert_cmpuint(raw.stride, ==, 96);
  g_assert_cmpfloat(raw.black_level, ==, 63.5);
  g_assert_cmpfloat(raw.white_level, ==, 1000);
  g_assert_cmpuint(raw.crop_width, ==, 60);
  g_assert_cmpfloat((*cameras)[3].scene.reference_lux, ==, 400);
  g_assert_cmpstr((*cameras)[4].scene.file.c_str(), ==, "/folder/../a.dng");
}

void test_errors() {
  struct Case {
    const char* text;
    const char* error;
  };
  const std::string raw = "cameras:\n- id: a\n  scene: {type: bayer, file: f, ";
  const Case cases[] = {
      {"", "c.yaml:1: expected a map"},
      {"cameras:\n", "c.yaml:1: 'cameras' is not a list"},
      {"cameras: []\n", "c.yaml:1: 'cameras' is not a list"},
      {"kameras: []\n", "c.yaml:1: the key 'cameras' is missing"},
      {"cameras: [{id: a}]\nmore: 1\n", "c.yaml:2: 'more' is not a known key"},
      {"cameras:\n- model: x\n", "c.yaml:2: the key 'id' is missing"},
      {"cameras:\n- id: a/b\n", "c.yaml:2: an id is made of"},
      {"cameras:\n- id: a\n- id: a\n", "c.yaml:3: a second camera with the id"},
      {"cameras:\n- id: a\n  sede: 1\n", "c.yaml:3: 'sede' is not a known key"},
      {"cameras:\n- id: a\n  seed: -1\n", "c.yaml:3: -1 is outside"},
      {"cameras:\n- id: a\n  pace: slow\n", "c.yaml:3: 'slow' is none of live, fast"},
      {"cameras:\n- id: a\n  deterministic: 1\n", "c.yaml:3: expected true or false"},
      {"cameras:\n- id: a\n  size: 1280x720\n", "c.yaml:3: expected a size"},
      {"cameras:\n- id: a\n  size: [1281, 720]\n", "c.yaml:3: width and height must be even"},
      {"cameras:\n- id: a\n  size: [65536, 65536]\n", "c.yaml:3: 65536 is outside"},
      {"cameras:\n- id: a\n  sensor:\n    bits: 11\n", "c.yaml:4: a sensor has 8, 10 or 12 bits"},
      {"cameras:\n- id: a\n  sensor:\n    bits: 10\n    cfa: RGBG\n", "c.yaml:5: 'RGBG' is none"},
      {"cameras:\n- id: a\n  sensor: {black-level: 300}\n", "c.yaml:3: 300 is outside 0..256"},
      {"cameras:\n- id: a\n  sensor: {full-well: .nan}\n", "c.yaml:3: expected a finite number"},
      {"cameras:\n- id: a\n  sensor: {exposure-delay: 8}\n", "c.yaml:3: 8 is outside 0..7"},
      {"cameras:\n- id: a\n  scene: picture\n", "c.yaml:3: 'picture' is none of chart"},
      {"cameras:\n- id: a\n  scene: {file: x}\n", "c.yaml:3: the key 'type' is missing"},
      {"cameras:\n- id: a\n  scene: {type: movie}\n", "c.yaml:3: 'movie' is none of"},
      {"cameras:\n- id: a\n  scene: {type: dng}\n", "c.yaml:3: the key 'file' is missing"},
      {"cameras:\n- id: a\n  scene: {type: dng, file: ''}\n", "c.yaml:3: the name of the file"},
      {"cameras:\n- id: a\n  scene: {type: chart, file: x}\n", "c.yaml:3: 'file' is not a known"},
      {"cameras:\n- id: a\n  scene: {type: dng, file: 'http://a/b'}\n",
       "c.yaml:3: expected a path"},
      {"cameras:\n- id: a\n  sensor: {cfa: RGGB}\n  scene: {type: dng, file: x}\n",
       "c.yaml:3: a recorded raw frame has its own"},
      {"cameras:\n- id: a\n  light: []\n", "c.yaml:3: a light script has 1 to"},
      {"cameras:\n- id: a\n  light: bright\n", "c.yaml:3: expected a map"},
      {"cameras:\n- id: a\n  light: {lux: -1}\n", "c.yaml:3: -1 is outside"},
      {"cameras:\n- id: a\n  light: {temperature: 100}\n", "c.yaml:3: 100 is outside 1500"},
      {"cameras:\n- id: a\n  light: {illuminant: D66}\n", "c.yaml:3: no illuminant is called"},
      {"cameras:\n- id: a\n  light: {illuminant: D65, temperature: 5000}\n",
       "c.yaml:3: a point has either 'temperature'"},
      {"cameras:\n- id: a\n  light:\n  - lux: 1\n  - lux: 2\n", "c.yaml:5: every point but"},
      {"cameras:\n- id: a\n  light:\n  - time: 0\n  - frame: 2\n", "c.yaml:5: the points of a"},
      {"cameras:\n- id: a\n  light:\n  - time: 3\n  - time: 2\n", "c.yaml:4: the points of a"},
      {"cameras:\n- id: a\n  light: {time: 1, frame: 1}\n", "c.yaml:3: a point has either 'time'"},
  };
  for (const Case& c : cases) {
    const auto result = read(c.text);
    g_assert_false(result.ok());
    if (!result.error().message.starts_with(c.error))
      g_error("expected \"%s\", got \"%s\"", c.error, result.error().message.c_str());
  }
  const Case geometries[] = {
      {"width: 64, height: 32, bits: 10}", "c.yaml:3: the key 'cfa' is missing"},
      {"width: 1e9, height: 32, bits: 10, cfa: RGGB}", "c.yaml:3: expected a whole number"},
      {"width: 64, height: 32, bits: 10, cfa: RGGB, stride: 9}",
       "c.yaml:3: raw file geometry: a s"},
      {"width: 64, height: 32, bits: 10, cfa: RGGB, crop: [0, 0, 65, 2]}",
       "c.yaml:3: raw file geometry: the crop"},
      {"width: 64, height: 32, bits: 10, cfa: RGGB, crop: [0, 0]}", "c.yaml:3: expected a crop"},
      {"width: 64, height: 32, bits: 14, cfa: RGGB, packing: csi2}",
       "c.yaml:3: raw file geometry: CSI-2"},
  };
  for (const Case& c : geometries) {
    const auto result = read(raw + c.text + "\n");
    g_assert_false(result.ok());
    if (!result.error().message.starts_with(c.error))
      g_error("expected \"%s\", got \"%s\"", c.error, result.error().message.c_str());
  }
}

void test_files() {
  CharPtr dir(g_dir_make_tmp("camera-config-XXXXXX", nullptr));
  g_assert_nonnull(dir.get());
  const std::string path = std::string(dir.get()) + "/c.yaml";
  g_assert_true(g_file_set_contents(
      path.c_str(), "cameras: [{id: p, scene: {type: picture, file: p.png}}]\n", -1, nullptr));
  g_setenv("GST_CAMERA_SIMULATED_CONFIG", path.c_str(), TRUE);
  const auto cameras = configured_camera_descriptions();
  g_assert_true(cameras.ok());
  g_assert_true(cameras->front().scene.file == std::string(dir.get()) + "/p.png");
  g_assert_false(cameras->front().stand_in);
  g_unlink(path.c_str());
  const auto missing = configured_camera_descriptions();
  g_assert_false(missing.ok());
  g_assert_true(missing.error().message.starts_with("GST_CAMERA_SIMULATED_CONFIG: cannot open"));
  g_rmdir(dir.get());
  g_setenv("GST_CAMERA_SIMULATED_CONFIG", "/a/photo.jpg", TRUE);
  const auto photo = configured_camera_descriptions();
  g_assert_true(photo.ok());
  g_assert_cmpstr(photo->front().id.c_str(), ==, "simulated/file");
  g_assert_true(photo->front().scene.kind == SceneDescription::Kind::Picture);
  g_assert_false(photo->front().stand_in);
  g_unsetenv("GST_CAMERA_SIMULATED_CONFIG");
}

void test_for_file() {
  g_assert_true(camera_for_file("/x/A.DNG")->scene.kind == SceneDescription::Kind::Dng);
  g_assert_true(camera_for_file("rtsp://x/y.raw")->scene.kind == SceneDescription::Kind::Picture);
  const auto box = camera_for_file("/x/iisp_box_1920x1080_u16le_12b_BGGR.raw");
  g_assert_true(box.ok());
  g_assert_cmpuint(box->scene.raw.width, ==, 1920);
  g_assert_cmpuint(box->scene.raw.height, ==, 1080);
  g_assert_cmpuint(box->scene.raw.bits, ==, 12);
  g_assert_true(box->scene.raw.cfa == CfaOrder::Bggr);
  g_assert_true(box->scene.raw.packing == RawGeometry::Packing::Plain);
  const auto packed = camera_for_file("/x/a-640x480-10b-csi2-grbg.bin");
  g_assert_true(packed.ok());
  g_assert_true(packed->scene.raw.packing == RawGeometry::Packing::Csi2);
  g_assert_true(packed->scene.raw.cfa == CfaOrder::Grbg);
  for (const char* name :
       {"/x/a.raw", "/x/a_640x480_RGGB.raw", "/x/a_640x480_10b.raw", "/x/a_0x480_10b_RGGB.raw",
        "/x/a_640x480_99b_RGGB.raw", "/x/a_99999x99999_10b_RGGB.raw"}) {
    const auto bad = camera_for_file(name);
    g_assert_false(bad.ok());
    g_assert_nonnull(std::strstr(bad.error().message.c_str(), "does not tell its geometry"));
  }
}

/* The examples people start from. */
void test_documentation() {
  const auto frames =
      load_camera_descriptions(SOURCE_DIR "/tests/pipelines/simulated/raw-frames.yaml");
  if (!frames)
    g_error("%s", frames.error().message.c_str());
  g_assert_cmpuint(frames->size(), ==, 4);
  // The first indented block of the documentation that begins with "cameras:".
  gchar* text = nullptr;
  g_assert_true(
      g_file_get_contents(SOURCE_DIR "/docs/simulated-camera.md", &text, nullptr, nullptr));
  const CharPtr owner(text);
  const char* start = std::strstr(text, "    cameras:");
  g_assert_nonnull(start);
  const char* end = std::strstr(start, "\n\nUnknown keys");
  g_assert_nonnull(end);
  const auto cameras = read(std::string(start, end));
  if (!cameras)
    g_error("%s", cameras.error().message.c_str());
  g_assert_cmpuint(cameras->size(), ==, 3);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/camera-config/default", test_default);
  g_test_add_func("/camera-config/everything", test_everything);
  g_test_add_func("/camera-config/errors", test_errors);
  g_test_add_func("/camera-config/files", test_files);
  g_test_add_func("/camera-config/for-file", test_for_file);
  g_test_add_func("/camera-config/documentation", test_documentation);
  return g_test_run();
}
