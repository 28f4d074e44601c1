/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module's bytes where nobody can change them any more: a memfd with every seal. It is read once;
 * what is done with the file afterwards does not matter to what is verified and loaded.
 *
 * The copy is in the page cache of no disk: it costs memory as long as a descriptor or a mapping of
 * it lives. Functions without state, any thread.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

/** No module is larger. */
constexpr size_t kMaxModuleSize = size_t{256} << 20U;

/**
 * A sealed copy of the file's content from its beginning, open for reading only. `name` shows in
 * /proc/PID/maps. Invalid: the file is empty or too large.
 */
Result<UniqueFd> sealed_copy(int fd, const std::string& name, size_t limit = kMaxModuleSize);

/** Whether nobody, we included, can change these bytes. */
bool is_sealed(int fd);

/** The bytes of a sealed descriptor, mapped read-only. */
class SealedBytes {
 public:
  /** Invalid where the descriptor is not sealed. */
  static Result<SealedBytes> map(int fd);
  SealedBytes(SealedBytes&& other) noexcept;
  SealedBytes& operator=(SealedBytes&&) = delete;
  SealedBytes(const SealedBytes&) = delete;
  SealedBytes& operator=(const SealedBytes&) = delete;
  ~SealedBytes();

  [[nodiscard]] std::span<const uint8_t> bytes() const { return {data_, size_}; }

 private:
  SealedBytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  const uint8_t* data_;
  size_t size_;
};

}  // namespace gstcam::ipc
