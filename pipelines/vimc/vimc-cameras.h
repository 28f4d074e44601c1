/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which vimc devices there are: media devices of the kernel's driver of that name.
 */
#pragma once

#include <vector>

#include "core/pipeline-handler.h"
#include "core/v4l2/kernel.h"
#include "pipelines/vimc/vimc-pipeline.h"

namespace gstcam::vimc {

struct VimcCameras {
  std::vector<VimcDescription> cameras;
  DeviceClaims devices;  // their hardware, and that of errors
  /** Of devices that are vimc's and cannot be asked. */
  std::vector<Error> errors;
};

/** In the order of their nodes, without hardware that is `taken`. */
Result<VimcCameras> find_vimc_cameras(v4l2::Kernel& kernel, const DeviceClaims& taken = {});

}  // namespace gstcam::vimc
