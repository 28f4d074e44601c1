/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraManager: every camera there is.
 *
 * Applications share cameras through one manager; thread safe. Cameras are held by shared_ptr, so
 * one that is in use outlives its manager.
 *
 * While somebody watches there is a thread that hears of devices that come and go, enumerates by
 * itself, and tells who watches.
 */
#pragma once

#include <functional>
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

  /** What is new in the list and what left it; never both empty. */
  struct Change {
    std::vector<std::shared_ptr<Camera>> added;
    std::vector<std::shared_ptr<Camera>> removed;
  };
  using ChangeHandler = std::function<void(const Change&)>;
  /** Somebody who watches, until it is destroyed: in any thread but the watching one. */
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class CameraManager;
    class Private;
    explicit Watch(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d_;
  };

  /**
   * Calls the handler in the watching thread for every change of the list, whoever enumerated;
   * first, before this returns, with all cameras that there are as added. One that comes back under
   * its id is another object. The handler may call anything but this, and must not wait for who
   * calls this or ends a watch; after the watch's end it is not called any more. A platform that
   * cannot be watched is in errors(). NoSpace where no thread can be had. The manager outlives it.
   */
  Result<std::unique_ptr<Watch>> watch(ChangeHandler handler);

  /**
   * Asks every platform for its cameras. A camera already known (same id and properties) keeps its
   * object; one that its platform does not name any more leaves the list. Errors of single
   * platforms are kept in errors() until the next time and hide nothing: cameras known of such a
   * platform stay, and what it claimed stays its own.
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
