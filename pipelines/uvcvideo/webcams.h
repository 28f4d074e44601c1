/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which webcams there are: capture nodes that deliver frames by themselves, so of uvcvideo, and of
 * any driver without subdevices to set up first (vivid, capture cards).
 */
#pragma once

#include <vector>

#include "core/pipeline-handler.h"
#include "core/v4l2/kernel.h"
#include "pipelines/uvcvideo/uvcvideo-pipeline.h"

namespace gstcam::uvcvideo {

struct Webcams {
  std::vector<WebcamDescription> cameras;
  /** Of nodes that look like cameras and cannot be asked: no permission, a broken driver. */
  std::vector<Error> errors;
  DeviceClaims devices;  // their hardware
};

/**
 * In the order of their nodes, without hardware that is `taken`. Nodes that vanish while they are
 * looked at are left out.
 */
Result<Webcams> find_webcams(v4l2::Kernel& kernel, const DeviceClaims& taken = {});

}  // namespace gstcam::uvcvideo
