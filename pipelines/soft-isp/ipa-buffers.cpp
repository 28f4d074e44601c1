/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/ipa-buffers.h"

#include <cstring>

namespace gstcam::soft {

Result<IpaBuffers> IpaBuffers::create() {
  IpaBuffers buffers;
  for (uint32_t i = 0; i < kCount; i++) {
    Result<SharedMemory> params = SharedMemory::create(
        "isp-parameters", sizeof(GstCameraIspParameters), SharedMemory::Peers::Write);
    if (!params)
      return params.error();
    Result<SharedMemory> stats = SharedMemory::create(
        "isp-statistics", sizeof(GstCameraIspStatistics), SharedMemory::Peers::Read);
    if (!stats)
      return stats.error();
    buffers.params_[i] = std::move(params).value();
    buffers.stats_[i] = std::move(stats).value();
  }
  return buffers;
}

Result<std::vector<gstcam::ipa::Buffer>> IpaBuffers::descriptions() const {
  std::vector<gstcam::ipa::Buffer> list;
  list.reserve(size_t{2} * kCount);
  auto add = [&list](uint32_t id, const SharedMemory& memory, bool writable) -> Result<void> {
    Result<UniqueFd> fd = memory.share(!writable);
    if (!fd)
      return fd.error();
    gstcam::ipa::Buffer buffer;
    buffer.id = id;
    buffer.fd = std::move(fd).value();
    buffer.size = memory.size();
    buffer.writable = writable;
    list.push_back(std::move(buffer));
    return {};
  };
  for (uint32_t i = 0; i < kCount; i++) {
    if (Result<void> r = add(params_id(i), params_[i], true); !r)
      return r.error();
    if (Result<void> r = add(stats_id(i), stats_[i], false); !r)
      return r.error();
  }
  return list;
}

void IpaBuffers::copy_params(uint32_t slot, GstCameraIspParameters& out) const {
  std::memcpy(&out, params_[slot].data(), sizeof out);
}

void IpaBuffers::put_stats(uint32_t slot, const GstCameraIspStatistics& stats) {
  std::memcpy(stats_[slot].data(), &stats, sizeof stats);
}

}  // namespace gstcam::soft
