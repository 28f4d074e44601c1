/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/media-device.h"

#include <linux/media.h>

#include <cerrno>
#include <cstring>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

/* The largest graphs (automotive deserialisers) have a few hundred entities. */
constexpr uint32_t kMaxObjects = 8192;
/* A graph may grow between the question how large it is and the question what is in it. */
constexpr int kMaxTries = 8;

template <typename T>
uint64_t address_of(std::vector<T>& items) {
  return reinterpret_cast<uintptr_t>(items.data());
}

}  // namespace

Result<MediaDevice> MediaDevice::open(Kernel& kernel, const std::string& path) {
  Result<Device> device = Device::open(kernel, path);
  if (!device)
    return device.error();
  media_device_info raw{};
  if (Result<void> r = device->ioctl(MEDIA_IOC_DEVICE_INFO, &raw, "ask what device this is"); !r)
    return r.error();
  MediaInfo info;
  info.driver = text_of(raw.driver);
  info.model = text_of(raw.model);
  info.serial = text_of(raw.serial);
  info.bus = text_of(raw.bus_info);
  info.media_version = raw.media_version;
  info.hardware_revision = raw.hw_revision;
  info.driver_version = raw.driver_version;
  device->set_name(info.model.empty() ? info.driver : info.model);
  return MediaDevice(std::move(device).value(), std::move(info));
}

Result<MediaGraph> MediaDevice::graph() const {
  for (int i = 0; i < kMaxTries; i++) {
    media_v2_topology sizes{};
    if (Result<void> r = device_.ioctl(MEDIA_IOC_G_TOPOLOGY, &sizes, "ask how large the graph is");
        !r) {
      return r.error();
    }
    for (uint32_t count :
         {sizes.num_entities, sizes.num_interfaces, sizes.num_pads, sizes.num_links}) {
      if (count > kMaxObjects)
        return device_.nonsense("a graph with " + std::to_string(count) + " objects of a kind");
    }
    std::vector<media_v2_entity> entities(sizes.num_entities);
    std::vector<media_v2_interface> interfaces(sizes.num_interfaces);
    std::vector<media_v2_pad> pads(sizes.num_pads);
    std::vector<media_v2_link> links(sizes.num_links);
    media_v2_topology topology{};
    topology.num_entities = sizes.num_entities;
    topology.num_interfaces = sizes.num_interfaces;
    topology.num_pads = sizes.num_pads;
    topology.num_links = sizes.num_links;
    topology.ptr_entities = address_of(entities);
    topology.ptr_interfaces = address_of(interfaces);
    topology.ptr_pads = address_of(pads);
    topology.ptr_links = address_of(links);
    const int result = device_.try_ioctl(MEDIA_IOC_G_TOPOLOGY, &topology);
    if (result == -ENOSPC)
      continue;
    if (result < 0)
      return device_.error(-result, MEDIA_IOC_G_TOPOLOGY, "read the graph");
    // It may have shrunk meanwhile; and a count above the room there was cannot be true.
    if (topology.num_entities > entities.size() || topology.num_interfaces > interfaces.size() ||
        topology.num_pads > pads.size() || topology.num_links > links.size()) {
      continue;
    }
    entities.resize(topology.num_entities);
    interfaces.resize(topology.num_interfaces);
    pads.resize(topology.num_pads);
    links.resize(topology.num_links);
    return MediaGraph::build(entities, interfaces, pads, links,
                             MEDIA_V2_PAD_HAS_INDEX(info_.media_version));
  }
  return Error(Error::Code::Busy,
               device_.label() + ": the media graph changed each time it was read",
               "wait until drivers are loaded, and try again");
}

Result<void> MediaDevice::set_link(MediaGraph& graph, size_t link, bool enabled) const {
  if (link >= graph.links().size())
    return Error(Error::Code::Invalid, device_.label() + ": there is no such link in the graph");
  const MediaGraph::Link& wanted = graph.links()[link];
  if (wanted.enabled == enabled)
    return {};
  const std::string what =
      std::string(enabled ? "enable" : "disable") + " the link " + graph.describe_link(link);
  if (wanted.immutable)
    return Error(Error::Code::Invalid,
                 device_.label() + ": cannot " + what + ": the hardware fixes it");
  const MediaGraph::Pad& source = graph.pads()[wanted.source];
  const MediaGraph::Pad& sink = graph.pads()[wanted.sink];
  media_link_desc raw{};
  raw.source.entity = graph.entities()[source.entity].id;
  raw.source.index = static_cast<uint16_t>(source.number);
  raw.source.flags = MEDIA_PAD_FL_SOURCE;
  raw.sink.entity = graph.entities()[sink.entity].id;
  raw.sink.index = static_cast<uint16_t>(sink.number);
  raw.sink.flags = MEDIA_PAD_FL_SINK;
  raw.flags = (enabled ? MEDIA_LNK_FL_ENABLED : 0U) | (wanted.dynamic ? MEDIA_LNK_FL_DYNAMIC : 0U);
  if (Result<void> r = device_.ioctl(MEDIA_IOC_SETUP_LINK, &raw, what.c_str()); !r)
    return r;
  graph.set_enabled(link, enabled);
  return {};
}

Result<void> MediaDevice::enable_path(MediaGraph& graph, const std::vector<size_t>& path) const {
  for (size_t link : path) {
    if (Result<void> r = set_link(graph, link, true); !r)
      return r;
  }
  return {};
}

}  // namespace gstcam::v4l2
