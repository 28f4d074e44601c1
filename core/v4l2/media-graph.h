/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * MediaGraph: entities, their pads and the links between those, as a media device told them.
 *
 * A value: a picture of one moment, checked. Every link joins a source pad to a sink pad that
 * exist, every pad has its entity, ids and pad numbers are unique. What breaks these rules is left
 * out and told in warnings(); loops are legal and no walk runs into one. Entities, pads and links
 * are named by their index in the vectors here.
 */
#pragma once

#include <linux/media.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gstcam::v4l2 {

/** Major and minor of a device node. */
struct DeviceNumber {
  uint32_t major = 0;
  uint32_t minor = 0;
  bool operator==(const DeviceNumber&) const = default;
};

class MediaGraph {
 public:
  struct Entity {
    uint32_t id = 0;
    std::string name;       // unique in most graphs, not in all
    uint32_t function = 0;  // MEDIA_ENT_F_*
    uint32_t flags = 0;     // MEDIA_ENT_FL_*
    std::vector<size_t> pads;
    std::optional<DeviceNumber> node;  // of its video node or subdevice
    uint32_t interface_type = 0;       // MEDIA_INTF_T_* of the node
  };
  struct Pad {
    uint32_t id = 0;
    size_t entity = 0;
    uint32_t number = 0;  // within the entity
    bool sink = false;    // otherwise a source
    bool must_connect = false;
  };
  struct Link {
    uint32_t id = 0;
    size_t source = 0;  // pads
    size_t sink = 0;
    bool enabled = false;
    bool immutable = false;
    bool dynamic = false;  // may change while streaming
  };

  /** `pads_have_numbers`: the kernel is 4.19 or newer and fills in media_v2_pad::index. */
  static MediaGraph build(std::span<const media_v2_entity> entities,
                          std::span<const media_v2_interface> interfaces,
                          std::span<const media_v2_pad> pads, std::span<const media_v2_link> links,
                          bool pads_have_numbers);

  [[nodiscard]] const std::vector<Entity>& entities() const { return entities_; }
  [[nodiscard]] const std::vector<Pad>& pads() const { return pads_; }
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  /** The first of that name. */
  [[nodiscard]] std::optional<size_t> find_entity(std::string_view name) const;
  [[nodiscard]] std::vector<size_t> entities_with_function(uint32_t function) const;
  /** The pad of an entity by its number. */
  [[nodiscard]] std::optional<size_t> find_pad(size_t entity, uint32_t number) const;
  /** Links whose source (or sink) is a pad of the entity. */
  [[nodiscard]] std::vector<size_t> links_from(size_t entity) const;
  [[nodiscard]] std::vector<size_t> links_to(size_t entity) const;
  /**
   * The shortest way from one entity to another, link by link downstream, enabled or not; among
   * ways of one length the one with more enabled links. NotFound where there is none. Within an
   * entity every sink is taken as leading to every source: what a subdevice really routes is
   * Subdevice::routes().
   */
  [[nodiscard]] Result<std::vector<size_t>> find_path(size_t from, size_t to) const;
  /** "'imx219 10-0010':0 -> 'unicam-image':0" */
  [[nodiscard]] std::string describe_link(size_t link) const;
  /** After MediaDevice::set_link() has changed it. */
  void set_enabled(size_t link, bool enabled) { links_[link].enabled = enabled; }

 private:
  std::vector<Entity> entities_;
  std::vector<Pad> pads_;
  std::vector<Link> links_;
  std::vector<std::string> warnings_;
};

}  // namespace gstcam::v4l2
