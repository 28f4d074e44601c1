/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulated cameras that are described in GST_CAMERA_SIMULATED_CONFIG, or the default one.
 */
#include "core/pipeline-handler.h"
#include "pipelines/simulated/camera-config.h"
#include "pipelines/simulated/ipa-budget.h"
#include "pipelines/simulated/simulated-pipeline.h"

namespace gstcam {

std::unique_ptr<PipelineFactory> make_simulated_pipeline_factory();

namespace {

using simulated::CameraDescription;
using simulated::SimulatedPipeline;

Result<std::unique_ptr<simulated::IpaProxy>> connect(const CameraOptions& wanted,
                                                     GMainContext* context,
                                                     simulated::IpaEvents& events,
                                                     ipc::HostHandlers handlers) {
  ipc::IpaOptions options;
  options.isolation = wanted.ipa_isolation;
  options.address = wanted.ipa_address;
  options.sandbox.policy = wanted.ipa_sandbox;
  options.budget = simulated::kIpaBudget;
  return simulated::create_ipa(options, context, events, std::move(handlers));
}

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
          std::move(description), SimulatedPipeline::Options{.connect = connect}));
    }
    return found;
  }
};

}  // namespace

std::unique_ptr<PipelineFactory> make_simulated_pipeline_factory() {
  return std::make_unique<SimulatedFactory>();
}

}  // namespace gstcam
