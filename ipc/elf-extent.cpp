/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/elf-extent.h"

#include <elf.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace gstcam::ipc {

namespace {

constexpr unsigned kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

Result<void> read_exactly(int fd, void* out, size_t size, uint64_t offset) {
  const ssize_t got = pread(fd, out, size, static_cast<off_t>(offset));
  if (got < 0)
    return Error::from_errno(errno, "cannot read it");
  if (static_cast<size_t>(got) != size)
    return Error(Error::Code::Invalid, "file too short");
  return {};
}

}  // namespace

Result<void> check_elf_extent(int fd) {
  struct stat info {};
  if (fstat(fd, &info) < 0)
    return Error::from_errno(errno, "cannot examine it");
  ElfW(Ehdr) header{};
  if (Result<void> r = read_exactly(fd, &header, sizeof header, 0); !r)
    return r;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != kClass ||
      header.e_phentsize != sizeof(ElfW(Phdr)))
    return Error(Error::Code::Invalid, "it is no ELF file of this kind of machine");
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  if (Result<void> r =
          read_exactly(fd, segments.data(), segments.size() * sizeof(ElfW(Phdr)), header.e_phoff);
      !r)
    return r;
  const auto size = static_cast<uint64_t>(info.st_size);
  for (const ElfW(Phdr) & segment : segments) {
    if (segment.p_type == PT_LOAD &&
        (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      return Error(Error::Code::Invalid, "it is truncated: it has " + std::to_string(size) +
                                             " bytes, and more in its table of segments");
  }
  return {};
}

}  // namespace gstcam::ipc
