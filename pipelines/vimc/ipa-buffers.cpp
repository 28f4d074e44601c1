/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/ipa-buffers.h"

#include <cstring>
#include <utility>

namespace gstcam::vimc {

Result<IpaBuffers> IpaBuffers::create() {
  IpaBuffers buffers;
  for (SharedMemory& memory : buffers.memory_) {
    Result<SharedMemory> made = SharedMemory::create(
        "vimc-parameters", sizeof(GstCameraVimcParameters), SharedMemory::Peers::Write);
    if (!made)
      return made.error();
    memory = std::move(made).value();
  }
  return buffers;
}

Result<std::vector<gstcam::ipa::Buffer>> IpaBuffers::descriptions() const {
  std::vector<gstcam::ipa::Buffer> list(kCount);
  for (uint32_t i = 0; i < kCount; i++) {
    Result<UniqueFd> fd = memory_[i].share(false);
    if (!fd)
      return fd.error();
    list[i].id = id(i);
    list[i].fd = std::move(fd).value();
    list[i].size = memory_[i].size();
    list[i].writable = true;
  }
  return list;
}

void IpaBuffers::copy(uint32_t id, GstCameraVimcParameters& out) const {
  std::memcpy(&out, memory_[(id - 1) % kCount].data(), sizeof out);
}

}  // namespace gstcam::vimc
