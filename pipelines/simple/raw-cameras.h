/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which raw sensors there are that a capture node can be had from without an ISP between them: the
 * media graphs decide, nothing else. A function without state, any thread.
 */
#pragma once

#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/v4l2/kernel.h"

namespace gstcam::simple {

struct RawCameraDescription {
  std::string id;      // "simple/platform/soc/fe801000.csi/imx219 10-0010"
  std::string model;   // "imx219"
  std::string device;  // hardware of the graph: a stable_id()
  std::string media;   // "/dev/media1"
  std::string sensor;  // its entity
  std::string video;   // entity of the node that captures
  CameraProperties properties;
};

struct RawCameras {
  std::vector<RawCameraDescription> cameras;
  std::vector<Error> errors;
  DeviceClaims devices;  // that the cameras are on
};

/**
 * Every sensor with raw modes from which links lead to a node that captures raw frames, by blocks
 * that do not process pictures. A raw sensor without such a way is an error, and so is a receiver
 * without a sensor; hardware that others have `taken` is not looked at.
 */
Result<RawCameras> find_raw_cameras(v4l2::Kernel& kernel, const DeviceClaims& taken);

}  // namespace gstcam::simple
