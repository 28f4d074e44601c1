/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SharedMemory: a memfd sealed against resizing, and this process's mapping of it.
 *
 * What crosses the border between handler and IPA (parameters, statistics) and what leaves the
 * camera (frames) lives in one of these. Thread: the object is not locked; the memory is shared by
 * definition, and who writes when is agreed by messages.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam {

class SharedMemory {
 public:
  enum class Access { ReadOnly, ReadWrite };
  enum class Peers {
    Write,  // whoever gets the descriptor may map it writable
    Read,   // sealed against every writable mapping but ours
  };

  /** Far above the largest frame; what asks for more has lost its mind, not its memory. */
  static constexpr size_t kMaxSize = size_t{2} << 30U;

  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  /**
   * A new zeroed memfd of `size` bytes, sealed (grow, shrink, seal), its pages allocated now so
   * that a full system is an Error here and not a SIGBUS later. `name` shows in /proc/PID/maps.
   */
  static Result<SharedMemory> create(const char* name, size_t size, Peers peers = Peers::Write);

  /** A new descriptor of the same memory for a peer, open for reading alone where read_only. */
  [[nodiscard]] Result<UniqueFd> share(bool read_only) const;

  /**
   * Maps a descriptor somebody else made. Takes the fd over. Checks that it is at least `size`
   * bytes; the kernel's seals are checked too when `require_seals` (a memfd that can shrink under
   * its reader is refused).
   */
  static Result<SharedMemory> map(UniqueFd fd, size_t size, Access access,
                                  bool require_seals = true);

  [[nodiscard]] bool valid() const { return data_ != nullptr; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] uint8_t* data() const { return data_; }
  [[nodiscard]] std::span<uint8_t> bytes() const { return {data_, size_}; }

 private:
  UniqueFd fd_;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gstcam
