/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/simple-factory.h"

#include <utility>

#include "core/v4l2/device-monitor.h"
#include "pipelines/simple/raw-cameras.h"
#include "pipelines/simple/simple-pipeline.h"
#include "pipelines/soft-isp/ipa-connection.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_simple_pipeline_factory();

std::unique_ptr<PipelineFactory> make_simple_pipeline_factory() {
  return std::make_unique<simple::SimpleFactory>(v4l2::system_kernel());
}

namespace simple {

Result<FoundCameras> SimpleFactory::enumerate(const DeviceClaims& taken) {
  Result<RawCameras> cameras = find_raw_cameras(kernel_, taken);
  if (!cameras)
    return cameras.error();
  FoundCameras found;
  for (RawCameraDescription& camera : cameras->cameras)
    found.handlers.push_back(std::make_unique<SimplePipeline>(
        kernel_, std::move(camera), users_,
        soft::SoftIsp::Options{.connect = soft::connect_installed_ipa}));
  found.errors = std::move(cameras->errors);
  found.claimed = std::move(cameras->devices);
  return found;
}

Result<std::unique_ptr<CameraWatch>> SimpleFactory::watch(GMainContext* context,
                                                          const std::function<void()>& changed) {
  return v4l2::watch_cameras(context, changed);
}

}  // namespace simple

}  // namespace gstcam
