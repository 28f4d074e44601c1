/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ready-made cameras for a SimulatedKernel.
 */
#pragma once

#include <memory>

#include "tests/core/v4l2/simulated-kernel.h"
#include "tests/core/v4l2/simulated-media.h"
#include "tests/core/v4l2/simulated-video-node.h"

namespace gstcam::v4l2::test {

/**
 * A webcam as uvcvideo shows one: /dev/media0 and /dev/video0, YUYV and MJPG in discrete sizes up
 * to 1280x720 with discrete intervals, controls with a menu whose exposure time is inactive while
 * automatic.
 */
struct SimulatedWebcam {
  std::shared_ptr<SimulatedMedia> media;
  std::shared_ptr<SimulatedVideoNode> video;
};
SimulatedWebcam plug_webcam(SimulatedKernel& kernel);

/** A multi-planar node of its own, /dev/video8: NM12 in a range of sizes, stepwise. */
std::shared_ptr<SimulatedVideoNode> plug_multiplanar(SimulatedKernel& kernel);

}  // namespace gstcam::v4l2::test
