/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedSubdevice: a /dev/v4l-subdev* node as its description says: pads with the codes and
 * sizes they can have, selections, controls, routes.
 *
 * A source pad passes on what its sink has (a receiver) unless it has formats of its own.
 */
#pragma once

#include <linux/v4l2-subdev.h>

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/v4l2/subdev-routing-abi.h"
#include "core/v4l2/subdevice.h"
#include "tests/core/v4l2/simulated-controls.h"
#include "tests/core/v4l2/simulated-kernel.h"

namespace gstcam::v4l2::test {

struct SimulatedPad {
  std::vector<uint32_t> codes;
  std::vector<SizeRange> sizes;          // of every code
  std::optional<uint32_t> follows = {};  // the sink whose format it has
};

class SimulatedSubdevice : public SimulatedNode {
 public:
  explicit SimulatedSubdevice(std::vector<SimulatedPad> pads);

  int ioctl(SimulatedFile& file, unsigned long request, void* argument) override;
  short poll(const SimulatedFile& file, short events) override;
  void closed(const SimulatedFile& file) override;

  [[nodiscard]] SimulatedControls& controls() { return controls_; }
  /** The active format. */
  [[nodiscard]] const PadFormat& format(uint32_t pad) const { return formats_[pad]; }

  /** By target, of pad 0. */
  std::map<uint32_t, Rect> selections;
  bool read_only = false;
  /** nullopt: it has no streams. */
  std::optional<std::vector<SubdevRouteAbi>> routes;
  /** Told after an active format was set. */
  std::function<void(uint32_t pad, const PadFormat&)> on_format;

 private:
  int enum_code(v4l2_subdev_mbus_code_enum& raw) const;
  int enum_size(v4l2_subdev_frame_size_enum& raw) const;
  int format(SimulatedFile& file, v4l2_subdev_format& raw, bool set);
  int selection(v4l2_subdev_selection& raw, bool set);
  int routing(SubdevRoutingAbi& raw, bool set);
  [[nodiscard]] PadFormat adjusted(uint32_t pad, const PadFormat& wanted) const;

  std::vector<SimulatedPad> pads_;
  std::vector<PadFormat> formats_;
  std::map<std::pair<const SimulatedFile*, uint32_t>, PadFormat> tried_;
  SimulatedControls controls_;
};

}  // namespace gstcam::v4l2::test
