/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the platforms that were built in are asked for cameras, and in which order.
 *
 * All of them in their own order, unless a list of names, separated by commas, says otherwise.
 * A name that is none makes a platform that has no camera and this to tell as its error, so that
 * it reaches whoever looks for one. Functions without state, any thread.
 */
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/pipeline-handler.h"

namespace gstcam {

struct BuiltInPipeline {
  const char* name;
  std::unique_ptr<PipelineFactory> (*make)();
};

/** `names`: nullptr or without any name for all. */
std::vector<std::unique_ptr<PipelineFactory>> select_pipelines(
    std::span<const BuiltInPipeline> built_in, const char* names);

}  // namespace gstcam
