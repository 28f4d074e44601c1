/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ready-made cameras for a SimulatedKernel.
 */
#pragma once

#include <memory>

#include "tests/core/v4l2/simulated-kernel.h"
#include "tests/core/v4l2/simulated-media.h"
#include "tests/core/v4l2/simulated-sensor.h"
#include "tests/core/v4l2/simulated-video-node.h"

namespace gstcam::v4l2::test {

/** A node that succeeds in whatever it is asked, and answers with nothing but set bits. */
class NonsenseNode final : public SimulatedNode {
 public:
  int ioctl(SimulatedFile& file, unsigned long request, void* argument) override;
};

/** Where a webcam is plugged in, and which number its nodes get. */
struct WebcamPlace {
  uint32_t port = 2;
  uint32_t node = 0;
};

/**
 * A webcam as uvcvideo shows one: /dev/media0 and /dev/video0, YUYV and MJPG in discrete sizes up
 * to 1280x720 with discrete intervals, controls with a menu whose exposure time is inactive while
 * automatic.
 */
struct SimulatedWebcam {
  std::shared_ptr<SimulatedMedia> media;
  std::shared_ptr<SimulatedVideoNode> video;
};
SimulatedWebcam plug_webcam(SimulatedKernel& kernel, WebcamPlace place = {});

/**
 * A raw camera: /dev/media1 with an imx219 (/dev/v4l-subdev0), a CSI-2 receiver (/dev/v4l-subdev1)
 * and a capture node (/dev/video4) that takes its 10 bit packed and 8 bit pictures. The link from
 * receiver to node is disabled in the beginning. STREAMON checks the way as the kernel does:
 * ENOLINK where a link is disabled, EPIPE where the formats of its ends do not fit.
 */
struct SimulatedRawCamera {
  std::shared_ptr<SimulatedMedia> media;
  std::shared_ptr<SimulatedSensor> sensor;
  std::shared_ptr<SimulatedSubdevice> receiver;
  std::shared_ptr<SimulatedVideoNode> video;
};
SimulatedRawCamera plug_raw_camera(SimulatedKernel& kernel,
                                   const SimulatedSensorDescription& sensor = imx219_description(),
                                   const std::string& entity = "imx219 10-0010");

/** A multi-planar node of its own, /dev/video8: NM12 in a range of sizes, stepwise. */
std::shared_ptr<SimulatedVideoNode> plug_multiplanar(SimulatedKernel& kernel);

}  // namespace gstcam::v4l2::test
