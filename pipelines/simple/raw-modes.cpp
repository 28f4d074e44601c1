/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/raw-modes.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/isp/software-isp.h"

namespace gstcam::simple {

namespace {

/* Of a sensor whose times nobody tells: 1 ms to 1 s. */
constexpr int64_t kShortest = 1000000;
constexpr int64_t kLongest = 1000000000;
constexpr int64_t kPreferred = 33333333;
/* The largest that is developed on a processor without a second thought. */
constexpr uint64_t kPreferredArea = uint64_t{1920} * 1080;
/* Of a sensor that has any size: it has no own one. */
constexpr Size kPreferredOfMany = {1280, 720};
/* 64 of 1024, what most sensors add (sensor-properties.cpp); in 16 bit scale. */
constexpr uint32_t kUsualBlackLevel = 4096;

uint64_t area(Size size) {
  return uint64_t{size.width} * size.height;
}

Result<void> add_durations(SensorPath& path, const RawMode& mode, StreamMode& stream) {
  stream.frame_duration_min = kShortest;
  stream.frame_duration_max = kLongest;
  v4l2::PadFormat format;
  format.code = mode.bus.code;
  format.size = mode.size.max;
  if (Result<v4l2::PadFormat> set = path.sensor().configure(format); !set)
    return set.error();
  Result<v4l2::SensorLimits> limits = path.sensor().limits();
  if (limits) {
    stream.frame_duration_min = std::max<int64_t>(limits->frame_duration_min, 1);
    stream.frame_duration_max = std::max(limits->frame_duration_max, stream.frame_duration_min);
    return {};
  }
  if (limits.error().code != Error::Code::Unsupported)
    return limits.error();
  Result<std::vector<v4l2::IntervalRange>> intervals =
      path.video().frame_intervals(mode.fourcc, mode.size.max);
  if (!intervals)
    return intervals.error();
  if (intervals->empty())
    return {};
  stream.frame_duration_min = INT64_MAX;
  stream.frame_duration_max = 1;
  for (const v4l2::IntervalRange& interval : *intervals) {
    stream.frame_duration_min =
        std::min(stream.frame_duration_min, std::max<int64_t>(interval.min.nanoseconds(), 1));
    stream.frame_duration_max = std::max(stream.frame_duration_max, interval.max.nanoseconds());
  }
  stream.frame_duration_max = std::max(stream.frame_duration_max, stream.frame_duration_min);
  return {};
}

StreamMode stream_mode(const RawMode& mode) {
  StreamMode stream;
  stream.formats.assign(software_isp_formats().begin(), software_isp_formats().end());
  stream.min = mode.size.min;
  stream.max = mode.size.max;
  if (!mode.size.discrete()) {
    // Whole quads of the mosaic.
    stream.min = {std::max(4U, (stream.min.width + 1) & ~1U),
                  std::max(4U, (stream.min.height + 1) & ~1U)};
    stream.max = {stream.max.width & ~1U, stream.max.height & ~1U};
  }
  return stream;
}

bool possible(const StreamMode& mode) {
  return mode.min.width >= SoftwareIsp::kMinSide && mode.min.height >= SoftwareIsp::kMinSide &&
         mode.min.width <= mode.max.width && mode.min.height <= mode.max.height;
}

/* The largest that is not too large, else the smallest. */
size_t preferred_mode(const std::vector<StreamMode>& modes) {
  size_t best = 0;
  for (size_t i = 1; i < modes.size(); i++) {
    const uint64_t a = area(modes[i].max);
    const uint64_t b = area(modes[best].max);
    const bool fits = a <= kPreferredArea;
    if (b <= kPreferredArea ? fits && a > b : a < b)
      best = i;
  }
  return best;
}

}  // namespace

Result<StreamCapabilities> raw_capabilities(SensorPath& path) {
  Result<std::vector<RawMode>> modes = path.modes();
  if (!modes)
    return modes.error();
  // Where the way is not made, whoever has the node takes pictures of another sensor.
  if (path.is_made()) {
    if (Result<void> r = path.video().check_free(); !r)
      return r.error();
  }
  StreamCapabilities can;
  for (const RawMode& mode : *modes) {
    StreamMode stream = stream_mode(mode);
    if (!possible(stream))
      continue;
    if (Result<void> r = add_durations(path, mode, stream); !r)
      return r.error();
    can.modes.push_back(std::move(stream));
  }
  if (can.modes.empty())
    return Error(Error::Code::Unsupported,
                 "the sensor '" + path.sensor().entity() + "' has no size that can be developed");
  std::swap(can.modes.front(), can.modes[preferred_mode(can.modes)]);
  std::ranges::stable_sort(can.modes.begin() + 1, can.modes.end(), std::greater(),
                           [](const StreamMode& mode) { return area(mode.max); });
  const StreamMode& first = can.modes.front();
  can.preferred = first.max;
  if (first.min != first.max)
    can.preferred = {std::clamp(kPreferredOfMany.width, first.min.width, first.max.width),
                     std::clamp(kPreferredOfMany.height, first.min.height, first.max.height)};
  can.frame_duration_preferred =
      std::clamp(kPreferred, first.frame_duration_min, first.frame_duration_max);
  return can;
}

const RawMode* mode_of(const std::vector<RawMode>& modes, Size size) {
  for (const RawMode& mode : modes) {
    if (size.width >= mode.size.min.width && size.width <= mode.size.max.width &&
        size.height >= mode.size.min.height && size.height <= mode.size.max.height)
      return &mode;
  }
  return nullptr;
}

Result<SensorInfo> sensor_info(SensorPath& path, const RawMode& mode, Size size,
                               int64_t& frame_duration) {
  v4l2::CameraSensor& sensor = path.sensor();
  SensorInfo info;
  info.model = sensor.model();
  info.width = size.width;
  info.height = size.height;
  info.cfa_order = mode.raw.cfa;
  info.bits_per_sample = mode.raw.bits;
  const v4l2::SensorProperties* known = sensor.properties();
  info.exposure_delay = sensor.delays().exposure;
  info.gain_delay = sensor.delays().gain;
  info.analogue_gain_min = info.analogue_gain_max = 1;
  info.line_duration = 1;

  Result<v4l2::SensorLimits> limits = sensor.limits();
  if (!limits && limits.error().code != Error::Code::Unsupported)
    return limits.error();
  if (known && known->black_level)
    info.black_level = known->black_level->at(16);
  else if (limits)
    info.black_level = kUsualBlackLevel;
  if (limits) {
    ControlList wanted;
    wanted.set(ControlId::FrameDuration, frame_duration);
    wanted.set(ControlId::ExposureTime, int32_t{INT32_MAX});
    const ControlList nearest = sensor.nearest(wanted);
    frame_duration = nearest.get_or(ControlId::FrameDuration, frame_duration);
    info.line_duration =
        static_cast<uint64_t>(std::max<int64_t>(std::llround(limits->line_duration), 1));
    info.exposure_time_min = static_cast<uint64_t>(limits->exposure_time_min);
    info.exposure_time_max =
        static_cast<uint64_t>(nearest.get_or(ControlId::ExposureTime, int32_t{1})) * 1000;
    info.exposure_time_max = std::max(info.exposure_time_max, info.exposure_time_min);
    info.analogue_gain_min = limits->analogue_gain_min;
    info.analogue_gain_max = limits->analogue_gain_max;
  } else {
    Result<v4l2::Fraction> interval = path.video().set_interval(v4l2::fraction_of(frame_duration));
    if (interval)
      frame_duration = interval->nanoseconds();
    else if (interval.error().code != Error::Code::Unsupported)
      return interval.error();
  }
  frame_duration = std::max<int64_t>(frame_duration, 1);
  info.frame_duration_min = info.frame_duration_max = static_cast<uint64_t>(frame_duration);
  return info;
}

}  // namespace gstcam::simple
