/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimpleFactory: the raw sensors that no other platform has taken.
 */
#pragma once

#include <functional>
#include <memory>

#include "core/pipeline-handler.h"
#include "core/v4l2/kernel.h"
#include "pipelines/simple/path-users.h"

namespace gstcam::simple {

class SimpleFactory final : public PipelineFactory {
 public:
  /** The kernel outlives it and its cameras. */
  explicit SimpleFactory(v4l2::Kernel& kernel) : kernel_(kernel) {}

  [[nodiscard]] const char* name() const override { return "simple"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override;
  /** Hears what the system announces, whichever kernel it was made with. */
  Result<std::unique_ptr<CameraWatch>> watch(GMainContext* context,
                                             const std::function<void()>& changed) override;

 private:
  v4l2::Kernel& kernel_;
  const std::shared_ptr<PathUsers> users_ = std::make_shared<PathUsers>();
};

}  // namespace gstcam::simple
