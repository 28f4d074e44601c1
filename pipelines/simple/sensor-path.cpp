/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/sensor-path.h"

#include <linux/media.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/v4l2/device-nodes.h"
#include "core/v4l2/pixel-map.h"

namespace gstcam::simple {

namespace {

using v4l2::MediaBusFormat;
using v4l2::MediaGraph;
using v4l2::PadFormat;
using v4l2::Subdevice;
using v4l2::VideoDevice;
using v4l2::VideoFormat;

bool same_picture(const PadFormat& a, const PadFormat& b) {
  return a.code == b.code && a.size == b.size;
}

VideoFormat node_format(uint32_t fourcc, const PadFormat& pad) {
  VideoFormat format;
  format.fourcc = fourcc;
  format.size = pad.size;
  format.field = pad.field;
  format.colorspace = pad.colorspace;
  format.ycbcr_encoding = pad.ycbcr_encoding;
  format.quantization = pad.quantization;
  format.transfer = pad.transfer;
  return format;
}

/** Deeper first; then what takes no unpacking. */
bool better(const RawMode& a, const RawMode& b) {
  if (a.raw.bits != b.raw.bits)
    return a.raw.bits > b.raw.bits;
  return a.raw.packing < b.raw.packing;
}

}  // namespace

Result<std::unique_ptr<SensorPath>> SensorPath::open(v4l2::Kernel& kernel,
                                                     const RawCameraDescription& camera) {
  Result<v4l2::MediaDevice> media = v4l2::MediaDevice::open(kernel, camera.media);
  if (!media)
    return media.error();
  if (Result<void> r = v4l2::check_hardware(kernel, camera.media, camera.device); !r)
    return r.error();
  std::unique_ptr<SensorPath> self(
      new SensorPath(kernel, std::move(media).value()));  // NOLINT: private constructor
  if (Result<void> r = self->find(camera); !r)
    return r.error();
  if (Result<void> r = self->open_parts(); !r)
    return r.error();
  return self;
}

Result<void> SensorPath::find(const RawCameraDescription& camera) {
  Result<MediaGraph> graph = media_.graph();
  if (!graph)
    return graph.error();
  graph_ = std::move(graph).value();
  const std::optional<size_t> sensor = graph_.find_entity(camera.sensor);
  const std::optional<size_t> video = graph_.find_entity(camera.video);
  if (!sensor || !video || !graph_.entities()[*sensor].node || !graph_.entities()[*video].node) {
    return Error(Error::Code::NotFound, media_.device().label() + ": '" + camera.sensor + "' or '" +
                                            camera.video + "' is not there any more");
  }
  sensor_entity_ = *sensor;
  video_entity_ = *video;
  Result<std::vector<size_t>> way = graph_.find_path(*sensor, *video);
  if (!way)
    return way.error();
  way_ = std::move(way).value();
  return {};
}

Result<Subdevice> SensorPath::open_subdevice(size_t entity) const {
  const MediaGraph::Entity& e = graph_.entities()[entity];
  Result<std::string> path = v4l2::node_path(kernel_, *e.node);
  if (!path)
    return path.error();
  return Subdevice::open(kernel_, *path, e.name);
}

Result<void> SensorPath::open_parts() {
  const MediaGraph::Entity& sensor = graph_.entities()[sensor_entity_];
  Result<std::string> path = v4l2::node_path(kernel_, *sensor.node);
  if (!path)
    return path.error();
  Result<std::unique_ptr<v4l2::CameraSensor>> opened =
      v4l2::CameraSensor::open(kernel_, *path, sensor.name);
  if (!opened)
    return opened.error();
  sensor_ = std::move(opened).value();
  for (size_t i = 0; i + 1 < way_.size(); i++) {
    auto block = std::make_unique<Block>();
    block->entity = graph_.pads()[graph_.links()[way_[i]].sink].entity;
    const MediaGraph::Entity& entity = graph_.entities()[block->entity];
    if (entity.node && entity.interface_type == MEDIA_INTF_T_V4L_SUBDEV) {
      Result<Subdevice> subdevice = open_subdevice(block->entity);
      if (!subdevice)
        return subdevice.error();
      block->subdevice.emplace(std::move(subdevice).value());
    }
    blocks_.push_back(std::move(block));
  }
  path = v4l2::node_path(kernel_, *graph_.entities()[video_entity_].node);
  if (!path)
    return path.error();
  Result<VideoDevice> video = VideoDevice::open(kernel_, *path);
  if (!video)
    return video.error();
  video_ = std::make_unique<VideoDevice>(std::move(video).value());
  return {};
}

std::vector<std::string> SensorPath::parts() const {
  std::vector<std::string> names = {graph_.entities()[sensor_entity_].name};
  for (const size_t link : way_)
    names.push_back(entity_of(graph_.links()[link].sink).name);
  return names;
}

std::vector<v4l2::Device*> SensorPath::devices() {
  std::vector<v4l2::Device*> devices;
  for (const auto& block : blocks_) {
    if (block->subdevice)
      devices.push_back(&block->subdevice->device());
  }
  devices.push_back(&sensor_->subdevice().device());
  return devices;
}

Result<std::vector<RawMode>> SensorPath::modes() {
  std::vector<RawMode> modes;
  for (const v4l2::SensorMode& mode : sensor_->modes()) {
    if (mode.format.kind != MediaBusFormat::Kind::Bayer)
      continue;
    Result<std::vector<v4l2::FormatDescription>> formats = video_->formats(mode.format.code);
    if (!formats)
      return formats.error();
    for (const v4l2::FormatDescription& format : *formats) {
      const std::optional<RawFormat> raw = v4l2::to_raw_format(format.fourcc);
      if (!raw || raw->bits != mode.format.bits || raw->cfa != mode.format.cfa)
        continue;
      const RawMode candidate{mode.format, *raw, format.fourcc, mode.size};
      const auto same = std::ranges::find(modes, mode.size, &RawMode::size);
      if (same == modes.end())
        modes.push_back(candidate);
      else if (better(candidate, *same))
        *same = candidate;
    }
  }
  if (modes.empty())
    return Error(Error::Code::Unsupported, video_->device().label() +
                                               " takes none of the raw formats of the sensor '" +
                                               sensor_->entity() + "'");
  return modes;
}

bool SensorPath::on_way(size_t link) const {
  return std::ranges::find(way_, link) != way_.end();
}

bool SensorPath::is_made() const {
  return std::ranges::all_of(way_, [this](size_t link) { return graph_.links()[link].enabled; });
}

Result<void> SensorPath::make_way() {
  // A sink takes from one source: others that lead to the same pad let go first.
  for (size_t link = 0; link < graph_.links().size(); link++) {
    if (on_way(link) || !graph_.links()[link].enabled)
      continue;
    const bool in_the_way = std::ranges::any_of(way_, [&](size_t wanted) {
      return graph_.links()[wanted].sink == graph_.links()[link].sink;
    });
    if (!in_the_way)
      continue;
    if (Result<void> r = media_.set_link(graph_, link, false); !r)
      return r;
  }
  return media_.enable_path(graph_, way_);
}

Result<VideoFormat> SensorPath::configure(const RawMode& mode, Size size) {
  misfits_.clear();
  // Links are everybody's: what they were when this was opened is old.
  Result<MediaGraph> graph = media_.graph();
  if (!graph)
    return graph.error();
  if (graph->entities().size() != graph_.entities().size() ||
      graph->links().size() != graph_.links().size())
    return Error(Error::Code::Lost, media_.device().label() + ": the media graph has changed",
                 "close the camera and open it again");
  for (size_t link = 0; link < graph->links().size(); link++)
    graph_.set_enabled(link, graph->links()[link].enabled);
  if (Result<void> r = make_way(); !r)
    return r.error();

  PadFormat wanted;
  wanted.code = mode.bus.code;
  wanted.size = size;
  Result<PadFormat> format = sensor_->configure(wanted);
  if (!format)
    return format.error();
  if (!same_picture(*format, wanted))
    return Error(Error::Code::Failed, "the sensor '" + sensor_->entity() + "' was asked for " +
                                          wanted.to_string() + ", which it offers, and set " +
                                          format->to_string());
  format = propagate(*format);
  if (!format)
    return format.error();
  const VideoFormat node = node_format(mode.fourcc, *format);
  Result<VideoFormat> set = video_->set_format(node);
  if (!set)
    return set.error();
  if (set->fourcc != node.fourcc || set->size != node.size || set->plane_count != 1)
    return Error(Error::Code::Failed, video_->device().label() + " was asked for " +
                                          node.to_string() + " and set " + set->to_string() +
                                          (set->plane_count != 1 ? " in several planes" : ""));
  const uint32_t row = raw_row_bytes(mode.raw.packing, size.width);
  const uint64_t least = uint64_t{set->planes[0].stride} * (size.height - 1) + row;
  if (set->planes[0].stride < row || set->planes[0].size < least)
    return video_->device().nonsense("rows of " + std::to_string(set->planes[0].stride) +
                                     " bytes in frames of " + std::to_string(set->planes[0].size) +
                                     " for " + set->to_string());
  fit_beside();
  return set;
}

/** Down the way, from the sensor's format to that of the pad before the node. */
Result<PadFormat> SensorPath::propagate(const PadFormat& from) {
  PadFormat format = from;
  for (size_t i = 0; i < blocks_.size(); i++) {
    Block& block = *blocks_[i];
    if (!block.subdevice)
      continue;
    const uint32_t sink = graph_.pads()[graph_.links()[way_[i]].sink].number;
    const uint32_t source = graph_.pads()[graph_.links()[way_[i + 1]].source].number;
    Result<PadFormat> out = pass(*block.subdevice, block.entity, sink, format, source);
    if (!out)
      return out;
    if (!same_picture(*out, format))
      return Error(Error::Code::Unsupported,
                   "'" + graph_.entities()[block.entity].name + "' makes " + out->to_string() +
                       " of " + format.to_string() + " and does not pass it on as it is");
    format = *out;
  }
  return format;
}

/** Sets a sink and, where one is named, a source to the same; what the source has then. */
Result<PadFormat> SensorPath::pass(Subdevice& subdevice, size_t entity, uint32_t sink,
                                   const PadFormat& format, std::optional<uint32_t> source) {
  Result<PadFormat> in = format;
  if (!subdevice.read_only()) {
    in = subdevice.set_format(sink, format);
    if (!in)
      return in;
  }
  if (!same_picture(*in, format))
    return Error(Error::Code::Unsupported, "'" + graph_.entities()[entity].name +
                                               "' does not take " + format.to_string() + " but " +
                                               in->to_string());
  if (!source)
    return in;
  Result<PadFormat> out = subdevice.format(*source);
  if (!out || same_picture(*out, format) || subdevice.read_only())
    return out;
  // Most sources follow their sink; those that can do more are told.
  return subdevice.set_format(*source, format);
}

Result<PadFormat> SensorPath::format_of(size_t pad) {
  const size_t entity = graph_.pads()[pad].entity;
  const uint32_t number = graph_.pads()[pad].number;
  if (entity == sensor_entity_)
    return sensor_->subdevice().format(number);
  for (const auto& block : blocks_) {
    if (block->entity == entity && block->subdevice)
      return block->subdevice->format(number);
  }
  Result<Subdevice> subdevice = open_subdevice(entity);
  if (!subdevice)
    return subdevice.error();
  return subdevice->format(number);
}

/* Everything that enabled links lead to from the way, breadth first, each link once. */
void SensorPath::fit_beside() {
  std::vector<size_t> links;
  const auto add_links_of = [&](size_t entity) {
    for (const size_t link : graph_.links_from(entity)) {
      if (graph_.links()[link].enabled && !on_way(link) &&
          std::ranges::find(links, link) == links.end())
        links.push_back(link);
    }
  };
  add_links_of(sensor_entity_);
  for (const auto& block : blocks_)
    add_links_of(block->entity);
  for (size_t i = 0; i < links.size(); i++) {
    const size_t link = links[i];
    const MediaGraph::Entity& to = entity_of(graph_.links()[link].sink);
    Result<void> fitted;
    if (to.node && to.interface_type == MEDIA_INTF_T_V4L_SUBDEV) {
      std::vector<size_t> next;
      fitted = fit_subdevice(link, next);
      for (const size_t entity : next)
        add_links_of(entity);
    } else if (to.node && to.interface_type == MEDIA_INTF_T_V4L_VIDEO) {
      fitted = fit_node(link);
    }
    if (!fitted)
      misfits_.push_back(fitted.error().message);
  }
}

Result<void> SensorPath::fit_subdevice(size_t link, std::vector<size_t>& next) {
  const MediaGraph::Pad& sink = graph_.pads()[graph_.links()[link].sink];
  Result<PadFormat> format = format_of(graph_.links()[link].source);
  if (!format)
    return format.error();
  Result<Subdevice> subdevice = open_subdevice(sink.entity);
  if (!subdevice)
    return subdevice.error();
  Result<PadFormat> in = pass(*subdevice, sink.entity, sink.number, *format, std::nullopt);
  if (!in)
    return in.error();
  // All of the picture, in its own size: a scaler keeps what it was told before.
  Result<std::optional<v4l2::Rect>> crop =
      subdevice->find_selection(sink.number, V4L2_SEL_TGT_CROP);
  const v4l2::Rect all{0, 0, in->size.width, in->size.height};
  if (crop && *crop && **crop != all) {
    if (Result<v4l2::Rect> set = subdevice->set_selection(sink.number, V4L2_SEL_TGT_CROP, all);
        !set)
      return set.error();
  }
  for (const size_t pad : graph_.entities()[sink.entity].pads) {
    if (graph_.pads()[pad].sink)
      continue;
    Result<PadFormat> out = subdevice->format(graph_.pads()[pad].number);
    if (!out)
      return out.error();
    if (out->size == in->size)
      continue;
    out->size = in->size;
    if (Result<PadFormat> set = subdevice->set_format(graph_.pads()[pad].number, *out); !set)
      return set.error();
  }
  next.push_back(sink.entity);
  return {};
}

Result<void> SensorPath::fit_node(size_t link) {
  Result<PadFormat> format = format_of(graph_.links()[link].source);
  if (!format)
    return format.error();
  Result<std::string> path = v4l2::node_path(kernel_, *entity_of(graph_.links()[link].sink).node);
  if (!path)
    return path.error();
  Result<VideoDevice> video = VideoDevice::open(kernel_, *path);
  if (!video)
    return video.error();
  Result<std::vector<v4l2::FormatDescription>> formats = video->formats(format->code);
  if (!formats)
    return formats.error();
  if (formats->empty())
    return Error(Error::Code::Unsupported,
                 video->device().label() + " takes no " + format->to_string());
  Result<VideoFormat> now = video->format();
  if (!now)
    return now.error();
  const bool fits = std::ranges::any_of(
      *formats, [&now](const v4l2::FormatDescription& f) { return f.fourcc == now->fourcc; });
  const VideoFormat wanted = node_format(fits ? now->fourcc : formats->front().fourcc, *format);
  Result<VideoFormat> set = video->set_format(wanted);
  if (!set)
    return set.error();
  if (set->size != wanted.size)
    return Error(Error::Code::Failed, video->device().label() + " was asked for " +
                                          wanted.to_string() + " and set " + set->to_string());
  return {};
}

}  // namespace gstcam::simple
