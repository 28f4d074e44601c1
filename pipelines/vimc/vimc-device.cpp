/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/vimc-device.h"

#include <linux/media-bus-format.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <utility>

#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-bus-format.h"
#include "core/v4l2/pixel-map.h"

namespace gstcam::vimc {

namespace {

using v4l2::PadFormat;
using v4l2::Subdevice;
using v4l2::VideoDevice;

constexpr const char* kSensors[] = {"Sensor A", "Sensor B"};
constexpr const char* kDebayers[] = {"Debayer A", "Debayer B"};
constexpr const char* kScaler = "Scaler";
constexpr const char* kNodes[kStreamCount] = {"RGB/YUV Capture", "Raw Capture 0", "Raw Capture 1"};
constexpr size_t kUnitOfScaled = 1;

constexpr PixelFormat kMosaics[] = {PixelFormat::Bggr8, PixelFormat::Gbrg8, PixelFormat::Grbg8,
                                    PixelFormat::Rggb8};
constexpr PixelFormat kPictures[] = {PixelFormat::Bgr888, PixelFormat::Rgb888};

/* The driver's thread waits 1/60 s from frame to frame; what it takes to make one comes on top. */
constexpr int64_t kFrameDuration = 16666667;

uint32_t code_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::Gbrg8:
      return MEDIA_BUS_FMT_SGBRG8_1X8;
    case PixelFormat::Grbg8:
      return MEDIA_BUS_FMT_SGRBG8_1X8;
    case PixelFormat::Rggb8:
      return MEDIA_BUS_FMT_SRGGB8_1X8;
    case PixelFormat::Rgb888:  // bytes B, G, R
      return MEDIA_BUS_FMT_BGR888_1X24;
    case PixelFormat::Bgr888:
      return MEDIA_BUS_FMT_RGB888_1X24;
    default:
      return MEDIA_BUS_FMT_SBGGR8_1X8;
  }
}

PadFormat pad_format(uint32_t code, Size size) {
  PadFormat format;
  format.code = code;
  format.size = size;
  format.colorspace = V4L2_COLORSPACE_SRGB;
  return format;
}

/* The scaler has something to do, and the debayer, which is slow, never more than at native size.
 */
uint32_t sensor_side(uint32_t side, uint32_t native) {
  return std::min(2 * side, native);
}

const StreamConfiguration* find(const std::vector<StreamConfiguration>& streams, uint32_t id) {
  const auto it = std::ranges::find(streams, id, &StreamConfiguration::id);
  return it == streams.end() ? nullptr : &*it;
}

Result<StreamCapabilities> capabilities_of(VideoDevice& node, std::span<const PixelFormat> wanted) {
  Result<std::vector<v4l2::FormatDescription>> formats = node.formats();
  if (!formats)
    return formats.error();
  StreamMode mode;
  for (const PixelFormat format : wanted) {
    if (std::ranges::find(*formats, v4l2::to_fourcc(format), &v4l2::FormatDescription::fourcc) !=
        formats->end())
      mode.formats.push_back(format);
  }
  if (mode.formats.empty())
    return Error(Error::Code::Unsupported,
                 node.device().label() + " has no format that can be used");
  Result<std::vector<v4l2::SizeRange>> sizes =
      node.frame_sizes(v4l2::to_fourcc(mode.formats.front()));
  if (!sizes)
    return sizes.error();
  if (sizes->empty())
    return Error(Error::Code::Unsupported, node.device().label() + " does not tell its sizes");
  /* Sides are even on every pad, which no enumeration says. */
  const auto even_up = [](Size size) {
    return Size{(size.width + 1) & ~1U, (size.height + 1) & ~1U};
  };
  const auto even_down = [](Size size) { return Size{size.width & ~1U, size.height & ~1U}; };
  mode.min = even_up(sizes->front().min);
  mode.max = even_down(sizes->front().max);
  mode.step = {2, 2};
  if (mode.min.width > mode.max.width || mode.min.height > mode.max.height)
    return Error(Error::Code::Unsupported, node.device().label() + " has no size that can be used");
  mode.frame_durations = {kFrameDuration};
  mode.frame_duration_min = mode.frame_duration_max = kFrameDuration;
  StreamCapabilities can;
  can.preferred = {std::clamp(VimcDevice::kNativeSize.width, mode.min.width, mode.max.width),
                   std::clamp(VimcDevice::kNativeSize.height, mode.min.height, mode.max.height)};
  can.frame_duration_preferred = kFrameDuration;
  can.modes.push_back(std::move(mode));
  can.dmabufs = node.may_export();
  return can;
}

}  // namespace

Result<std::unique_ptr<VimcDevice>> VimcDevice::open(v4l2::Kernel& kernel,
                                                     const std::string& media_node) {
  Result<v4l2::MediaDevice> media = v4l2::MediaDevice::open(kernel, media_node);
  if (!media)
    return media.error();
  std::unique_ptr<VimcDevice> device(new VimcDevice(std::move(*media)));  // NOLINT: private
  if (Result<void> r = device->open_entities(kernel); !r)
    return r.error();
  return device;
}

Result<std::string> VimcDevice::path_of(v4l2::Kernel& kernel, const char* entity) const {
  const std::optional<size_t> found = graph_.find_entity(entity);
  if (!found || !graph_.entities()[*found].node)
    return Error(Error::Code::Unsupported,
                 media_.device().label() + " has no '" + entity + "' with a device node",
                 "this handler knows the vimc of Linux 5.10 and newer");
  return v4l2::node_path(kernel, *graph_.entities()[*found].node);
}

Result<void> VimcDevice::open_entities(v4l2::Kernel& kernel) {
  Result<v4l2::MediaGraph> graph = media_.graph();
  if (!graph)
    return graph.error();
  graph_ = std::move(*graph);
  const auto open_subdevice = [&](const char* name,
                                  std::optional<Subdevice>& into) -> Result<void> {
    Result<std::string> path = path_of(kernel, name);
    if (!path)
      return path.error();
    Result<Subdevice> subdevice = Subdevice::open(kernel, *path, name);
    if (!subdevice)
      return subdevice.error();
    into.emplace(std::move(*subdevice));
    return {};
  };
  for (size_t i = 0; i < sensors_.size(); i++) {
    if (Result<void> r = open_subdevice(kSensors[i], sensors_[i]); !r)
      return r;
    if (Result<void> r = open_subdevice(kDebayers[i], debayers_[i]); !r)
      return r;
  }
  if (Result<void> r = open_subdevice(kScaler, scaler_); !r)
    return r;
  for (size_t i = 0; i < nodes_.size(); i++) {
    Result<std::string> path = path_of(kernel, kNodes[i]);
    if (!path)
      return path.error();
    Result<VideoDevice> node = VideoDevice::open(kernel, *path);
    if (!node)
      return node.error();
    node->device().set_name(kNodes[i]);
    nodes_[i].emplace(std::move(*node));
  }
  return {};
}

SensorControls::Devices VimcDevice::controlled() {
  return {{&*sensors_[0], &*sensors_[1]}, {&*debayers_[0], &*debayers_[1]}};
}

Result<std::vector<StreamCapabilities>> VimcDevice::capabilities() {
  std::vector<StreamCapabilities> all;
  for (uint32_t stream = 0; stream < kStreamCount; stream++) {
    Result<StreamCapabilities> can = stream == kScaled ? capabilities_of(*nodes_[stream], kPictures)
                                                       : capabilities_of(*nodes_[stream], kMosaics);
    if (!can)
      return can.error();
    all.push_back(std::move(*can));
  }
  return all;
}

Result<void> VimcDevice::configure(const std::vector<StreamConfiguration>& streams) {
  const StreamConfiguration* const scaled = find(streams, kScaled);
  const StreamConfiguration* const raw_a = find(streams, kRawA);
  const StreamConfiguration* const raw_b = find(streams, kRawB);
  if (scaled && raw_b)
    return Error(
        Error::Code::Unsupported,
        "stream 0 is made of the mosaic that is stream 2, and the kernel lets a sensor feed "
        "one of them at a time",
        "take stream 1, the mosaic of the other sensor, beside stream 0");
  if (Result<void> r = set_links(); !r)
    return r;

  const PixelFormat picture = scaled ? scaled->format : kPictures[0];
  const PixelFormat mosaic_a = raw_a ? raw_a->format : kMosaics[0];
  const PixelFormat mosaic_b = raw_b ? raw_b->format : kMosaics[0];
  Size size_b = raw_b ? raw_b->size : kNativeSize;
  if (scaled)
    size_b = {sensor_side(scaled->size.width, kNativeSize.width),
              sensor_side(scaled->size.height, kNativeSize.height)};
  const Size size_a = raw_a ? raw_a->size : kNativeSize;
  if (Result<void> r = set_sensor(0, pad_format(code_of(mosaic_a), size_a), code_of(picture)); !r)
    return r;
  if (Result<void> r = set_sensor(1, pad_format(code_of(mosaic_b), size_b), code_of(picture)); !r)
    return r;
  /* All that the debayer gives is scaled: a new format at its sink resets the scaler's crop. */
  const Size size = scaled ? scaled->size : size_b;
  if (Result<void> r = set_pad(*scaler_, 0, pad_format(code_of(picture), size_b)); !r)
    return r;
  if (Result<void> r = set_pad(*scaler_, 1, pad_format(code_of(picture), size)); !r)
    return r;
  if (Result<void> r = set_node(kScaled, picture, size); !r)
    return r;
  if (Result<void> r = set_node(kRawA, mosaic_a, size_a); !r)
    return r;
  return set_node(kRawB, mosaic_b, size_b);
}

/* What feeds the scaler: links that are not wanted go first, since its sink takes one at a time. */
Result<void> VimcDevice::set_links() {
  /* As they are now: another program may have changed them. */
  Result<v4l2::MediaGraph> graph = media_.graph();
  if (!graph)
    return graph.error();
  graph_ = std::move(*graph);
  const std::optional<size_t> scaler = graph_.find_entity(kScaler);
  const std::optional<size_t> source = graph_.find_entity(kDebayers[kUnitOfScaled]);
  if (!scaler || !source)
    return media_.device().nonsense("a graph that lost its entities");
  const auto from_source = [&](size_t link) {
    return graph_.pads()[graph_.links()[link].source].entity == *source;
  };
  std::optional<size_t> wanted;
  for (const size_t link : graph_.links_to(*scaler)) {
    if (from_source(link)) {
      wanted = link;
      continue;
    }
    if (Result<void> r = media_.set_link(graph_, link, false); !r)
      return r;
  }
  if (!wanted)
    return Error(Error::Code::Unsupported,
                 media_.device().label() + " has no link from its debayer to its scaler");
  return media_.set_link(graph_, *wanted, true);
}

Result<void> VimcDevice::set_sensor(size_t unit, const PadFormat& mosaic, uint32_t debayered) {
  if (Result<void> r = set_pad(*sensors_[unit], 0, mosaic); !r)
    return r;
  if (Result<void> r = set_pad(*debayers_[unit], 0, mosaic); !r)
    return r;
  sensor_formats_[unit] = mosaic;
  return set_pad(*debayers_[unit], 1, pad_format(debayered, mosaic.size));
}

Result<void> VimcDevice::set_pad(Subdevice& subdevice, uint32_t pad, const PadFormat& wanted) {
  Result<PadFormat> format = subdevice.set_format(pad, wanted);
  if (!format)
    return format.error();
  if (format->code != wanted.code || format->size != wanted.size)
    return Error(Error::Code::Failed, subdevice.device().label() + " was asked for " +
                                          wanted.to_string() + " and set " + format->to_string());
  return {};
}

Result<void> VimcDevice::set_node(uint32_t stream, PixelFormat pixels, Size size) {
  v4l2::VideoFormat wanted;
  wanted.fourcc = v4l2::to_fourcc(pixels);
  wanted.size = size;
  wanted.colorspace = V4L2_COLORSPACE_SRGB;
  VideoDevice& node = *nodes_[stream];
  Result<v4l2::VideoFormat> format = node.set_format(wanted);
  if (!format)
    return format.error();
  if (format->fourcc != wanted.fourcc || format->size != size || format->plane_count != 1)
    return Error(Error::Code::Failed, node.device().label() + " was asked for " +
                                          wanted.to_string() + " and set " + format->to_string());
  formats_[stream] = *format;
  return {};
}

}  // namespace gstcam::vimc
