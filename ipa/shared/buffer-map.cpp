/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipa/shared/buffer-map.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace gstcam::ipa {

namespace {

Error about(Error::Code code, uint32_t id, const std::string& what) {
  return Error(code, "buffer " + std::to_string(id) + " " + what);
}

}  // namespace

const BufferMap::Entry* BufferMap::find(uint32_t id) const {
  const auto entry = std::ranges::find(entries_, id, &Entry::id);
  return entry == entries_.end() ? nullptr : &*entry;
}

Result<void> BufferMap::map(const std::vector<Buffer>& buffers) {
  if (buffers.size() > kMaxBuffers - std::min(entries_.size(), kMaxBuffers))
    return Error(Error::Code::NoSpace,
                 "more than " + std::to_string(kMaxBuffers) + " buffers are to be mapped",
                 "unmap some first");
  std::vector<Entry> added;
  added.reserve(buffers.size());
  for (const Buffer& buffer : buffers) {
    if (find(buffer.id) || std::ranges::find(added, buffer.id, &Entry::id) != added.end())
      return about(Error::Code::Invalid, buffer.id, "is mapped already");
    const size_t needed = buffer.writable ? sizes_.writable : sizes_.read_only;
    if (buffer.size < needed || buffer.size > kMaxSize)
      return about(Error::Code::Invalid, buffer.id,
                   "has " + std::to_string(buffer.size) + " bytes, " + std::to_string(needed) +
                       ".." + std::to_string(kMaxSize) + " are possible");
    Result<UniqueFd> fd = UniqueFd::duplicate(buffer.fd.get());
    if (!fd)
      return fd.error().within("buffer " + std::to_string(buffer.id));
    Result<SharedMemory> memory = SharedMemory::map(
        *std::move(fd), buffer.size,
        buffer.writable ? SharedMemory::Access::ReadWrite : SharedMemory::Access::ReadOnly);
    if (!memory)
      return memory.error().within("buffer " + std::to_string(buffer.id));
    added.push_back({buffer.id, buffer.writable, *std::move(memory)});
  }
  std::ranges::move(added, std::back_inserter(entries_));
  return {};
}

Result<void> BufferMap::unmap(const std::vector<uint32_t>& ids) {
  Result<void> result;
  for (const uint32_t id : ids) {
    const size_t gone = std::erase_if(entries_, [id](const Entry& e) { return e.id == id; });
    if (gone == 0 && result)
      result = about(Error::Code::NotFound, id, "is not mapped");
  }
  return result;
}

Result<void> BufferMap::write(uint32_t id, std::span<const std::byte> bytes) const {
  const Entry* entry = find(id);
  if (!entry)
    return about(Error::Code::NotFound, id, "is not mapped");
  if (!entry->writable)
    return about(Error::Code::Invalid, id, "is not writable: it takes no parameters");
  if (entry->memory.size() < bytes.size())
    return about(Error::Code::Invalid, id, "is too small for parameters");
  std::memcpy(entry->memory.data(), bytes.data(), bytes.size());
  return {};
}

Result<void> BufferMap::read(uint32_t id, std::span<std::byte> bytes) const {
  const Entry* entry = find(id);
  if (!entry)
    return about(Error::Code::NotFound, id, "is not mapped");
  if (entry->memory.size() < bytes.size())
    return about(Error::Code::Invalid, id, "is too small for statistics");
  std::memcpy(bytes.data(), entry->memory.data(), bytes.size());
  return {};
}

}  // namespace gstcam::ipa
