/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaBuffers: the memory that the handler shares with one IPA: buffers of ISP parameters, which the
 * IPA writes, and of statistics, which it only reads. Each IPA has its own: what one that hangs, or
 * was replaced, still writes is nobody's parameters.
 *
 * Buffers are named by `slot` (0 .. kCount - 1) here, by id towards the IPA. Not thread safe.
 */
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/shared-memory.h"
#include "ipa-types.h"
#include "ipa/isp-parameters.h"
#include "ipa/isp-statistics.h"

namespace gstcam::soft {

class IpaBuffers {
 public:
  static constexpr uint32_t kCount = 4;

  static Result<IpaBuffers> create();

  /** What map_buffers() takes: each time new descriptors. */
  [[nodiscard]] Result<std::vector<gstcam::ipa::Buffer>> descriptions() const;
  [[nodiscard]] static uint32_t params_id(uint32_t slot) { return kParamsIds + slot; }
  [[nodiscard]] static uint32_t stats_id(uint32_t slot) { return kStatsIds + slot; }

  /** Copies what is there now: the IPA may change it at any time. */
  void copy_params(uint32_t slot, GstCameraIspParameters& out) const;
  void put_stats(uint32_t slot, const GstCameraIspStatistics& stats);

 private:
  /* Not from 0, so that an id that was never set is no buffer's. */
  static constexpr uint32_t kParamsIds = 1;
  static constexpr uint32_t kStatsIds = kParamsIds + kCount;

  std::array<SharedMemory, kCount> params_;
  std::array<SharedMemory, kCount> stats_;
};

}  // namespace gstcam::soft
