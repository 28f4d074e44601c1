/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/media-graph.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <unordered_map>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

using Index = std::unordered_map<uint32_t, size_t>;

std::optional<size_t> at(const Index& index, uint32_t id) {
  auto it = index.find(id);
  return it == index.end() ? std::nullopt : std::optional<size_t>(it->second);
}

}  // namespace

MediaGraph MediaGraph::build(std::span<const media_v2_entity> entities,
                             std::span<const media_v2_interface> interfaces,
                             std::span<const media_v2_pad> pads,
                             std::span<const media_v2_link> links, bool pads_have_numbers) {
  MediaGraph graph;
  Index entity_of;
  for (const media_v2_entity& raw : entities) {
    Entity entity;
    entity.id = raw.id;
    entity.name = text_of(raw.name);
    entity.function = raw.function;
    entity.flags = raw.flags;
    if (!entity_of.emplace(entity.id, graph.entities_.size()).second) {
      graph.warnings_.push_back("there are two entities " + std::to_string(entity.id) +
                                "; the second, '" + entity.name + "', is left out");
      continue;
    }
    graph.entities_.push_back(std::move(entity));
  }

  Index pad_of;
  for (const media_v2_pad& raw : pads) {
    const std::string name = "pad " + std::to_string(raw.id);
    const std::optional<size_t> entity = at(entity_of, raw.entity_id);
    if (!entity) {
      graph.warnings_.push_back(name + " is of entity " + std::to_string(raw.entity_id) +
                                ", which does not exist");
      continue;
    }
    Entity& owner = graph.entities_[*entity];
    Pad pad;
    pad.id = raw.id;
    pad.entity = *entity;
    pad.number = pads_have_numbers ? raw.index : static_cast<uint32_t>(owner.pads.size());
    pad.sink = (raw.flags & MEDIA_PAD_FL_SINK) != 0;
    pad.must_connect = (raw.flags & MEDIA_PAD_FL_MUST_CONNECT) != 0;
    if (pad.sink == ((raw.flags & MEDIA_PAD_FL_SOURCE) != 0)) {
      graph.warnings_.push_back(name + " of '" + owner.name + "' is neither a sink nor a source");
      continue;
    }
    if (pad.number > UINT16_MAX) {  // as far as MEDIA_IOC_SETUP_LINK can count
      graph.warnings_.push_back(name + " of '" + owner.name + "' has an impossible number");
      continue;
    }
    if (pad_of.contains(pad.id) || graph.find_pad(*entity, pad.number)) {
      graph.warnings_.push_back(name + " of '" + owner.name + "' is there twice");
      continue;
    }
    pad_of.emplace(pad.id, graph.pads_.size());
    owner.pads.push_back(graph.pads_.size());
    graph.pads_.push_back(pad);
  }

  std::unordered_map<uint32_t, const media_v2_interface*> interface_of;
  for (const media_v2_interface& raw : interfaces)
    interface_of.emplace(raw.id, &raw);

  for (const media_v2_link& raw : links) {
    const std::string name = "link " + std::to_string(raw.id);
    const uint32_t type = raw.flags & MEDIA_LNK_FL_LINK_TYPE;
    if (type == MEDIA_LNK_FL_INTERFACE_LINK) {
      auto interface = interface_of.find(raw.source_id);
      const std::optional<size_t> entity = at(entity_of, raw.sink_id);
      if (interface == interface_of.end() || !entity) {
        graph.warnings_.push_back(name + " joins an interface and an entity that do not exist");
        continue;
      }
      // Other interfaces (sound) have no node that cameras need.
      const uint32_t interface_type = interface->second->intf_type;
      if (interface_type < MEDIA_INTF_T_V4L_BASE || interface_type >= MEDIA_INTF_T_ALSA_BASE)
        continue;
      Entity& owner = graph.entities_[*entity];
      owner.node = DeviceNumber{interface->second->devnode.major, interface->second->devnode.minor};
      owner.interface_type = interface_type;
      continue;
    }
    if (type != MEDIA_LNK_FL_DATA_LINK)
      continue;  // ancillary: a lens or flash that belongs to a sensor
    const std::optional<size_t> source = at(pad_of, raw.source_id);
    const std::optional<size_t> sink = at(pad_of, raw.sink_id);
    if (!source || !sink) {
      graph.warnings_.push_back(name + " ends at a pad that does not exist");
      continue;
    }
    if (graph.pads_[*source].sink || !graph.pads_[*sink].sink) {
      graph.warnings_.push_back(name + " does not go from a source to a sink");
      continue;
    }
    Link link;
    link.id = raw.id;
    link.source = *source;
    link.sink = *sink;
    link.enabled = (raw.flags & MEDIA_LNK_FL_ENABLED) != 0;
    link.immutable = (raw.flags & MEDIA_LNK_FL_IMMUTABLE) != 0;
    link.dynamic = (raw.flags & MEDIA_LNK_FL_DYNAMIC) != 0;
    graph.links_.push_back(link);
  }
  return graph;
}

std::optional<size_t> MediaGraph::find_entity(std::string_view name) const {
  auto it = std::ranges::find_if(entities_, [name](const Entity& e) { return e.name == name; });
  if (it == entities_.end())
    return std::nullopt;
  return static_cast<size_t>(it - entities_.begin());
}

std::vector<size_t> MediaGraph::entities_with_function(uint32_t function) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < entities_.size(); i++) {
    if (entities_[i].function == function)
      found.push_back(i);
  }
  return found;
}

std::optional<size_t> MediaGraph::find_pad(size_t entity, uint32_t number) const {
  if (entity >= entities_.size())
    return std::nullopt;
  for (size_t pad : entities_[entity].pads) {
    if (pads_[pad].number == number)
      return pad;
  }
  return std::nullopt;
}

std::vector<size_t> MediaGraph::links_from(size_t entity) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < links_.size(); i++) {
    if (pads_[links_[i].source].entity == entity)
      found.push_back(i);
  }
  return found;
}

std::vector<size_t> MediaGraph::links_to(size_t entity) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < links_.size(); i++) {
    if (pads_[links_[i].sink].entity == entity)
      found.push_back(i);
  }
  return found;
}

Result<std::vector<size_t>> MediaGraph::find_path(size_t from, size_t to) const {
  if (from >= entities_.size() || to >= entities_.size())
    return Error(Error::Code::Invalid, "there is no such entity in the media graph");
  // Breadth first, a generation at a time: each entity is expanded once, so loops end by
  // themselves, and all ways of one length are known when the next length begins.
  constexpr size_t kNone = std::numeric_limits<size_t>::max();
  struct Reached {
    size_t length = kNone;
    size_t enabled = 0;
    size_t link = kNone;  // by which
  };
  std::vector<Reached> reached(entities_.size());
  reached[from].length = 0;
  std::deque<size_t> queue = {from};
  while (!queue.empty()) {
    const size_t entity = queue.front();
    queue.pop_front();
    for (size_t link : links_from(entity)) {
      const size_t next = pads_[links_[link].sink].entity;
      const size_t length = reached[entity].length + 1;
      const size_t enabled = reached[entity].enabled + (links_[link].enabled ? 1U : 0U);
      if (reached[next].length < length ||
          (reached[next].length == length && reached[next].enabled >= enabled)) {
        continue;
      }
      if (reached[next].length == kNone)
        queue.push_back(next);
      reached[next] = {length, enabled, link};
    }
  }
  if (reached[to].length == kNone) {
    return Error(Error::Code::NotFound, "no way of links leads from '" + entities_[from].name +
                                            "' to '" + entities_[to].name + "'");
  }
  std::vector<size_t> path;
  for (size_t entity = to; entity != from; entity = pads_[links_[path.back()].source].entity)
    path.push_back(reached[entity].link);
  std::ranges::reverse(path);
  return path;
}

std::string MediaGraph::describe_link(size_t link) const {
  const Pad& source = pads_[links_[link].source];
  const Pad& sink = pads_[links_[link].sink];
  return "'" + entities_[source.entity].name + "':" + std::to_string(source.number) + " -> '" +
         entities_[sink.entity].name + "':" + std::to_string(sink.number);
}

}  // namespace gstcam::v4l2
