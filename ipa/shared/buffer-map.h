/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BufferMap: the buffers a handler shares with an IPA, by their ids.
 *
 * Parameters are mapped writable, statistics read-only; both must be sealed against resizing and
 * big enough for their structure. One thread. Looking one up allocates nothing.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/shared-memory.h"
#include "ipa-types.h"

namespace gstcam::ipa {

class BufferMap {
 public:
  static constexpr size_t kMaxBuffers = 64;
  static constexpr uint64_t kMaxSize = 16U << 20U;

  /** Bytes that a buffer has at least. */
  struct Sizes {
    size_t writable = 0;
    size_t read_only = 0;
  };
  explicit BufferMap(Sizes sizes) : sizes_(sizes) {}

  /** All of them or, after an error, none. */
  Result<void> map(const std::vector<Buffer>& buffers);
  /** NotFound for an id that is not there; the others go. */
  Result<void> unmap(const std::vector<uint32_t>& ids);

  /** Copies `bytes`, at most Sizes::writable of them, into the buffer. */
  [[nodiscard]] Result<void> write(uint32_t id, std::span<const std::byte> bytes) const;
  /** Copies as many bytes out of the buffer; they are not checked. */
  [[nodiscard]] Result<void> read(uint32_t id, std::span<std::byte> bytes) const;

 private:
  struct Entry {
    uint32_t id;
    bool writable;
    SharedMemory memory;
  };
  [[nodiscard]] const Entry* find(uint32_t id) const;

  Sizes sizes_;
  std::vector<Entry> entries_;
};

}  // namespace gstcam::ipa
