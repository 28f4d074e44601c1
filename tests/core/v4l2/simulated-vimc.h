/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedVimc: the media graph of the kernel's vimc driver for a SimulatedKernel, as Linux 6.1
 * has it: /dev/media2, two sensors, two debayers, the scaler with what may feed it, three capture
 * nodes
 * (/dev/video10 to 12), two lenses.
 *
 * STREAMON checks as the kernel does: all that hangs on the node's sensor must fit (EPIPE), and a
 * sensor feeds one node at a time (EINVAL). Frames come when the test makes them.
 */
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "tests/core/v4l2/simulated-kernel.h"
#include "tests/core/v4l2/simulated-media.h"
#include "tests/core/v4l2/simulated-subdevice.h"
#include "tests/core/v4l2/simulated-video-node.h"

namespace gstcam::v4l2::test {

struct SimulatedVimc {
  /* By unit: A, B. */
  struct Unit {
    std::shared_ptr<SimulatedSubdevice> sensor;
    std::shared_ptr<SimulatedSubdevice> debayer;
    std::shared_ptr<SimulatedVideoNode> raw;
    uint32_t debayered = 0;  // the debayer's source pad
  };
  std::shared_ptr<SimulatedMedia> media;
  std::array<Unit, 2> units;
  std::shared_ptr<SimulatedSubdevice> scaler;
  uint32_t scaler_sink = 0;  // a pad
  std::shared_ptr<SimulatedVideoNode> rgb;
  /** Told when a node begins to stream; under the kernel's lock. */
  std::shared_ptr<std::function<void()>> on_streaming = std::make_shared<std::function<void()>>();

  /** By the number that the handler gives its streams: scaled, raw A, raw B. */
  [[nodiscard]] SimulatedVideoNode& node(uint32_t stream) const {
    return stream == 0 ? *rgb : *units[stream - 1].raw;
  }
  /** Whether its debayer feeds the scaler. */
  [[nodiscard]] bool scaled(size_t unit) const {
    return media->enabled(units[unit].debayered, scaler_sink);
  }
};
SimulatedVimc plug_vimc(SimulatedKernel& kernel);
/** All of its nodes go. */
void unplug_vimc(SimulatedKernel& kernel);

}  // namespace gstcam::v4l2::test
