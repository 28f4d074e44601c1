/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The raw sensors that no other platform has taken.
 */
#include <functional>
#include <memory>
#include <utility>

#include "core/pipeline-handler.h"
#include "core/v4l2/device-monitor.h"
#include "pipelines/simple/raw-cameras.h"
#include "pipelines/simple/simple-pipeline.h"
#include "pipelines/soft-isp/ipa-connection.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_simple_pipeline_factory();

namespace {

class SimpleFactory final : public PipelineFactory {
 public:
  [[nodiscard]] const char* name() const override { return "simple"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override {
    v4l2::Kernel& kernel = v4l2::system_kernel();
    Result<simple::RawCameras> cameras = simple::find_raw_cameras(kernel, taken);
    if (!cameras)
      return cameras.error();
    FoundCameras found;
    for (simple::RawCameraDescription& camera : cameras->cameras)
      found.handlers.push_back(std::make_unique<simple::SimplePipeline>(
          kernel, std::move(camera), users_,
          soft::SoftIsp::Options{.connect = soft::connect_installed_ipa}));
    found.errors = std::move(cameras->errors);
    found.claimed = std::move(cameras->devices);
    return found;
  }
  Result<std::unique_ptr<CameraWatch>> watch(GMainContext* context,
                                             const std::function<void()>& changed) override {
    return v4l2::watch_cameras(context, changed);
  }

 private:
  const std::shared_ptr<simple::PathUsers> users_ = std::make_shared<simple::PathUsers>();
};

}  // namespace

std::unique_ptr<PipelineFactory> make_simple_pipeline_factory() {
  return std::make_unique<SimpleFactory>();
}

}  // namespace gstcam
