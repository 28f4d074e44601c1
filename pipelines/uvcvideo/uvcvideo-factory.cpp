/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The webcams that are plugged in.
 */
#include "core/pipeline-handler.h"
#include "pipelines/uvcvideo/uvcvideo-pipeline.h"
#include "pipelines/uvcvideo/webcams.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_uvcvideo_pipeline_factory();

namespace {

class UvcvideoFactory final : public PipelineFactory {
 public:
  [[nodiscard]] const char* name() const override { return "uvcvideo"; }
  Result<FoundCameras> enumerate() override {
    v4l2::Kernel& kernel = v4l2::system_kernel();
    Result<uvcvideo::Webcams> webcams = uvcvideo::find_webcams(kernel);
    if (!webcams)
      return webcams.error();
    FoundCameras found;
    for (uvcvideo::WebcamDescription& camera : webcams->cameras)
      found.handlers.push_back(
          std::make_unique<uvcvideo::UvcvideoPipeline>(kernel, std::move(camera)));
    found.errors = std::move(webcams->errors);
    return found;
  }
};

}  // namespace

std::unique_ptr<PipelineFactory> make_uvcvideo_pipeline_factory() {
  return std::make_unique<UvcvideoFactory>();
}

}  // namespace gstcam
