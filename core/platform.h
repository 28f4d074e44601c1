/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Platform: a PipelineFactory as the CameraManager has it, which asks it for its cameras and waits
 * no longer than a limit: a driver may hang in the simplest ioctl while it holds a lock of its own.
 * A platform that hangs is left to itself, and is an error until it comes back; the cameras of
 * others are none the worse for it.
 *
 * ask() in any thread, one at a time; the factory is asked in a thread made for it.
 */
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/pipeline-handler.h"

namespace gstcam {

class Platform {
 public:
  explicit Platform(std::unique_ptr<PipelineFactory> factory,
                    std::chrono::milliseconds limit = PipelineHandler::kDeviceTime);

  [[nodiscard]] std::string name() const { return factory_->name(); }
  [[nodiscard]] PipelineFactory& factory() const { return *factory_; }

  /** PipelineFactory::enumerate(). Timeout where it hangs, NoSpace where no thread can be had. */
  Result<FoundCameras> ask(const DeviceClaims& taken);

 private:
  std::shared_ptr<PipelineFactory> factory_;  // with the thread that was left, too
  std::chrono::milliseconds limit_;
};

}  // namespace gstcam
