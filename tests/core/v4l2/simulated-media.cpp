/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-media.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace gstcam::v4l2::test {

namespace {

template <size_t N>
void put(char (&field)[N], const std::string& text) {
  std::memset(field, 0, N);
  std::memcpy(field, text.data(), std::min(text.size(), N - 1));
}

/*
 * As the kernel does: the count always, the objects where there is an array and it has room.
 * Returns the count, or none where there is too little room. By value: the structure is packed.
 */
template <typename T>
std::optional<uint32_t> give(const std::vector<T>& items, uint32_t room, uint64_t address) {
  if (address != 0 && room < items.size())
    return std::nullopt;
  if (address != 0 && !items.empty()) {
    std::memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(address)),  // NOLINT: as ioctls do
                items.data(), items.size() * sizeof(T));
  }
  return static_cast<uint32_t>(items.size());
}

}  // namespace

SimulatedMedia::SimulatedMedia(std::string driver, std::string model, std::string bus)
    : driver_(std::move(driver)), model_(std::move(model)), bus_(std::move(bus)) {}

int SimulatedMedia::ioctl(SimulatedFile& /*file*/, unsigned long request, void* argument) {
  switch (request) {
    case MEDIA_IOC_DEVICE_INFO:
      return info(*static_cast<media_device_info*>(argument));
    case MEDIA_IOC_G_TOPOLOGY:
      return topology(*static_cast<media_v2_topology*>(argument));
    case MEDIA_IOC_SETUP_LINK:
      return setup(*static_cast<media_link_desc*>(argument));
    default:
      return -ENOTTY;
  }
}

int SimulatedMedia::info(media_device_info& raw) const {
  raw = {};
  put(raw.driver, driver_);
  put(raw.model, model_);
  put(raw.serial, serial);
  put(raw.bus_info, bus_);
  raw.media_version = media_version;
  raw.driver_version = media_version;
  return 0;
}

int SimulatedMedia::topology(media_v2_topology& raw) const {
  const auto entity_count = give(entities, raw.num_entities, raw.ptr_entities);
  const auto interface_count = give(interfaces, raw.num_interfaces, raw.ptr_interfaces);
  const auto pad_count = give(pads, raw.num_pads, raw.ptr_pads);
  const auto link_count = give(links, raw.num_links, raw.ptr_links);
  if (!entity_count || !interface_count || !pad_count || !link_count)
    return -ENOSPC;
  raw.num_entities = *entity_count;
  raw.num_interfaces = *interface_count;
  raw.num_pads = *pad_count;
  raw.num_links = *link_count;
  return 0;
}

int SimulatedMedia::setup(const media_link_desc& raw) {
  auto pad_of = [this](const media_pad_desc& end) {
    auto it = std::ranges::find_if(pads, [&end](const media_v2_pad& p) {
      return p.entity_id == end.entity && p.index == end.index;
    });
    return it == pads.end() ? 0 : it->id;
  };
  const uint32_t source = pad_of(raw.source);
  const uint32_t sink = pad_of(raw.sink);
  for (media_v2_link& link : links) {
    if (link.source_id != source || link.sink_id != sink)
      continue;
    if ((link.flags & MEDIA_LNK_FL_IMMUTABLE) != 0)
      return -EINVAL;
    if (const int error = on_setup ? on_setup() : 0)
      return -error;
    link.flags = (link.flags & ~MEDIA_LNK_FL_ENABLED) | (raw.flags & MEDIA_LNK_FL_ENABLED);
    return 0;
  }
  return -EINVAL;
}

uint32_t SimulatedMedia::add_entity(const std::string& name, uint32_t function) {
  media_v2_entity entity{};
  entity.id = next_id_++;
  put(entity.name, name);
  entity.function = function;
  entities.push_back(entity);
  return entity.id;
}

uint32_t SimulatedMedia::add_pad(uint32_t entity, uint32_t flags) {
  media_v2_pad pad{};
  pad.id = 0x01000000U | next_id_++;
  pad.entity_id = entity;
  pad.flags = flags;
  pad.index = static_cast<uint32_t>(std::ranges::count_if(
      pads, [entity](const media_v2_pad& p) { return p.entity_id == entity; }));
  pads.push_back(pad);
  return pad.id;
}

uint32_t SimulatedMedia::add_link(uint32_t source_pad, uint32_t sink_pad, uint32_t flags) {
  media_v2_link link{};
  link.id = 0x02000000U | next_id_++;
  link.source_id = source_pad;
  link.sink_id = sink_pad;
  link.flags = flags;
  links.push_back(link);
  return link.id;
}

void SimulatedMedia::add_interface(uint32_t entity, uint32_t type, DeviceNumber number) {
  media_v2_interface interface {};
  interface.id = 0x03000000U | next_id_++;
  interface.intf_type = type;
  interface.devnode.major = number.major;
  interface.devnode.minor = number.minor;
  interfaces.push_back(interface);
  media_v2_link link{};
  link.id = 0x02000000U | next_id_++;
  link.source_id = interface.id;
  link.sink_id = entity;
  link.flags = MEDIA_LNK_FL_INTERFACE_LINK | MEDIA_LNK_FL_ENABLED;
  links.push_back(link);
}

bool SimulatedMedia::enabled(uint32_t source_pad, uint32_t sink_pad) const {
  return std::ranges::any_of(links, [=](const media_v2_link& link) {
    return link.source_id == source_pad && link.sink_id == sink_pad &&
           (link.flags & MEDIA_LNK_FL_ENABLED) != 0;
  });
}

}  // namespace gstcam::v4l2::test
