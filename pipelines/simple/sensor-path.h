/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorPath: the way from a raw sensor to the node that captures its frames, and everything on it
 * set to one mode.
 *
 *     sensor -> [receiver, multiplexer ...] -> node
 *
 * configure() makes the way (links), then hands the sensor's format down from pad to pad, also to
 * what hangs on the same pads beside the way: kernels check all of a pipeline when one node of it
 * begins to stream. What is beside the way and cannot be made to fit is told by misfits(), in case
 * that was why.
 *
 * Camera's thread. Members are where they are as long as it lives.
 */
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/raw-format.h"
#include "core/v4l2/camera-sensor.h"
#include "core/v4l2/media-device.h"
#include "core/v4l2/video-device.h"
#include "pipelines/simple/raw-cameras.h"

namespace gstcam::simple {

/** A mode of the sensor as the node can deliver it. */
struct RawMode {
  v4l2::MediaBusFormat bus;
  RawFormat raw;
  uint32_t fourcc = 0;
  v4l2::SizeRange size;
};

class SensorPath {
 public:
  static Result<std::unique_ptr<SensorPath>> open(v4l2::Kernel& kernel,
                                                  const RawCameraDescription& camera);
  SensorPath(const SensorPath&) = delete;
  SensorPath& operator=(const SensorPath&) = delete;

  /** Entities on it, sensor and node included. */
  [[nodiscard]] std::vector<std::string> parts() const;
  /** Of each size the deepest that the node takes, largest first. */
  [[nodiscard]] Result<std::vector<RawMode>> modes();
  /** Its links are enabled, as far as is known. */
  [[nodiscard]] bool is_made() const;
  /** What the node is set to. Nothing may stream. */
  Result<v4l2::VideoFormat> configure(const RawMode& mode, Size size);

  [[nodiscard]] v4l2::CameraSensor& sensor() { return *sensor_; }
  [[nodiscard]] v4l2::VideoDevice& video() { return *video_; }
  /** Those that may tell of starts of frames, the node's own excluded. */
  [[nodiscard]] std::vector<v4l2::Device*> devices();
  [[nodiscard]] const std::vector<std::string>& misfits() const { return misfits_; }

 private:
  struct Block {
    size_t entity = 0;
    std::optional<v4l2::Subdevice> subdevice;  // none: nothing to set
  };

  SensorPath(v4l2::Kernel& kernel, v4l2::MediaDevice media)
      : kernel_(kernel), media_(std::move(media)) {}
  Result<void> find(const RawCameraDescription& camera);
  Result<void> open_parts();
  Result<void> make_way();
  [[nodiscard]] bool on_way(size_t link) const;
  Result<v4l2::PadFormat> propagate(const v4l2::PadFormat& from);
  Result<v4l2::PadFormat> pass(v4l2::Subdevice& subdevice, size_t entity, uint32_t sink,
                               const v4l2::PadFormat& format, std::optional<uint32_t> source);
  void fit_beside();
  Result<void> fit_subdevice(size_t link, std::vector<size_t>& next);
  Result<void> fit_node(size_t link);
  Result<v4l2::PadFormat> format_of(size_t pad);
  Result<v4l2::Subdevice> open_subdevice(size_t entity) const;
  [[nodiscard]] const v4l2::MediaGraph::Entity& entity_of(size_t pad) const {
    return graph_.entities()[graph_.pads()[pad].entity];
  }

  v4l2::Kernel& kernel_;
  v4l2::MediaDevice media_;
  v4l2::MediaGraph graph_;
  size_t sensor_entity_ = 0;
  size_t video_entity_ = 0;
  std::vector<size_t> way_;  // links
  std::unique_ptr<v4l2::CameraSensor> sensor_;
  std::vector<std::unique_ptr<Block>> blocks_;  // between sensor and node, in order
  std::unique_ptr<v4l2::VideoDevice> video_;
  std::vector<std::string> misfits_;
};

}  // namespace gstcam::simple
