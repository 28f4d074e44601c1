/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaReplica: the CameraIpa of the interface to the IPA of a raw sensor before the software ISP.
 */
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/ipa-life/camera-ipa.h"
#include "pipelines/soft-isp/ipa-buffers.h"
#include "pipelines/soft-isp/ipa-connection.h"

namespace gstcam::soft {

struct SoftIspPlatform {
  using Proxy = IpaProxy;
  using Events = IpaEvents;
  using Buffers = IpaBuffers;
  struct Relay final : IpaEvents {
    void params_computed(uint32_t frame, uint32_t params_buffer) override {
      if (to)
        to->params_computed(frame, params_buffer);
    }
    void set_sensor_controls(uint32_t frame, const ControlList& controls) override {
      if (to)
        to->set_sensor_controls(frame, controls);
    }
    void metadata_ready(uint32_t frame, const ControlList& metadata) override {
      if (to)
        to->metadata_ready(frame, metadata);
    }
    void state_saved(const std::vector<uint8_t>& state) override {
      if (to)
        to->state_saved(state);
    }
    IpaEvents* to = nullptr;  // camera's thread
  };
};
using IpaReplica = IpaReplicaOf<SoftIspPlatform>;

}  // namespace gstcam::soft
