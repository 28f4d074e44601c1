/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the demo looks at: the colour chart of the simulated camera, or a file as its scene.
 *
 * A recording may have a description of the same name in tools/demo/recordings/: the `scene` and
 * `sensor` of a camera (docs/simulated-camera.md), and where the greys of a chart are in it.
 */
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace gstcam::demo {

/** Centre and half the side of one grey of a chart, in pixels of the picture. */
struct GreyPatch {
  double x = 0;
  double y = 0;
  double half_size = 0;
};

struct Recording {
  std::string title;
  /* What GST_CAMERA_SIMULATED_CONFIG has to name; at most one of them. */
  std::string camera_yaml;    // text of a description, still to be written to a file
  std::string camera_config;  // a file that is there
  bool chart = false;         // the computed chart: true colours are known
  std::vector<GreyPatch> greys;
};

/** The default chart. */
Recording chart_recording();
/** `path` as the scene; `descriptions` is the folder of descriptions. */
Result<Recording> describe_recording(const std::string& path, const std::string& descriptions);

}  // namespace gstcam::demo
