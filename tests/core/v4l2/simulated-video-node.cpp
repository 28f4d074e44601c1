/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-video-node.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace gstcam::v4l2::test {

namespace {

template <size_t N>
void put(uint8_t (&field)[N], const std::string& text) {
  std::memset(field, 0, N);
  std::memcpy(field, text.data(), std::min(text.size(), N - 1));
}

uint32_t capability_of(uint32_t buffer_type) {
  switch (buffer_type) {
    case V4L2_BUF_TYPE_VIDEO_CAPTURE:
      return V4L2_CAP_VIDEO_CAPTURE;
    case V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE:
      return V4L2_CAP_VIDEO_CAPTURE_MPLANE;
    case V4L2_BUF_TYPE_VIDEO_OUTPUT:
      return V4L2_CAP_VIDEO_OUTPUT;
    case V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE:
      return V4L2_CAP_VIDEO_OUTPUT_MPLANE;
    case V4L2_BUF_TYPE_META_CAPTURE:
      return V4L2_CAP_META_CAPTURE;
    case V4L2_BUF_TYPE_META_OUTPUT:
      return V4L2_CAP_META_OUTPUT;
    default:
      return 0;
  }
}

v4l2_fract raw_fraction(const Fraction& fraction) {
  return {fraction.numerator, fraction.denominator};
}

uint64_t distance(Size a, Size b) {
  return static_cast<uint64_t>(std::abs(int64_t{a.width} - b.width)) +
         static_cast<uint64_t>(std::abs(int64_t{a.height} - b.height));
}

uint32_t nearest(uint32_t value, uint32_t min, uint32_t max, uint32_t step) {
  return min + (std::clamp(value, min, max) - min) / step * step;
}

}  // namespace

SimulatedVideoNode::SimulatedVideoNode(SimulatedVideoDescription description)
    : description_(std::move(description)), queue_(description_.buffer_type) {
  VideoFormat first;
  if (!description_.formats.empty()) {
    first.fourcc = description_.formats.front().fourcc;
    first.size = description_.formats.front().sizes.front().min;
  }
  format_ = adjusted(first);
}

int SimulatedVideoNode::ioctl(SimulatedFile& file, unsigned long request, void* argument) {
  if (std::optional<int> r = queue_.ioctl(file, request, argument, format_))
    return *r;
  if (std::optional<int> r = controls_.ioctl(file, request, argument))
    return *r;
  switch (request) {
    case VIDIOC_QUERYCAP:
      return capability(*static_cast<v4l2_capability*>(argument));
    case VIDIOC_ENUM_FMT:
      return enum_format(*static_cast<v4l2_fmtdesc*>(argument));
    case VIDIOC_ENUM_FRAMESIZES:
      return enum_size(*static_cast<v4l2_frmsizeenum*>(argument));
    case VIDIOC_ENUM_FRAMEINTERVALS:
      return enum_interval(*static_cast<v4l2_frmivalenum*>(argument));
    case VIDIOC_G_FMT: {
      auto& raw = *static_cast<v4l2_format*>(argument);
      if (raw.type != description_.buffer_type)
        return -EINVAL;
      raw = to_v4l2(format_, raw.type);
      return 0;
    }
    case VIDIOC_TRY_FMT:
      return set_format(*static_cast<v4l2_format*>(argument), false);
    case VIDIOC_S_FMT:
      return set_format(*static_cast<v4l2_format*>(argument), true);
    case VIDIOC_G_PARM:
      return parm(*static_cast<v4l2_streamparm*>(argument), false);
    case VIDIOC_S_PARM:
      return parm(*static_cast<v4l2_streamparm*>(argument), true);
    case VIDIOC_G_SELECTION:
      return selection(*static_cast<v4l2_selection*>(argument), false);
    case VIDIOC_S_SELECTION:
      return selection(*static_cast<v4l2_selection*>(argument), true);
    default:
      return -ENOTTY;
  }
}

int SimulatedVideoNode::capability(v4l2_capability& raw) const {
  put(raw.driver, description_.driver);
  put(raw.card, description_.card);
  put(raw.bus_info, description_.bus);
  raw.version = 6U << 16U;
  raw.device_caps = capability_of(description_.buffer_type) | V4L2_CAP_STREAMING |
                    V4L2_CAP_EXT_PIX_FORMAT | description_.extra_capabilities;
  // The whole device has more nodes than this one.
  raw.capabilities = raw.device_caps | V4L2_CAP_DEVICE_CAPS | V4L2_CAP_META_CAPTURE;
  return 0;
}

const SimulatedFormat* SimulatedVideoNode::find(uint32_t fourcc) const {
  auto it = std::ranges::find(description_.formats, fourcc, &SimulatedFormat::fourcc);
  return it == description_.formats.end() ? nullptr : &*it;
}

int SimulatedVideoNode::enum_format(v4l2_fmtdesc& raw) const {
  if (raw.type != description_.buffer_type || raw.index >= description_.formats.size())
    return -EINVAL;
  const SimulatedFormat& format = description_.formats[raw.index];
  raw.pixelformat = format.fourcc;
  raw.flags = format.compressed ? V4L2_FMT_FLAG_COMPRESSED : 0;
  put(raw.description, format.description);
  return 0;
}

int SimulatedVideoNode::enum_size(v4l2_frmsizeenum& raw) const {
  const SimulatedFormat* format = find(raw.pixel_format);
  if (!format || raw.index >= format->sizes.size())
    return -EINVAL;
  const SizeRange& range = format->sizes[raw.index];
  if (range.discrete()) {
    raw.type = V4L2_FRMSIZE_TYPE_DISCRETE;
    raw.discrete = {range.min.width, range.min.height};
    return 0;
  }
  raw.type = format->continuous ? V4L2_FRMSIZE_TYPE_CONTINUOUS : V4L2_FRMSIZE_TYPE_STEPWISE;
  raw.stepwise = {range.min.width,  range.max.width,  range.step.width,
                  range.min.height, range.max.height, range.step.height};
  return 0;
}

int SimulatedVideoNode::enum_interval(v4l2_frmivalenum& raw) const {
  const SimulatedFormat* format = find(raw.pixel_format);
  if (!format || raw.index >= format->intervals.size())
    return -EINVAL;
  const IntervalRange& range = format->intervals[raw.index];
  if (range.discrete()) {
    raw.type = V4L2_FRMIVAL_TYPE_DISCRETE;
    raw.discrete = raw_fraction(range.min);
    return 0;
  }
  raw.type = V4L2_FRMIVAL_TYPE_CONTINUOUS;
  raw.stepwise = {raw_fraction(range.min), raw_fraction(range.max), {1, 1}};
  return 0;
}

VideoFormat SimulatedVideoNode::adjusted(const VideoFormat& wanted) const {
  VideoFormat format;
  if (description_.formats.empty())
    return format;
  const SimulatedFormat* known = find(wanted.fourcc);
  if (!known)
    known = &description_.formats.front();
  format.fourcc = known->fourcc;
  if (is_metadata(description_.buffer_type)) {
    format.planes[0].size = known->sizes.front().min.width;
    return format;
  }
  format.field = V4L2_FIELD_NONE;
  format.colorspace = V4L2_COLORSPACE_SRGB;
  const SizeRange* best = &known->sizes.front();
  for (const SizeRange& range : known->sizes) {
    if (distance(range.min, wanted.size) < distance(best->min, wanted.size))
      best = &range;
  }
  format.size = {
      nearest(wanted.size.width, best->min.width, best->max.width, best->step.width),
      nearest(wanted.size.height, best->min.height, best->max.height, best->step.height)};
  format.plane_count = is_multiplanar(description_.buffer_type) ? known->plane_count : 1;
  const uint32_t row = format.size.width * known->bits / 8;
  for (uint32_t i = 0; i < format.plane_count; i++) {
    format.planes[i].stride = known->compressed ? 0 : row;
    format.planes[i].size = row * format.size.height / (i == 0 ? 1 : 2);
  }
  return format;
}

int SimulatedVideoNode::set_format(v4l2_format& raw, bool keep) {
  if (raw.type != description_.buffer_type)
    return -EINVAL;
  // Strides and sizes are the driver's to fill in: only what is asked for is looked at.
  VideoFormat wanted;
  if (is_metadata(raw.type)) {
    wanted.fourcc = raw.fmt.meta.dataformat;
  } else if (is_multiplanar(raw.type)) {
    wanted.fourcc = raw.fmt.pix_mp.pixelformat;
    wanted.size = {raw.fmt.pix_mp.width, raw.fmt.pix_mp.height};
  } else {
    wanted.fourcc = raw.fmt.pix.pixelformat;
    wanted.size = {raw.fmt.pix.width, raw.fmt.pix.height};
  }
  if (keep && queue_.count() > 0)
    return -EBUSY;
  const VideoFormat format = adjusted(wanted);
  raw = to_v4l2(format, raw.type);
  if (keep)
    format_ = format;
  return 0;
}

int SimulatedVideoNode::parm(v4l2_streamparm& raw, bool set) {
  if (raw.type != description_.buffer_type)
    return -EINVAL;
  if (!has_interval)
    return -ENOTTY;
  const v4l2_fract wanted = raw.parm.capture.timeperframe;
  if (set && wanted.numerator > 0 && wanted.denominator > 0) {
    const SimulatedFormat* format = find(format_.fourcc);
    interval_ = {wanted.numerator, wanted.denominator};
    if (format && !format->intervals.empty()) {
      const int64_t ns = interval_.nanoseconds();
      auto off = [ns](const IntervalRange& r) {
        return std::min(std::abs(r.min.nanoseconds() - ns), std::abs(r.max.nanoseconds() - ns));
      };
      const IntervalRange& best = *std::ranges::min_element(format->intervals, {}, off);
      if (best.discrete() || ns < best.min.nanoseconds())
        interval_ = best.min;
      else if (ns > best.max.nanoseconds())
        interval_ = best.max;
    }
  }
  raw.parm.capture = {};
  raw.parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
  raw.parm.capture.timeperframe = raw_fraction(interval_);
  return 0;
}

int SimulatedVideoNode::selection(v4l2_selection& raw, bool set) {
  auto it = selections.find(raw.target);
  if (it == selections.end() || (set && std::ranges::count(writable_selections, raw.target) == 0)) {
    return -EINVAL;
  }
  if (set)
    it->second = {raw.r.left, raw.r.top, raw.r.width, raw.r.height};
  raw.r = {it->second.left, it->second.top, it->second.width, it->second.height};
  return 0;
}

short SimulatedVideoNode::poll(const SimulatedFile& file, short events) {
  const int idle = queue_.streaming() ? 0 : idle_poll;
  return static_cast<short>(queue_.poll(events) | controls_.poll(file, events) | idle);
}

SimulatedNode::Memory SimulatedVideoNode::memory(const SimulatedFile& /*file*/, off_t offset) {
  return queue_.memory(offset);
}

void SimulatedVideoNode::closed(const SimulatedFile& file) {
  queue_.closed(file);
  controls_.closed(file);
}

bool SimulatedVideoNode::make_frame(const SimulatedFrame& frame) {
  bool made = false;
  kernel()->change([&] { made = queue_.make_frame(frame); });
  return made;
}

void SimulatedVideoNode::break_down() {
  kernel()->change([&] { queue_.break_down(); });
}

}  // namespace gstcam::v4l2::test
