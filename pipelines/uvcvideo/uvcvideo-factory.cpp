/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The webcams that are plugged in.
 */
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/v4l2/device-monitor.h"
#include "pipelines/uvcvideo/uvcvideo-pipeline.h"
#include "pipelines/uvcvideo/webcams.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_uvcvideo_pipeline_factory();

namespace {

class UvcvideoFactory final : public PipelineFactory {
 public:
  [[nodiscard]] const char* name() const override { return "uvcvideo"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override {
    v4l2::Kernel& kernel = v4l2::system_kernel();
    Result<uvcvideo::Webcams> webcams = uvcvideo::find_webcams(kernel, taken);
    if (!webcams)
      return webcams.error();
    FoundCameras found;
    for (uvcvideo::WebcamDescription& camera : webcams->cameras)
      found.handlers.push_back(
          std::make_unique<uvcvideo::UvcvideoPipeline>(kernel, std::move(camera)));
    found.errors = std::move(webcams->errors);
    found.claimed = std::move(webcams->devices);
    return found;
  }
  Result<std::unique_ptr<CameraWatch>> watch(GMainContext* context,
                                             const std::function<void()>& changed) override {
    return v4l2::watch_cameras(context, changed);
  }
};

}  // namespace

std::unique_ptr<PipelineFactory> make_uvcvideo_pipeline_factory() {
  return std::make_unique<UvcvideoFactory>();
}

}  // namespace gstcam
