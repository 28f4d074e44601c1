/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/sealed-copy.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <utility>

namespace gstcam::ipc {

namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/* Of Linux 6.3: the memory is no program. It can be mapped executable all the same; without the
 * flag a kernel may complain, or refuse (sysctl vm.memfd_noexec). */
constexpr unsigned kNoExecSeal = 0x0008U;

UniqueFd make_memfd(const std::string& name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(memfd_create(name.c_str(), kFlags | kNoExecSeal));
  if (!fd.valid() && errno == EINVAL)
    fd.reset(memfd_create(name.c_str(), kFlags));
  return fd;
}

Result<void> write_all(int fd, const uint8_t* data, size_t size) {
  while (size > 0) {
    const ssize_t put = write(fd, data, size);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return Error::from_errno(errno, "cannot copy it to memory", "free some memory");
    data += put;
    size -= static_cast<size_t>(put);
  }
  return {};
}

Result<size_t> copy(int from, int to, size_t limit) {
  std::array<uint8_t, 65536> buffer{};
  size_t size = 0;
  while (true) {
    const ssize_t got = pread(from, buffer.data(), buffer.size(), static_cast<off_t>(size));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return Error::from_errno(errno, "cannot read it");
    if (got == 0)
      return size;
    size += static_cast<size_t>(got);
    if (size > limit) {
      return Error(Error::Code::Invalid, "it is larger than " + std::to_string(limit) + " bytes",
                   "no module is that large; give the path of a .so file");
    }
    if (Result<void> written = write_all(to, buffer.data(), static_cast<size_t>(got)); !written)
      return written.error();
  }
}

/*
 * A memfd is not sealed against writing while somebody may still write to its pages, which the
 * kernel tells from their reference counts. Nobody has this one but us, and it is mapped nowhere:
 * what refers to a page is the kernel itself (reclaim, migration, DAMON), for a moment. It waits
 * 150 ms for such a page and then says EBUSY ("shm: wait for pins to be released when sealing", in
 * Linux since 3.17).
 */
Result<void> seal(int fd) {
  constexpr int kTries = 10;
  for (int i = 0; fcntl(fd, F_ADD_SEALS, kSeals) < 0; i++) {
    if (errno != EBUSY || i == kTries)
      return Error::from_errno(errno, "cannot seal its copy");
  }
  return {};
}

}  // namespace

Result<UniqueFd> sealed_copy(int fd, const std::string& name, size_t limit) {
  struct stat info {};
  if (fstat(fd, &info) < 0)
    return Error::from_errno(errno, "cannot examine it");
  /* Said early, of a large file; what counts is what is read. */
  if (info.st_size > 0 && static_cast<uint64_t>(info.st_size) > limit) {
    return Error(Error::Code::Invalid, "it is larger than " + std::to_string(limit) + " bytes",
                 "no module is that large; give the path of a .so file");
  }
  const UniqueFd memory = make_memfd(name.substr(0, 200));
  if (!memory.valid())
    return Error::from_errno(errno, "cannot make a file in memory");
  const Result<size_t> size = copy(fd, memory.get(), limit);
  if (!size)
    return size.error();
  if (*size == 0)
    return Error(Error::Code::Invalid, "it is empty");
  if (Result<void> sealed = seal(memory.get()); !sealed)
    return sealed.error();
  /* A descriptor of its own rights: who gets it gets nothing to write with. */
  const std::string path = "/proc/self/fd/" + std::to_string(memory.get());
  UniqueFd readable(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable.valid())
    return Error::from_errno(errno, "cannot open its copy (" + path + ")", "is /proc mounted?");
  return readable;
}

bool is_sealed(int fd) {
  const int seals = fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

Result<SealedBytes> SealedBytes::map(int fd) {
  struct stat info {};
  if (!is_sealed(fd))
    return Error(Error::Code::Invalid, "its bytes can still be changed");
  if (fstat(fd, &info) < 0)
    return Error::from_errno(errno, "cannot examine it");
  const auto size = static_cast<size_t>(info.st_size);
  void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)  // NOLINT
    return Error::from_errno(errno, "cannot map it");
  return SealedBytes(static_cast<const uint8_t*>(data), size);
}

SealedBytes::SealedBytes(SealedBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SealedBytes::~SealedBytes() {
  if (data_)
    munmap(const_cast<uint8_t*>(data_), size_);  // NOLINT
}

}  // namespace gstcam::ipc
