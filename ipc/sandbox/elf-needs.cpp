/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/sandbox/elf-needs.h"

#include <link.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <limits>
#include <optional>

namespace gstcam::ipc {

namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Dynamic = ElfW(Dyn);

constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxDynamic = 4096;
constexpr size_t kMaxText = 4096;

Error broken(const char* what) {
  return Error(Error::Code::Invalid, std::string("not a shared object of this machine: ") + what);
}

bool read_at(int fd, uint64_t offset, void* to, size_t size) {
  if (offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max()) - size)
    return false;
  return pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

/** The text at `offset`, ended by a zero byte within `limit` bytes and the file. */
std::optional<std::string> read_text(int fd, uint64_t offset, uint64_t limit) {
  std::array<char, kMaxText> text{};
  if (offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max()) - kMaxText)
    return {};
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(limit, text.size()));
  const ssize_t got = pread(fd, text.data(), wanted, static_cast<off_t>(offset));
  if (got <= 0)
    return {};
  const size_t length = strnlen(text.data(), static_cast<size_t>(got));
  if (length == static_cast<size_t>(got))
    return {};
  return std::string(text.data(), length);
}

std::optional<uint64_t> file_offset(const std::vector<Segment>& segments, uint64_t address) {
  for (const Segment& segment : segments) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz &&
        segment.p_offset <= std::numeric_limits<uint64_t>::max() / 2)
      return segment.p_offset + (address - segment.p_vaddr);
  }
  return {};
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

}  // namespace

Result<ElfNeeds> read_elf_needs(int fd) {
  Header header{};
  /* Our own header says what is native: the class and the byte order of this build. */
  constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  constexpr unsigned char kData =
      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  if (!read_at(fd, 0, &header, sizeof(header)) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return broken("it is no ELF file");
  if (header.e_ident[EI_CLASS] != kClass || header.e_ident[EI_DATA] != kData)
    return broken("it is for another machine");
  if (header.e_phentsize != sizeof(Segment) || header.e_phnum > kMaxSegments)
    return broken("its segments are wrong");
  std::vector<Segment> segments(header.e_phnum);
  if (!read_at(fd, header.e_phoff, segments.data(), segments.size() * sizeof(Segment)))
    return broken("it is too short");

  ElfNeeds needs;
  std::vector<Dynamic> dynamic;
  for (const Segment& segment : segments) {
    if (segment.p_type == PT_INTERP) {
      const std::optional<std::string> text = read_text(fd, segment.p_offset, segment.p_filesz);
      if (!text || !text->starts_with('/'))
        return broken("its interpreter is wrong");
      needs.interpreter = *text;
    } else if (segment.p_type == PT_DYNAMIC) {
      if (segment.p_filesz / sizeof(Dynamic) > kMaxDynamic)
        return broken("its dynamic section is too long");
      dynamic.resize(segment.p_filesz / sizeof(Dynamic));
      if (!read_at(fd, segment.p_offset, dynamic.data(), dynamic.size() * sizeof(Dynamic)))
        return broken("it is too short");
    }
  }
  uint64_t strings_address = 0;
  uint64_t strings_size = 0;
  for (const Dynamic& entry : dynamic) {
    if (entry.d_tag == DT_NULL)
      break;
    if (entry.d_tag == DT_STRTAB)
      strings_address = entry.d_un.d_ptr;
    if (entry.d_tag == DT_STRSZ)
      strings_size = entry.d_un.d_val;
  }
  const std::optional<uint64_t> strings = file_offset(segments, strings_address);
  for (const Dynamic& entry : dynamic) {
    if (entry.d_tag == DT_NULL)
      break;
    if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH)
      continue;
    if (!strings || entry.d_un.d_val >= strings_size)
      return broken("its strings are wrong");
    const std::optional<std::string> text =
        read_text(fd, *strings + entry.d_un.d_val, strings_size - entry.d_un.d_val);
    if (!text)
      return broken("its strings are wrong");
    if (entry.d_tag != DT_NEEDED)
      needs.run_path = *text;
    else if (is_file_name(*text) && needs.needed.size() < ElfNeeds::kMax)
      needs.needed.push_back(*text);
  }
  return needs;
}

}  // namespace gstcam::ipc
