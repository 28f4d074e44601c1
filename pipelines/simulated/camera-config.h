/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What simulated cameras there are: the YAML file of GST_CAMERA_SIMULATED_CONFIG, or one camera
 * with a colour chart. docs/simulated-camera.md describes every key.
 *
 * Reading a description opens no scene: a camera is found at once whatever its scene costs. Errors
 * name file and line. Any thread.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "core/pixel-format.h"
#include "pipelines/simulated/scene/light-script.h"
#include "pipelines/simulated/scene/scene-description.h"

namespace gstcam::simulated {

/**
 * A sensor. The defaults are those of a phone's or a small machine-vision camera's sensor with
 * pixels of about 2 um: such pixels hold some 10000 electrons and are read with 1.5 to 5 electrons
 * RMS of noise (J. Nakamura, ed., "Image Sensors and Signal Processing for Digital Still Cameras",
 * 2006, ch. 3; measured values of this order in EMVA 1288 data sheets).
 */
struct SensorDescription {
  std::string model = "simulated";  // as tuning files call it
  uint32_t bits = 10;               // 8, 10 or 12
  CfaOrder cfa = CfaOrder::Rggb;
  uint32_t black_level = 64;  // in codes of `bits`
  double full_well = 10000;   // electrons at the largest code with gain 1
  double read_noise = 3;      // electrons RMS
  bool noise = true;
  double max_gain = 16;
  uint32_t exposure_delay = 2;  // frames
  uint32_t gain_delay = 1;
  double max_framerate = 60;
  double lens_shading = 0;  // part of the light that the corners lose
};

struct CameraDescription {
  enum class Pace : uint8_t {
    Live,  // a frame every frame duration
    Fast,  // a frame as soon as somebody wants one
  };

  std::string id;
  std::string model;
  bool stand_in = false;  // nobody asked for it (CameraProperties)
  SceneDescription scene;
  SensorDescription sensor;
  LightScript light;
  Pace pace = Pace::Live;
  uint64_t seed = 1;
  bool deterministic = false;  // time counts in frames, not by the clock
  std::string tuning;          // tuning file: a name in GST_CAMERA_DATA_PATH, or a path
  Size size;                   // preferred; 0x0: the scene's native one
};

/** `simulated/chart`, the camera there is where nothing is described. */
CameraDescription default_camera_description();
Result<std::vector<CameraDescription>> load_camera_descriptions(const std::string& path);
/** The same from a parsed file; relative paths of scenes start in `folder`. */
Result<std::vector<CameraDescription>> read_camera_descriptions(const YamlNode& root,
                                                                const std::string& folder);
/**
 * A camera, `simulated/file`, that looks at this file: a raw file of a camera (by its suffix), a
 * headerless Bayer file (.raw, .bayer, .bin) whose name tells its geometry
 * (`..._1920x1080_10b_RGGB.raw`; `u16le` and `csi2` as further words), else a picture or a video.
 */
Result<CameraDescription> camera_for_file(const std::string& path);
/** What GST_CAMERA_SIMULATED_CONFIG says: a description (.yaml, .yml) or a file to look at; the
 * default where it is unset or empty. */
Result<std::vector<CameraDescription>> configured_camera_descriptions();

}  // namespace gstcam::simulated
