/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedMedia: a /dev/media* node with a graph that the test writes down, raw, so that it may be
 * wrong in any way.
 */
#pragma once

#include <linux/media.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/core/v4l2/simulated-kernel.h"

namespace gstcam::v4l2::test {

class SimulatedMedia final : public SimulatedNode {
 public:
  SimulatedMedia(std::string driver, std::string model, std::string bus);

  int ioctl(SimulatedFile& file, unsigned long request, void* argument) override;

  /** The entity's id. */
  uint32_t add_entity(const std::string& name, uint32_t function);
  /** The pad's id; its number is the next of its entity. `flags`: MEDIA_PAD_FL_*. */
  uint32_t add_pad(uint32_t entity, uint32_t flags);
  uint32_t add_link(uint32_t source_pad, uint32_t sink_pad, uint32_t flags);
  /** The node of an entity. `type`: MEDIA_INTF_T_*. */
  void add_interface(uint32_t entity, uint32_t type, DeviceNumber number);

  /** Whether a link is enabled; by its pads. */
  [[nodiscard]] bool enabled(uint32_t source_pad, uint32_t sink_pad) const;

  /* For tests to change as they like. */
  std::vector<media_v2_entity> entities;
  std::vector<media_v2_pad> pads;
  std::vector<media_v2_link> links;
  std::vector<media_v2_interface> interfaces;
  uint32_t media_version = 6U << 16U;
  std::string serial = "0001";
  /** Asked before a link changes; an errno refuses. */
  std::function<int()> on_setup;

 private:
  int info(media_device_info& raw) const;
  int topology(media_v2_topology& raw) const;
  int setup(const media_link_desc& raw);

  const std::string driver_;
  const std::string model_;
  const std::string bus_;
  uint32_t next_id_ = 1;
};

}  // namespace gstcam::v4l2::test
