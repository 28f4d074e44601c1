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

Result<SharedMemory> SharedMemory::create(const char* name, size_t size, Peers peers) {
  const std::string what = "cannot create shared memory '" + std::string(name) + "' of " +
                           std::to_string(size) + " bytes";
  // Nothing but the machine's memory bounds a memfd: fallocate() would try until the OOM killer
  // comes.
  if (size == 0 || size > kMaxSize)
    return Error(Error::Code::Invalid, what,
                 "1 to " + std::to_string(kMaxSize) + " bytes are possible");
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid())
    return Error::from_errno(errno, what);
  // fallocate reserves the pages: without it a full tmpfs is a SIGBUS at the first write.
  if (::fallocate(fd.get(), 0, 0, static_cast<off_t>(size)) < 0)
    return Error::from_errno(errno, what, "free some memory, or ask for smaller or fewer buffers");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) < 0)
    return Error::from_errno(errno, what);
  Result<SharedMemory> memory = map(std::move(fd), size, Access::ReadWrite);
  if (!memory)
    return memory;
  // After our own mapping, which stays writable: the seal stops those that come later.
  const int last = peers == Peers::Read ? F_SEAL_FUTURE_WRITE | F_SEAL_SEAL : F_SEAL_SEAL;
  if (::fcntl(memory->fd(), F_ADD_SEALS, last) < 0)
    return Error::from_errno(errno, what);
  return memory;
}

Result<UniqueFd> SharedMemory::share(bool read_only) const {
  if (!read_only) {
    UniqueFd copy(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid())
      return Error::from_errno(errno, "cannot duplicate a descriptor of shared memory");
    return copy;
  }
  // A duplicate has the rights of the original; only a new open has rights of its own.
  const std::string path = "/proc/self/fd/" + std::to_string(fd_.get());
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid())
    return Error::from_errno(errno, "cannot open shared memory for reading (" + path + ")",
                             "is /proc mounted?");
  return fd;
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
