/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MediaDevice: a /dev/media* node: who it is, its graph, and its links to be switched.
 *
 * Not thread safe.
 */
#pragma once

#include <string>

#include "core/v4l2/device.h"
#include "core/v4l2/media-graph.h"

namespace gstcam::v4l2 {

struct MediaInfo {
  std::string driver;          // "unicam"
  std::string model;           // "Integrated Camera"
  std::string serial;          // often empty
  std::string bus;             // "usb-0000:00:14.0-1"
  uint32_t media_version = 0;  // KERNEL_VERSION of the media core
  uint32_t hardware_revision = 0;
  uint32_t driver_version = 0;
};

class MediaDevice {
 public:
  static Result<MediaDevice> open(Kernel& kernel, const std::string& path);

  [[nodiscard]] const MediaInfo& info() const { return info_; }
  [[nodiscard]] const Device& device() const { return device_; }

  /** The graph as it is now. Invalid data of the driver is left out: see MediaGraph::warnings(). */
  [[nodiscard]] Result<MediaGraph> graph() const;
  /**
   * Enables or disables a link of `graph`, and says so in it. Nothing is asked of the kernel where
   * it is so already. An immutable link that would have to change is Invalid; Busy while streaming.
   */
  Result<void> set_link(MediaGraph& graph, size_t link, bool enabled) const;
  /** Enables every link of a path. */
  Result<void> enable_path(MediaGraph& graph, const std::vector<size_t>& path) const;

 private:
  MediaDevice(Device device, MediaInfo info) : device_(std::move(device)), info_(std::move(info)) {}

  Device device_;
  MediaInfo info_;
};

}  // namespace gstcam::v4l2
