/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UvcvideoFactory: the webcams that are plugged in, as they come and go.
 */
#pragma once

#include <functional>
#include <memory>

#include "core/pipeline-handler.h"
#include "core/v4l2/kernel.h"

namespace gstcam::uvcvideo {

class UvcvideoFactory : public PipelineFactory {
 public:
  /** The kernel outlives it and its cameras. */
  explicit UvcvideoFactory(v4l2::Kernel& kernel) : kernel_(kernel) {}

  [[nodiscard]] const char* name() const override { return "uvcvideo"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override;
  /** Hears what the system announces, whichever kernel it was made with. */
  Result<std::unique_ptr<CameraWatch>> watch(GMainContext* context,
                                             const std::function<void()>& changed) override;

 private:
  v4l2::Kernel& kernel_;
};

}  // namespace gstcam::uvcvideo
