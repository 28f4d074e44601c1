/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/uvcvideo/uvcvideo-factory.h"

#include <utility>

#include "core/v4l2/device-monitor.h"
#include "pipelines/uvcvideo/uvcvideo-pipeline.h"
#include "pipelines/uvcvideo/webcams.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_uvcvideo_pipeline_factory();

std::unique_ptr<PipelineFactory> make_uvcvideo_pipeline_factory() {
  return std::make_unique<uvcvideo::UvcvideoFactory>(v4l2::system_kernel());
}

namespace uvcvideo {

Result<FoundCameras> UvcvideoFactory::enumerate(const DeviceClaims& taken) {
  Result<Webcams> webcams = find_webcams(kernel_, taken);
  if (!webcams)
    return webcams.error();
  FoundCameras found;
  for (WebcamDescription& camera : webcams->cameras)
    found.handlers.push_back(std::make_unique<UvcvideoPipeline>(kernel_, std::move(camera)));
  found.errors = std::move(webcams->errors);
  found.claimed = std::move(webcams->devices);
  return found;
}

Result<std::unique_ptr<CameraWatch>> UvcvideoFactory::watch(GMainContext* context,
                                                            const std::function<void()>& changed) {
  return v4l2::watch_cameras(context, changed);
}

}  // namespace uvcvideo

}  // namespace gstcam
