/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/video-device.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

/* Far above what drivers have; an enumeration that gets there has no end. */
constexpr uint32_t kMaxFormats = 512;
constexpr uint32_t kMaxSizes = 2048;
constexpr uint32_t kMaxIntervals = 2048;

struct TypeOfCapability {
  uint32_t capability;
  uint32_t type;
};
constexpr std::array<TypeOfCapability, 6> kTypes = {{
    {V4L2_CAP_VIDEO_CAPTURE_MPLANE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE},
    {V4L2_CAP_VIDEO_CAPTURE, V4L2_BUF_TYPE_VIDEO_CAPTURE},
    {V4L2_CAP_META_CAPTURE, V4L2_BUF_TYPE_META_CAPTURE},
    {V4L2_CAP_VIDEO_OUTPUT_MPLANE, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE},
    {V4L2_CAP_VIDEO_OUTPUT, V4L2_BUF_TYPE_VIDEO_OUTPUT},
    {V4L2_CAP_META_OUTPUT, V4L2_BUF_TYPE_META_OUTPUT},
}};

bool usable(uint32_t side) {
  return side > 0 && side <= kMaxFrameSide;
}

std::string size_text(uint32_t width, uint32_t height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

bool usable(const v4l2_fract& fraction) {
  return fraction.numerator > 0 && fraction.denominator > 0;
}

Fraction to_fraction(const v4l2_fract& raw) {
  return {raw.numerator, raw.denominator};
}

}  // namespace

Result<VideoDevice> VideoDevice::open(Kernel& kernel, const std::string& path) {
  Result<Device> device = Device::open(kernel, path);
  if (!device)
    return device.error();
  v4l2_capability raw{};
  if (Result<void> r = device->ioctl(VIDIOC_QUERYCAP, &raw, "ask what device this is"); !r)
    return r.error();
  VideoInfo info;
  info.driver = text_of(raw.driver);
  info.card = text_of(raw.card);
  info.bus = text_of(raw.bus_info);
  info.version = raw.version;
  info.capabilities =
      (raw.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? raw.device_caps : raw.capabilities;
  device->set_name(info.card.empty() ? info.driver : info.card);
  if ((info.capabilities & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) != 0)
    return Error(Error::Code::Unsupported, device->label() + " is a codec or scaler, not a camera");
  auto type = std::ranges::find_if(kTypes, [&info](const TypeOfCapability& t) {
    return (info.capabilities & t.capability) != 0;
  });
  if (type == kTypes.end())
    return Error(Error::Code::Unsupported, device->label() + " has neither video nor metadata");
  if ((info.capabilities & V4L2_CAP_STREAMING) == 0) {
    return Error(Error::Code::Unsupported,
                 device->label() + " cannot stream: its driver has read() only");
  }
  info.buffer_type = type->type;
  return VideoDevice(std::move(device).value(), std::move(info));
}

Result<std::vector<FormatDescription>> VideoDevice::formats(uint32_t mbus_code) {
  std::vector<FormatDescription> found;
  for (uint32_t i = 0; i < kMaxFormats; i++) {
    v4l2_fmtdesc raw{};
    raw.index = i;
    raw.type = info_.buffer_type;
    raw.mbus_code = mbus_code;
    const int result = device_.try_ioctl(VIDIOC_ENUM_FMT, &raw);
    if (result == -EINVAL)
      return found;
    if (result < 0)
      return device_.error(-result, VIDIOC_ENUM_FMT, "list its formats");
    const bool known = std::ranges::any_of(
        found, [&raw](const FormatDescription& f) { return f.fourcc == raw.pixelformat; });
    if (raw.pixelformat == 0 || known) {
      device_.remark("format " + std::to_string(i) + " is " + fourcc_text(raw.pixelformat) +
                     (known ? ", which is there already" : ""));
      continue;
    }
    found.push_back({raw.pixelformat, text_of(raw.description),
                     (raw.flags & V4L2_FMT_FLAG_COMPRESSED) != 0,
                     (raw.flags & V4L2_FMT_FLAG_EMULATED) != 0});
  }
  return device_.nonsense("its list of formats does not end");
}

Result<std::vector<SizeRange>> VideoDevice::frame_sizes(uint32_t fourcc) {
  std::vector<SizeRange> found;
  for (uint32_t i = 0; i < kMaxSizes; i++) {
    v4l2_frmsizeenum raw{};
    raw.index = i;
    raw.pixel_format = fourcc;
    const int result = device_.try_ioctl(VIDIOC_ENUM_FRAMESIZES, &raw);
    if (result == -EINVAL || result == -ENOTTY)
      return found;
    if (result < 0) {
      return device_.error(-result, VIDIOC_ENUM_FRAMESIZES,
                           "list the sizes of " + fourcc_text(fourcc));
    }
    const std::string what = "size " + std::to_string(i) + " of " + fourcc_text(fourcc) + ": ";
    SizeRange range;
    if (raw.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
      range.min = range.max = {raw.discrete.width, raw.discrete.height};
    } else if (raw.type == V4L2_FRMSIZE_TYPE_STEPWISE || raw.type == V4L2_FRMSIZE_TYPE_CONTINUOUS) {
      const v4l2_frmsize_stepwise& s = raw.stepwise;
      range.min = {s.min_width, s.min_height};
      range.max = {std::min(s.max_width, kMaxFrameSide), std::min(s.max_height, kMaxFrameSide)};
      if (raw.type == V4L2_FRMSIZE_TYPE_STEPWISE)
        range.step = {std::max(s.step_width, 1U), std::max(s.step_height, 1U)};
    } else {
      return device_.nonsense(what + "unknown kind " + std::to_string(raw.type));
    }
    if (!usable(range.min.width) || !usable(range.min.height) || !usable(range.max.width) ||
        !usable(range.max.height) || range.min.width > range.max.width ||
        range.min.height > range.max.height) {
      device_.remark(what + size_text(range.min.width, range.min.height) + " to " +
                     size_text(range.max.width, range.max.height));
    } else if (std::ranges::find(found, range) == found.end()) {
      found.push_back(range);
    }
    // A range is the only one of its format.
    if (raw.type != V4L2_FRMSIZE_TYPE_DISCRETE)
      return found;
  }
  return device_.nonsense("the list of sizes of " + fourcc_text(fourcc) + " does not end");
}

Result<std::vector<IntervalRange>> VideoDevice::frame_intervals(uint32_t fourcc, Size size) {
  std::vector<IntervalRange> found;
  for (uint32_t i = 0; i < kMaxIntervals; i++) {
    v4l2_frmivalenum raw{};
    raw.index = i;
    raw.pixel_format = fourcc;
    raw.width = size.width;
    raw.height = size.height;
    const int result = device_.try_ioctl(VIDIOC_ENUM_FRAMEINTERVALS, &raw);
    if (result == -EINVAL || result == -ENOTTY)
      return found;
    const std::string of =
        "the frame intervals of " + size_text(size.width, size.height) + " " + fourcc_text(fourcc);
    if (result < 0)
      return device_.error(-result, VIDIOC_ENUM_FRAMEINTERVALS, "list " + of);
    const bool discrete = raw.type == V4L2_FRMIVAL_TYPE_DISCRETE;
    if (!discrete && raw.type != V4L2_FRMIVAL_TYPE_STEPWISE &&
        raw.type != V4L2_FRMIVAL_TYPE_CONTINUOUS) {
      return device_.nonsense(of + " are of the unknown kind " + std::to_string(raw.type));
    }
    const v4l2_fract& min = discrete ? raw.discrete : raw.stepwise.min;
    const v4l2_fract& max = discrete ? raw.discrete : raw.stepwise.max;
    if (!usable(min) || !usable(max) ||
        to_fraction(min).nanoseconds() > to_fraction(max).nanoseconds()) {
      device_.remark(of + ": number " + std::to_string(i) + " is " + std::to_string(min.numerator) +
                     "/" + std::to_string(min.denominator) + " to " +
                     std::to_string(max.numerator) + "/" + std::to_string(max.denominator));
    } else {
      const IntervalRange range{to_fraction(min), to_fraction(max)};
      if (std::ranges::find(found, range) == found.end())
        found.push_back(range);
    }
    if (!discrete)
      return found;
  }
  return device_.nonsense("the list of frame intervals does not end");
}

Result<void> VideoDevice::check_free() {
  v4l2_requestbuffers raw{};
  raw.type = info_.buffer_type;
  raw.memory = V4L2_MEMORY_MMAP;
  return device_.ioctl(VIDIOC_REQBUFS, &raw, "ask whether it is free");
}

Result<VideoFormat> VideoDevice::format() {
  v4l2_format raw{};
  raw.type = info_.buffer_type;
  if (Result<void> r = device_.ioctl(VIDIOC_G_FMT, &raw, "ask for its format"); !r)
    return r.error();
  Result<VideoFormat> format = from_v4l2(raw, info_.buffer_type);
  if (!format)
    return device_.nonsense(format.error().message);
  return format;
}

Result<VideoFormat> VideoDevice::try_format(const VideoFormat& wanted) {
  return negotiate(VIDIOC_TRY_FMT, wanted, "try ");
}

Result<VideoFormat> VideoDevice::set_format(const VideoFormat& wanted) {
  return negotiate(VIDIOC_S_FMT, wanted, "set ");
}

Result<VideoFormat> VideoDevice::negotiate(unsigned long request, const VideoFormat& wanted,
                                           const std::string& what) {
  v4l2_format raw = to_v4l2(wanted, info_.buffer_type);
  if (Result<void> r = device_.ioctl(request, &raw, (what + wanted.to_string()).c_str()); !r)
    return r.error();
  Result<VideoFormat> format = from_v4l2(raw, info_.buffer_type);
  if (!format)
    return device_.nonsense(format.error().message + " for " + wanted.to_string());
  return format;
}

Result<Fraction> VideoDevice::checked_interval(const v4l2_streamparm& raw) {
  const bool output = is_output(info_.buffer_type);
  const uint32_t capability = output ? raw.parm.output.capability : raw.parm.capture.capability;
  const v4l2_fract& interval =
      output ? raw.parm.output.timeperframe : raw.parm.capture.timeperframe;
  // Without the capability the driver has the member filled with what it likes.
  if ((capability & V4L2_CAP_TIMEPERFRAME) == 0) {
    return Error(Error::Code::Unsupported, device_.label() + " has no frame interval to be set",
                 "the controls of its sensor may have one");
  }
  if (!usable(interval)) {
    return device_.nonsense("a frame interval of " + std::to_string(interval.numerator) + "/" +
                            std::to_string(interval.denominator));
  }
  return to_fraction(interval);
}

Result<Fraction> VideoDevice::interval() {
  v4l2_streamparm raw{};
  raw.type = info_.buffer_type;
  if (Result<void> r = device_.ioctl(VIDIOC_G_PARM, &raw, "ask for its frame interval"); !r)
    return r.error();
  return checked_interval(raw);
}

bool VideoDevice::may_export() const {
  /* Of a buffer that is not there: an error for sure, which is ENOTTY where there is no such
   * request, EBUSY where somebody else has the buffers, and EINVAL otherwise. */
  v4l2_exportbuffer raw{};
  raw.type = info_.buffer_type;
  raw.index = UINT32_MAX;
  return device_.try_ioctl(VIDIOC_EXPBUF, &raw) != -ENOTTY;
}

Result<Fraction> VideoDevice::set_interval(Fraction wanted) {
  v4l2_streamparm raw{};
  raw.type = info_.buffer_type;
  v4l2_fract& interval =
      is_output(info_.buffer_type) ? raw.parm.output.timeperframe : raw.parm.capture.timeperframe;
  interval = {wanted.numerator, wanted.denominator};
  const std::string what = "set a frame interval of " + std::to_string(wanted.numerator) + "/" +
                           std::to_string(wanted.denominator) + " s";
  if (Result<void> r = device_.ioctl(VIDIOC_S_PARM, &raw, what.c_str()); !r)
    return r.error();
  return checked_interval(raw);
}

Result<Rect> VideoDevice::checked_rect(const v4l2_rect& raw) const {
  if (!usable(raw.width) || !usable(raw.height))
    return device_.nonsense("a selection of " + size_text(raw.width, raw.height));
  return Rect{raw.left, raw.top, raw.width, raw.height};
}

uint32_t VideoDevice::selection_type() const {
  if (info_.buffer_type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)
    return V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (info_.buffer_type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE)
    return V4L2_BUF_TYPE_VIDEO_OUTPUT;
  return info_.buffer_type;
}

Result<Rect> VideoDevice::selection(uint32_t target) {
  v4l2_selection raw{};
  raw.type = selection_type();
  raw.target = target;
  if (Result<void> r = device_.ioctl(VIDIOC_G_SELECTION, &raw, "ask for a selection"); !r)
    return r.error();
  return checked_rect(raw.r);
}

Result<Rect> VideoDevice::set_selection(uint32_t target, Rect wanted, uint32_t flags) {
  v4l2_selection raw{};
  raw.type = selection_type();
  raw.target = target;
  raw.flags = flags;
  raw.r = {wanted.left, wanted.top, wanted.width, wanted.height};
  if (Result<void> r = device_.ioctl(VIDIOC_S_SELECTION, &raw, "set a selection"); !r)
    return r.error();
  return checked_rect(raw.r);
}

}  // namespace gstcam::v4l2
