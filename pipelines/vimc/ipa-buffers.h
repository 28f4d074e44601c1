/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaBuffers: the memory of parameters that the handler shares with one IPA. Each IPA has its own:
 * what one that hangs, or was replaced, still writes is nobody's parameters.
 *
 * Not thread safe.
 */
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/shared-memory.h"
#include "ipa-types.h"
#include "ipa/vimc-parameters.h"

namespace gstcam::vimc {

class IpaBuffers {
 public:
  /* One is asked for at a time; an IPA may still look at the last one. */
  static constexpr uint32_t kCount = 2;

  static Result<IpaBuffers> create();

  /** What map_buffers() takes: each time new descriptors. */
  [[nodiscard]] Result<std::vector<gstcam::ipa::Buffer>> descriptions() const;
  /** Not from 0, so that an id that was never set is no buffer's. */
  [[nodiscard]] static uint32_t id(uint32_t frame) { return 1 + frame % kCount; }

  /** Copies what is there now: the IPA may change it at any time. */
  void copy(uint32_t id, GstCameraVimcParameters& out) const;

 private:
  std::array<SharedMemory, kCount> memory_;
};

}  // namespace gstcam::vimc
