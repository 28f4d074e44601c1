/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraManager: every camera there is.
 *
 * Applications share cameras through one manager; thread safe. Cameras are held by shared_ptr, so
 * one that is in use outlives its manager.
 */
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/camera.h"
#include "core/pipeline-handler.h"

namespace gstcam {

class CameraManager {
 public:
  /** Takes the platforms to ask, most wanted first. */
  explicit CameraManager(std::vector<std::unique_ptr<PipelineFactory>> factories);
  ~CameraManager();
  CameraManager(const CameraManager&) = delete;
  CameraManager& operator=(const CameraManager&) = delete;

  /**
   * Asks every platform for its cameras. A camera already known (same id) keeps its object; one
   * that its platform does not name any more leaves the list. Errors of single platforms are kept
   * in errors() until the next time and hide nothing: cameras known of such a platform stay.
   */
  void enumerate();

  [[nodiscard]] std::vector<std::shared_ptr<Camera>> cameras() const;
  /**
   * By id, or by a model name that is unique (Invalid where it is not). NotFound lists the cameras
   * that there are.
   */
  [[nodiscard]] Result<std::shared_ptr<Camera>> find(std::string_view name) const;
  [[nodiscard]] std::vector<Error> errors() const;

 private:
  class Private;
  std::unique_ptr<Private> d_;
};

}  // namespace gstcam
