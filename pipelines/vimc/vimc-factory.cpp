/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's virtual media controllers.
 */
#include <functional>
#include <memory>
#include <utility>

#include "core/pipeline-handler.h"
#include "core/v4l2/device-monitor.h"
#include "pipelines/vimc/vimc-cameras.h"
#include "pipelines/vimc/vimc-pipeline.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_vimc_pipeline_factory();

namespace {

class VimcFactory final : public PipelineFactory {
 public:
  [[nodiscard]] const char* name() const override { return "vimc"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override {
    v4l2::Kernel& kernel = v4l2::system_kernel();
    Result<vimc::VimcCameras> cameras = vimc::find_vimc_cameras(kernel, taken);
    if (!cameras)
      return cameras.error();
    FoundCameras found;
    for (vimc::VimcDescription& camera : cameras->cameras)
      found.handlers.push_back(
          std::make_unique<vimc::VimcPipeline>(kernel, std::move(camera), vimc::VimcOptions()));
    found.errors = std::move(cameras->errors);
    found.claimed = std::move(cameras->devices);
    return found;
  }
  Result<std::unique_ptr<CameraWatch>> watch(GMainContext* context,
                                             const std::function<void()>& changed) override {
    return v4l2::watch_cameras(context, changed);
  }
};

}  // namespace

std::unique_ptr<PipelineFactory> make_vimc_pipeline_factory() {
  return std::make_unique<VimcFactory>();
}

}  // namespace gstcam
