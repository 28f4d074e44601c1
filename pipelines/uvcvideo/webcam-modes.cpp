/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/uvcvideo/webcam-modes.h"

#include <algorithm>
#include <tuple>

#include "core/v4l2/pixel-map.h"

namespace gstcam::uvcvideo {

namespace {

using v4l2::Fraction;
using v4l2::IntervalRange;
using v4l2::SizeRange;
using v4l2::VideoDevice;
using v4l2::VideoFormat;

/* Of a driver that does not tell: 1 ms to 1 s. */
constexpr int64_t kShortest = 1000000;
constexpr int64_t kLongest = 1000000000;
/* 20 frames a second look like motion. */
constexpr int64_t kSmooth = 50000000;
constexpr int64_t kPreferred = 33333333;

Result<std::vector<SizeRange>> sizes_of(VideoDevice& device, uint32_t fourcc) {
  Result<std::vector<SizeRange>> sizes = device.frame_sizes(fourcc);
  if (!sizes || !sizes->empty())
    return sizes;
  SizeRange range;
  for (Size* size : {&range.min, &range.max}) {
    VideoFormat wanted;
    wanted.fourcc = fourcc;
    wanted.size = size == &range.min ? Size{1, 1} : Size{kMaxFrameSide, kMaxFrameSide};
    Result<VideoFormat> possible = device.try_format(wanted);
    if (!possible)
      return possible.error();
    *size = possible->size;
  }
  range.step = {2, 2};
  return std::vector<SizeRange>{range};
}

/** The durations of a mode whose size is set. */
Result<void> add_durations(VideoDevice& device, uint32_t fourcc, StreamMode& mode) {
  Result<std::vector<IntervalRange>> intervals = device.frame_intervals(fourcc, mode.max);
  if (!intervals)
    return intervals.error();
  mode.frame_duration_min = INT64_MAX;
  bool ranges = false;
  for (const IntervalRange& interval : *intervals) {
    const int64_t min = std::max<int64_t>(interval.min.nanoseconds(), 1);
    const int64_t max = std::max(interval.max.nanoseconds(), min);
    mode.frame_duration_min = std::min(mode.frame_duration_min, min);
    mode.frame_duration_max = std::max(mode.frame_duration_max, max);
    ranges = ranges || !interval.discrete();
    mode.frame_durations.push_back(min);
  }
  if (intervals->empty()) {
    mode.frame_duration_min = kShortest;
    mode.frame_duration_max = kLongest;
  }
  if (ranges)
    mode.frame_durations.clear();
  std::vector<int64_t>& durations = mode.frame_durations;
  std::ranges::sort(durations);
  durations.erase(std::unique(durations.begin(), durations.end()), durations.end());
  return {};
}

std::vector<Colorimetry> colours_of(VideoDevice& device, uint32_t fourcc, Size size) {
  VideoFormat wanted;
  wanted.fourcc = fourcc;
  wanted.size = size;
  Result<VideoFormat> format = device.try_format(wanted);
  /* A driver that cannot try says so when the format is set. */
  return {format ? v4l2::colorimetry_of(*format) : Colorimetry::Bt709Bt601};
}

Result<void> add_modes(VideoDevice& device, uint32_t fourcc, PixelFormat format,
                       std::vector<StreamMode>& modes) {
  Result<std::vector<SizeRange>> sizes = sizes_of(device, fourcc);
  if (!sizes)
    return sizes.error();
  std::vector<Colorimetry> colours;
  if (pixel_kind(format) == PixelKind::Yuv && !sizes->empty())
    colours = colours_of(device, fourcc, sizes->front().max);
  for (const SizeRange& size : *sizes) {
    if (modes.size() >= kMaxModes)
      return {};
    StreamMode mode;
    mode.formats = {format};
    mode.min = size.min;
    mode.max = size.max;
    mode.step = size.step;
    mode.colorimetry = colours;
    if (Result<void> r = add_durations(device, fourcc, mode); !r)
      return r;
    modes.push_back(std::move(mode));
  }
  return {};
}

auto rank(const StreamMode& mode) {
  const PixelKind kind = pixel_kind(mode.formats.front());
  const auto area = static_cast<int64_t>(mode.max.width) * mode.max.height;
  return std::tuple(mode.frame_duration_min > kSmooth, kind == PixelKind::Coded,
                    kind == PixelKind::Mosaic || kind == PixelKind::Grey, -area);
}

int64_t preferred_duration(const StreamMode& mode) {
  if (mode.frame_durations.empty())
    return std::clamp(kPreferred, mode.frame_duration_min, mode.frame_duration_max);
  return *std::ranges::min_element(
      mode.frame_durations, {}, [](int64_t duration) { return std::abs(duration - kPreferred); });
}

}  // namespace

Result<StreamCapabilities> webcam_capabilities(VideoDevice& device) {
  Result<std::vector<v4l2::FormatDescription>> formats = device.formats();
  if (!formats)
    return formats.error();
  StreamCapabilities can;
  std::vector<PixelFormat> seen;
  std::string unknown;
  for (const v4l2::FormatDescription& description : *formats) {
    const std::optional<PixelFormat> format = v4l2::to_pixel_format(description.fourcc);
    if (!format) {
      unknown += (unknown.empty() ? "" : ", ") + description.description;
      continue;
    }
    if (description.emulated || std::ranges::find(seen, *format) != seen.end())
      continue;
    seen.push_back(*format);
    if (Result<void> r = add_modes(device, description.fourcc, *format, can.modes); !r)
      return r.error();
  }
  if (can.modes.empty())
    return Error(Error::Code::Unsupported, device.device().label() +
                                               " has no format that can be used" +
                                               (unknown.empty() ? "" : "; it has " + unknown));
  std::ranges::stable_sort(can.modes, {}, rank);
  can.preferred = can.modes.front().max;
  can.frame_duration_preferred = preferred_duration(can.modes.front());
  can.dmabufs = device.may_export();
  return can;
}

}  // namespace gstcam::uvcvideo
