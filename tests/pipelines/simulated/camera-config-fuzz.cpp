/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text: descriptions of cameras or an Error. What is accepted keeps its promises. */
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "pipelines/simulated/camera-config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gstcam::simulated;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const gstcam::Result<gstcam::YamlNode> root = gstcam::parse_yaml(text, "fuzz.yaml");
  if (!root)
    return 0;
  const auto cameras = read_camera_descriptions(*root, "/nowhere");
  if (!cameras)
    return 0;
  for (const CameraDescription& camera : *cameras) {
    Light light;
    camera.light.evaluate(3, 100000000, light);
    const bool raw = camera.scene.kind == SceneDescription::Kind::Bayer;
    if (!(light.lux >= 0) || (raw && !check_geometry(camera.scene.raw)))
      abort();
  }
  return 0;
}
