/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one CameraManager that all elements of a process share, so that a camera in use is known to
 * be.
 *
 * It lives as long as somebody has it: nothing is left to be torn down when the process ends.
 */
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/camera-manager.h"

namespace gstcam {

using FactoryMaker = std::function<std::vector<std::unique_ptr<PipelineFactory>>()>;

/** Which platforms to ask: set once by the plugin, or by a test. Any thread. */
void set_pipeline_factories(FactoryMaker maker);

/** The manager there is, or a new one (that has enumerated nothing yet). Any thread. */
std::shared_ptr<CameraManager> shared_camera_manager();

/**
 * The camera of that id or model, of an empty name the first, of those that there are now: what was
 * known before may have been pulled out and plugged in again as another node, and nobody watched.
 * NotFound lists the cameras that there are; where platforms or cameras could not be asked, and all
 * for one reason, that is the error.
 */
Result<std::shared_ptr<Camera>> find_camera(CameraManager& manager, const std::string& name);

}  // namespace gstcam
