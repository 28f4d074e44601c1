/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulated cameras that are described in GST_CAMERA_SIMULATED_CONFIG, or the default one.
 */
#include "core/pipeline-handler.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/simulated-pipeline.h"
#include "pipelines/soft-isp/ipa-connection.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_simulated_pipeline_factory();

namespace {

using simulated::CameraDescription;
using simulated::SimulatedPipeline;

class SimulatedFactory final : public PipelineFactory {
 public:
  [[nodiscard]] const char* name() const override { return "simulated"; }
  Result<FoundCameras> enumerate(const DeviceClaims& /*taken*/) override {
    Result<std::vector<CameraDescription>> descriptions =
        simulated::configured_camera_descriptions();
    if (!descriptions)
      return descriptions.error();
    FoundCameras found;
    for (CameraDescription& description : *descriptions) {
      found.handlers.push_back(std::make_unique<SimulatedPipeline>(
          std::move(description),
          SimulatedPipeline::Options{.connect = soft::connect_installed_ipa}));
    }
    return found;
  }
};

}  // namespace

std::unique_ptr<PipelineFactory> make_simulated_pipeline_factory() {
  return std::make_unique<SimulatedFactory>();
}

}  // namespace gstcam
