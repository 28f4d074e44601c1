/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/platform.h"

#include <optional>
#include <utility>

#include "base/free-descriptors.h"
#include "core/context-thread.h"
#include "core/hang-registry.h"

namespace gstcam {

namespace {

/* What the thread's main context takes, and a node that is looked at. GLib ends the process where a
 * context has none. */
constexpr unsigned kDescriptors = 4;

}  // namespace

Platform::Platform(std::unique_ptr<PipelineFactory> factory, std::chrono::milliseconds limit)
    : factory_(std::move(factory)), limit_(limit) {}

Result<FoundCameras> Platform::ask(const DeviceClaims& taken) {
  static constexpr const char* kHint = "unplug what does not answer, or load its driver anew";
  const std::shared_ptr<HangRegistry> hanging = HangRegistry::instance();
  if (hanging->has(name()))
    return Error(Error::Code::Timeout, "a driver hangs since it was asked last", kHint);
  if (Result<void> free = check_free_descriptors(kDescriptors); !free)
    return free.error();
  Result<std::unique_ptr<ContextThread>> thread = ContextThread::create("camera-find");
  if (!thread)
    return thread.error();
  std::optional<Result<FoundCameras>> found = (*thread)->invoke_within(
      limit_, [factory = factory_, taken] { return factory->enumerate(taken); });
  if (found)
    return std::move(*found);
  hanging->add(name());
  ContextThread::leave(std::move(*thread),
                       [factory = factory_, hanging] { hanging->remove(factory->name()); });
  return Error(
      Error::Code::Timeout,
      "a driver hangs: it did not come back within " + std::to_string(limit_.count()) + " ms",
      kHint);
}

}  // namespace gstcam
