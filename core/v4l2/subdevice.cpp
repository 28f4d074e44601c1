/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/subdevice.h"

#include <algorithm>
#include <cerrno>

#include "core/v4l2/media-bus-format.h"
#include "core/v4l2/subdev-routing-abi.h"
#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

constexpr uint32_t kMaxCodes = 512;
constexpr uint32_t kMaxSizes = 1024;
constexpr uint32_t kMaxRoutes = 256;

uint32_t to_v4l2(Subdevice::Which which) {
  return which == Subdevice::Which::Try ? V4L2_SUBDEV_FORMAT_TRY : V4L2_SUBDEV_FORMAT_ACTIVE;
}

bool usable(uint32_t side) {
  return side > 0 && side <= kMaxFrameSide;
}

std::string pad_text(uint32_t pad) {
  return "pad " + std::to_string(pad);
}

}  // namespace

std::string PadFormat::to_string() const {
  return std::to_string(size.width) + "x" + std::to_string(size.height) + " " +
         media_bus_text(code);
}

Result<Subdevice> Subdevice::open(Kernel& kernel, const std::string& path,
                                  const std::string& name) {
  Result<Device> device = Device::open(kernel, path);
  if (!device)
    return device.error();
  device->set_name(name);
  Subdevice self(std::move(device).value());
  v4l2_subdev_capability raw{};
  const int result = self.device_.try_ioctl(VIDIOC_SUBDEV_QUERYCAP, &raw);
  if (result == -ENOTTY)
    return self;  // a kernel before 5.8: neither of both
  if (result < 0) {
    return self.device_.error(-result, VIDIOC_SUBDEV_QUERYCAP, "ask what subdevice this is");
  }
  self.read_only_ = (raw.capabilities & V4L2_SUBDEV_CAP_RO_SUBDEV) != 0;
  if ((raw.capabilities & kSubdevCapStreams) == 0)
    return self;
  // Streams are shown to those alone who say that they know of them.
  SubdevClientCapabilityAbi client{kSubdevClientCapStreams};
  const int told = self.device_.try_ioctl(kSubdevSetClientCapability, &client);
  if (told < 0 && told != -ENOTTY)
    return self.device_.error(-told, kSubdevSetClientCapability, "ask for its streams");
  self.has_streams_ = told == 0 && (client.capabilities & kSubdevClientCapStreams) != 0;
  return self;
}

Result<std::vector<uint32_t>> Subdevice::codes(uint32_t pad) {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < kMaxCodes; i++) {
    v4l2_subdev_mbus_code_enum raw{};
    raw.pad = pad;
    raw.index = i;
    raw.which = V4L2_SUBDEV_FORMAT_ACTIVE;
    const int result = device_.try_ioctl(VIDIOC_SUBDEV_ENUM_MBUS_CODE, &raw);
    if (result == -EINVAL || result == -ENOTTY)
      return found;
    if (result < 0) {
      return device_.error(-result, VIDIOC_SUBDEV_ENUM_MBUS_CODE,
                           "list the formats of " + pad_text(pad));
    }
    if (raw.code == 0 || std::ranges::find(found, raw.code) != found.end())
      device_.remark(pad_text(pad) + " lists the code " + hex_text(raw.code) + " again");
    else
      found.push_back(raw.code);
  }
  return device_.nonsense("the list of formats of " + pad_text(pad) + " does not end");
}

Result<std::vector<SizeRange>> Subdevice::frame_sizes(uint32_t pad, uint32_t code) {
  std::vector<SizeRange> found;
  for (uint32_t i = 0; i < kMaxSizes; i++) {
    v4l2_subdev_frame_size_enum raw{};
    raw.pad = pad;
    raw.index = i;
    raw.code = code;
    raw.which = V4L2_SUBDEV_FORMAT_ACTIVE;
    const int result = device_.try_ioctl(VIDIOC_SUBDEV_ENUM_FRAME_SIZE, &raw);
    if (result == -EINVAL || result == -ENOTTY)
      return found;
    const std::string what = "the sizes of " + media_bus_text(code) + " at " + pad_text(pad);
    if (result < 0)
      return device_.error(-result, VIDIOC_SUBDEV_ENUM_FRAME_SIZE, "list " + what);
    const SizeRange range{
        {raw.min_width, raw.min_height},
        {std::min(raw.max_width, kMaxFrameSide), std::min(raw.max_height, kMaxFrameSide)},
        {1, 1}};
    if (!usable(range.min.width) || !usable(range.min.height) || !usable(range.max.width) ||
        !usable(range.max.height) || range.min.width > range.max.width ||
        range.min.height > range.max.height) {
      device_.remark(what + ": number " + std::to_string(i) + " is none");
    } else if (std::ranges::find(found, range) == found.end()) {
      found.push_back(range);
    }
  }
  return device_.nonsense("the list of sizes of " + media_bus_text(code) + " does not end");
}

Result<PadFormat> Subdevice::checked(const v4l2_subdev_format& raw) const {
  const v4l2_mbus_framefmt& f = raw.format;
  if (!usable(f.width) || !usable(f.height) || f.code == 0) {
    return device_.nonsense(pad_text(raw.pad) + " has the format " + std::to_string(f.width) + "x" +
                            std::to_string(f.height) + " " + hex_text(f.code));
  }
  PadFormat format;
  format.code = f.code;
  format.size = {f.width, f.height};
  format.field = f.field;
  format.colorspace = f.colorspace;
  format.ycbcr_encoding = f.ycbcr_enc;
  format.quantization = f.quantization;
  format.transfer = f.xfer_func;
  return format;
}

Result<PadFormat> Subdevice::format(uint32_t pad, Which which) {
  v4l2_subdev_format raw{};
  raw.which = to_v4l2(which);
  raw.pad = pad;
  const std::string what = "ask for the format of " + pad_text(pad);
  if (Result<void> r = device_.ioctl(VIDIOC_SUBDEV_G_FMT, &raw, what.c_str()); !r)
    return r.error();
  return checked(raw);
}

Result<PadFormat> Subdevice::set_format(uint32_t pad, const PadFormat& wanted, Which which) {
  v4l2_subdev_format raw{};
  raw.which = to_v4l2(which);
  raw.pad = pad;
  raw.format.width = wanted.size.width;
  raw.format.height = wanted.size.height;
  raw.format.code = wanted.code;
  raw.format.field = wanted.field;
  raw.format.colorspace = wanted.colorspace;
  raw.format.ycbcr_enc = static_cast<uint16_t>(wanted.ycbcr_encoding);
  raw.format.quantization = static_cast<uint16_t>(wanted.quantization);
  raw.format.xfer_func = static_cast<uint16_t>(wanted.transfer);
  const std::string what = "set " + wanted.to_string() + " at " + pad_text(pad);
  if (Result<void> r = device_.ioctl(VIDIOC_SUBDEV_S_FMT, &raw, what.c_str()); !r)
    return r.error();
  return checked(raw);
}

Result<Rect> Subdevice::checked(const v4l2_subdev_selection& raw) const {
  if (!usable(raw.r.width) || !usable(raw.r.height))
    return device_.nonsense("an empty selection at " + pad_text(raw.pad));
  return Rect{raw.r.left, raw.r.top, raw.r.width, raw.r.height};
}

Result<std::optional<Rect>> Subdevice::find_selection(uint32_t pad, uint32_t target) {
  v4l2_subdev_selection raw{};
  raw.which = V4L2_SUBDEV_FORMAT_ACTIVE;
  raw.pad = pad;
  raw.target = target;
  const int result = device_.try_ioctl(VIDIOC_SUBDEV_G_SELECTION, &raw);
  if (result == -EINVAL || result == -ENOTTY)
    return std::optional<Rect>();
  if (result < 0)
    return device_.error(-result, VIDIOC_SUBDEV_G_SELECTION, "ask for a selection");
  Result<Rect> rect = checked(raw);
  if (!rect)
    return rect.error();
  return std::optional<Rect>(*rect);
}

Result<Rect> Subdevice::selection(uint32_t pad, uint32_t target, Which which) {
  v4l2_subdev_selection raw{};
  raw.which = to_v4l2(which);
  raw.pad = pad;
  raw.target = target;
  if (Result<void> r = device_.ioctl(VIDIOC_SUBDEV_G_SELECTION, &raw, "ask for a selection"); !r)
    return r.error();
  return checked(raw);
}

Result<Rect> Subdevice::set_selection(uint32_t pad, uint32_t target, Rect wanted, Which which) {
  v4l2_subdev_selection raw{};
  raw.which = to_v4l2(which);
  raw.pad = pad;
  raw.target = target;
  raw.r = {wanted.left, wanted.top, wanted.width, wanted.height};
  if (Result<void> r = device_.ioctl(VIDIOC_SUBDEV_S_SELECTION, &raw, "set a selection"); !r)
    return r.error();
  return checked(raw);
}

Result<std::vector<SubdeviceRoute>> Subdevice::routes() {
  if (!has_streams_)
    return std::vector<SubdeviceRoute>();
  std::vector<SubdevRouteAbi> table(kMaxRoutes);
  SubdevRoutingAbi raw{};
  raw.which = V4L2_SUBDEV_FORMAT_ACTIVE;
  raw.len_routes = kMaxRoutes;
  raw.routes = reinterpret_cast<uintptr_t>(table.data());
  if (Result<void> r = device_.ioctl(kSubdevGetRouting, &raw, "ask for its routes"); !r)
    return r.error();
  if (raw.num_routes > kMaxRoutes)
    return device_.nonsense(std::to_string(raw.num_routes) + " routes");
  std::vector<SubdeviceRoute> routes;
  for (uint32_t i = 0; i < raw.num_routes; i++) {
    const SubdevRouteAbi& route = table[i];
    routes.push_back({route.sink_pad, route.sink_stream, route.source_pad, route.source_stream,
                      (route.flags & kSubdevRouteActive) != 0});
  }
  return routes;
}

Result<void> Subdevice::set_routes(const std::vector<SubdeviceRoute>& routes) {
  if (!has_streams_)
    return Error(Error::Code::Unsupported, device_.label() + " has no streams to be routed");
  if (routes.size() > kMaxRoutes)
    return Error(Error::Code::Invalid, device_.label() + ": too many routes");
  // The driver writes back the routes it has now, which may be more.
  std::vector<SubdevRouteAbi> table(kMaxRoutes);
  for (size_t i = 0; i < routes.size(); i++) {
    table[i].sink_pad = routes[i].sink_pad;
    table[i].sink_stream = routes[i].sink_stream;
    table[i].source_pad = routes[i].source_pad;
    table[i].source_stream = routes[i].source_stream;
    table[i].flags = routes[i].active ? kSubdevRouteActive : 0;
  }
  SubdevRoutingAbi raw{};
  raw.which = V4L2_SUBDEV_FORMAT_ACTIVE;
  raw.len_routes = kMaxRoutes;
  raw.num_routes = static_cast<uint32_t>(routes.size());
  raw.routes = reinterpret_cast<uintptr_t>(table.data());
  return device_.ioctl(kSubdevSetRouting, &raw, "set its routes");
}

}  // namespace gstcam::v4l2
