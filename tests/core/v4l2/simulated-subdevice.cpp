/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-subdevice.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace gstcam::v4l2::test {

namespace {

PadFormat from_raw(const v4l2_mbus_framefmt& raw) {
  PadFormat format;
  format.code = raw.code;
  format.size = {raw.width, raw.height};
  return format;
}

void to_raw(const PadFormat& format, v4l2_mbus_framefmt& raw) {
  raw = {};
  raw.code = format.code;
  raw.width = format.size.width;
  raw.height = format.size.height;
  raw.field = V4L2_FIELD_NONE;
  raw.colorspace = V4L2_COLORSPACE_RAW;
}

uint64_t distance(const SizeRange& range, Size size) {
  const Size near = {std::clamp(size.width, range.min.width, range.max.width),
                     std::clamp(size.height, range.min.height, range.max.height)};
  return static_cast<uint64_t>(std::abs(int64_t{near.width} - size.width)) +
         static_cast<uint64_t>(std::abs(int64_t{near.height} - size.height));
}

}  // namespace

SimulatedSubdevice::SimulatedSubdevice(std::vector<SimulatedPad> pads) : pads_(std::move(pads)) {
  for (const SimulatedPad& pad : pads_) {
    PadFormat format;
    if (!pad.codes.empty())
      format.code = pad.codes.front();
    if (!pad.sizes.empty())
      format.size = pad.sizes.front().max;
    formats_.push_back(format);
  }
  for (uint32_t i = 0; i < pads_.size(); i++) {
    if (pads_[i].follows)
      formats_[i] = formats_[*pads_[i].follows];
  }
}

int SimulatedSubdevice::ioctl(SimulatedFile& file, unsigned long request, void* argument) {
  if (std::optional<int> r = controls_.ioctl(file, request, argument))
    return *r;
  switch (request) {
    case VIDIOC_SUBDEV_QUERYCAP: {
      auto& raw = *static_cast<v4l2_subdev_capability*>(argument);
      raw = {};
      raw.capabilities =
          (read_only ? V4L2_SUBDEV_CAP_RO_SUBDEV : 0U) | (routes ? kSubdevCapStreams : 0U);
      return 0;
    }
    case kSubdevSetClientCapability: {
      auto& raw = *static_cast<SubdevClientCapabilityAbi*>(argument);
      raw.capabilities &= kSubdevClientCapStreams;
      return 0;
    }
    case VIDIOC_SUBDEV_ENUM_MBUS_CODE:
      return enum_code(*static_cast<v4l2_subdev_mbus_code_enum*>(argument));
    case VIDIOC_SUBDEV_ENUM_FRAME_SIZE:
      return enum_size(*static_cast<v4l2_subdev_frame_size_enum*>(argument));
    case VIDIOC_SUBDEV_G_FMT:
      return format(file, *static_cast<v4l2_subdev_format*>(argument), false);
    case VIDIOC_SUBDEV_S_FMT:
      return format(file, *static_cast<v4l2_subdev_format*>(argument), true);
    case VIDIOC_SUBDEV_G_SELECTION:
      return selection(*static_cast<v4l2_subdev_selection*>(argument), false);
    case VIDIOC_SUBDEV_S_SELECTION:
      return selection(*static_cast<v4l2_subdev_selection*>(argument), true);
    case kSubdevGetRouting:
      return routing(*static_cast<SubdevRoutingAbi*>(argument), false);
    case kSubdevSetRouting:
      return routing(*static_cast<SubdevRoutingAbi*>(argument), true);
    default:
      return -ENOTTY;
  }
}

int SimulatedSubdevice::enum_code(v4l2_subdev_mbus_code_enum& raw) const {
  if (raw.pad >= pads_.size() || raw.index >= pads_[raw.pad].codes.size())
    return -EINVAL;
  raw.code = pads_[raw.pad].codes[raw.index];
  return 0;
}

int SimulatedSubdevice::enum_size(v4l2_subdev_frame_size_enum& raw) const {
  if (raw.pad >= pads_.size() || raw.index >= pads_[raw.pad].sizes.size() ||
      std::ranges::count(pads_[raw.pad].codes, raw.code) == 0) {
    return -EINVAL;
  }
  const SizeRange& range = pads_[raw.pad].sizes[raw.index];
  raw.min_width = range.min.width;
  raw.max_width = range.max.width;
  raw.min_height = range.min.height;
  raw.max_height = range.max.height;
  return 0;
}

PadFormat SimulatedSubdevice::adjusted(uint32_t pad, const PadFormat& wanted) const {
  const SimulatedPad& p = pads_[pad];
  if (p.follows)
    return formats_[*p.follows];
  PadFormat format;
  format.code = std::ranges::count(p.codes, wanted.code) > 0 ? wanted.code : p.codes.front();
  const SizeRange& range = *std::ranges::min_element(
      p.sizes, {}, [&](const SizeRange& r) { return distance(r, wanted.size); });
  format.size = {std::clamp(wanted.size.width, range.min.width, range.max.width),
                 std::clamp(wanted.size.height, range.min.height, range.max.height)};
  return format;
}

int SimulatedSubdevice::format(SimulatedFile& file, v4l2_subdev_format& raw, bool set) {
  if (raw.pad >= pads_.size() || raw.which > V4L2_SUBDEV_FORMAT_ACTIVE)
    return -EINVAL;
  const bool active = raw.which == V4L2_SUBDEV_FORMAT_ACTIVE;
  const std::pair key{static_cast<const SimulatedFile*>(&file), raw.pad};
  if (set && active && read_only)
    return -EPERM;
  if (set) {
    const PadFormat format = adjusted(raw.pad, from_raw(raw.format));
    if (!active) {
      tried_[key] = format;
    } else {
      formats_[raw.pad] = format;
      for (uint32_t i = 0; i < pads_.size(); i++) {
        if (pads_[i].follows == raw.pad)
          formats_[i] = format;
      }
      if (on_format)
        on_format(raw.pad, format);
    }
  }
  const auto tried = tried_.find(key);
  to_raw(!active && tried != tried_.end() ? tried->second : formats_[raw.pad], raw.format);
  return 0;
}

int SimulatedSubdevice::selection(v4l2_subdev_selection& raw, bool set) {
  auto it = selections.find(raw.target);
  if (raw.pad != 0 || it == selections.end())
    return -EINVAL;
  if (set && raw.which == V4L2_SUBDEV_FORMAT_ACTIVE)
    it->second = {raw.r.left, raw.r.top, raw.r.width, raw.r.height};
  raw.r = {it->second.left, it->second.top, it->second.width, it->second.height};
  return 0;
}

int SimulatedSubdevice::routing(SubdevRoutingAbi& raw, bool set) {
  if (!routes)
    return -ENOTTY;
  auto* table = reinterpret_cast<SubdevRouteAbi*>(  // NOLINT: as ioctls do
      static_cast<uintptr_t>(raw.routes));
  if (set) {
    if (raw.num_routes > raw.len_routes)
      return -EINVAL;
    routes->assign(table, table + raw.num_routes);
  }
  raw.num_routes = static_cast<uint32_t>(routes->size());
  std::memcpy(table, routes->data(),
              std::min<size_t>(raw.len_routes, routes->size()) * sizeof(SubdevRouteAbi));
  return 0;
}

short SimulatedSubdevice::poll(const SimulatedFile& file, short events) {
  return controls_.poll(file, events);
}

void SimulatedSubdevice::closed(const SimulatedFile& file) {
  controls_.closed(file);
  std::erase_if(tried_, [&file](const auto& entry) { return entry.first.first == &file; });
}

}  // namespace gstcam::v4l2::test
