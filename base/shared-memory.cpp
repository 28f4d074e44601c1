/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/shared-memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

namespace gstcam {

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_)
    ::munmap(data_, size_);
}

Result<SharedMemory> SharedMemory::create(const char* name, size_t size) {
  const std::string what = "cannot create shared memory '" + std::string(name) + "' of " +
                           std::to_string(size) + " bytes";
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid())
    return Error::from_errno(errno, what);
  // fallocate reserves the pages: without it a full tmpfs is a SIGBUS at the first write.
  if (size == 0 || ::fallocate(fd.get(), 0, 0, static_cast<off_t>(size)) < 0)
    return Error::from_errno(size == 0 ? EINVAL : errno, what,
                             "free some memory, or ask for smaller or fewer buffers");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
    return Error::from_errno(errno, what);
  return map(std::move(fd), size, Access::ReadWrite);
}

Result<SharedMemory> SharedMemory::map(UniqueFd fd, size_t size, Access access,
                                       bool require_seals) {
  struct stat st = {};
  if (::fstat(fd.get(), &st) < 0)
    return Error::from_errno(errno, "cannot examine shared memory");
  if (size == 0 || st.st_size < 0 || static_cast<uint64_t>(st.st_size) < size)
    return Error(Error::Code::Invalid, "shared memory has " + std::to_string(st.st_size) +
                                           " bytes, " + std::to_string(size) + " are needed");
  if (require_seals) {
    constexpr int kNeeded = F_SEAL_GROW | F_SEAL_SHRINK;
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0 || (seals & kNeeded) != kNeeded)
      return Error(Error::Code::Invalid, "shared memory is not sealed against resizing");
  }
  const int prot = access == Access::ReadOnly ? PROT_READ : PROT_READ | PROT_WRITE;
  void* data = ::mmap(nullptr, size, prot, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED)
    return Error::from_errno(errno, "cannot map shared memory");
  SharedMemory memory;
  memory.fd_ = std::move(fd);
  memory.data_ = static_cast<uint8_t*>(data);
  memory.size_ = size;
  return memory;
}

}  // namespace gstcam
