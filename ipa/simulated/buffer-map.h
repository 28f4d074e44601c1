/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BufferMap: the buffers a handler shares with the IPA, by their ids.
 *
 * Parameters are mapped writable, statistics read-only; both must be sealed against resizing and
 * big enough for their structure. One thread. Looking one up allocates nothing.
 */
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/shared-memory.h"
#include "ipa-types.h"
#include "ipa/isp-parameters.h"
#include "ipa/isp-statistics.h"

namespace gstcam::simulated {

class BufferMap {
 public:
  static constexpr size_t kMaxBuffers = 64;
  static constexpr uint64_t kMaxSize = 16U << 20U;

  /** All of them or, after an error, none. */
  Result<void> map(const std::vector<ipa::Buffer>& buffers);
  /** NotFound for an id that is not there; the others go. */
  Result<void> unmap(const std::vector<uint32_t>& ids);

  /** Copies `parameters` into the buffer. */
  Result<void> write(uint32_t id, const GstCameraIspParameters& parameters) const;
  /** Copies the buffer's statistics out; they are not checked. */
  Result<void> read(uint32_t id, GstCameraIspStatistics& statistics) const;

 private:
  struct Entry {
    uint32_t id;
    bool writable;
    SharedMemory memory;
  };
  [[nodiscard]] const Entry* find(uint32_t id) const;

  std::vector<Entry> entries_;
};

}  // namespace gstcam::simulated
