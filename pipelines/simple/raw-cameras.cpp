/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simple/raw-cameras.h"

#include <linux/media.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/v4l2/camera-sensor.h"
#include "core/v4l2/device-identity.h"
#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-device.h"
#include "core/v4l2/pixel-map.h"
#include "core/v4l2/video-device.h"

namespace gstcam::simple {

namespace {

using v4l2::CameraSensor;
using v4l2::Kernel;
using v4l2::MediaBusFormat;
using v4l2::MediaDevice;
using v4l2::MediaGraph;
using v4l2::VideoDevice;

/** One media device while it is looked at. */
struct Looked {
  Kernel& kernel;
  const MediaDevice& media;
  const MediaGraph& graph;
  const std::string& device;
};

/** Blocks that make something else of a picture: what comes out of them is not the sensor's. */
bool processes(uint32_t function) {
  constexpr uint32_t kFirst = MEDIA_ENT_F_PROC_VIDEO_COMPOSER;
  constexpr uint32_t kEnd = kFirst + 0x1000;
  return function >= kFirst && function < kEnd;
}

bool is_sensor(const MediaGraph::Entity& entity) {
  return entity.function == MEDIA_ENT_F_CAM_SENSOR &&
         entity.interface_type == MEDIA_INTF_T_V4L_SUBDEV && entity.node;
}

/** What is there for cameras of a graph that has none: its drivers go on without a sensor. */
bool waits_for_sensor(const MediaGraph& graph) {
  return graph.entities_with_function(MEDIA_ENT_F_CAM_SENSOR).empty() &&
         !graph.entities_with_function(MEDIA_ENT_F_VID_IF_BRIDGE).empty();
}

bool is_raw(const CameraSensor& sensor) {
  return std::ranges::any_of(sensor.modes(), [](const v4l2::SensorMode& mode) {
    return mode.format.kind == MediaBusFormat::Kind::Bayer;
  });
}

bool captures_video(const VideoDevice& device) {
  return device.buffer_type() == V4L2_BUF_TYPE_VIDEO_CAPTURE ||
         device.buffer_type() == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
}

/** The length of a way from sensor to node without a block that processes; none where none is. */
std::optional<size_t> plain_way(const MediaGraph& graph, size_t sensor, size_t node) {
  Result<std::vector<size_t>> path = graph.find_path(sensor, node);
  if (!path)
    return std::nullopt;
  for (const size_t link : *path) {
    const MediaGraph::Entity& to = graph.entities()[graph.pads()[graph.links()[link].sink].entity];
    if (processes(to.function))
      return std::nullopt;
  }
  return path->size();
}

struct CaptureNode {
  size_t entity = 0;
  std::string path;
};

/** The node's path where it captures raw frames, else nothing. */
Result<std::string> ask_node(const Looked& at, size_t entity) {
  Result<std::string> path = v4l2::node_path(at.kernel, *at.graph.entities()[entity].node);
  if (!path)
    return path.error();
  Result<VideoDevice> device = VideoDevice::open(at.kernel, *path);
  if (!device) {
    if (device.error().code == Error::Code::Unsupported)
      return std::string();
    return device.error();
  }
  if (!captures_video(*device))
    return std::string();
  Result<std::vector<v4l2::FormatDescription>> formats = device->formats();
  if (!formats)
    return formats.error();
  const bool raw = std::ranges::any_of(*formats, [](const v4l2::FormatDescription& format) {
    return v4l2::to_raw_format(format.fourcc).has_value();
  });
  return raw ? *path : std::string();
}

/** The nearest node that captures the sensor's raw frames. */
Result<CaptureNode> find_node(const Looked& at, size_t sensor) {
  std::vector<std::pair<size_t, size_t>> ways;  // length, entity
  for (size_t i = 0; i < at.graph.entities().size(); i++) {
    const MediaGraph::Entity& entity = at.graph.entities()[i];
    if (entity.interface_type != MEDIA_INTF_T_V4L_VIDEO || !entity.node)
      continue;
    if (const std::optional<size_t> length = plain_way(at.graph, sensor, i))
      ways.emplace_back(*length, i);
  }
  std::ranges::sort(ways);
  std::optional<Error> trouble;
  for (const auto& [length, entity] : ways) {
    Result<std::string> path = ask_node(at, entity);
    if (!path)
      trouble = path.error();
    else if (!path->empty())
      return CaptureNode{entity, *path};
  }
  if (trouble)
    return *trouble;
  return Error(Error::Code::NotFound,
               at.media.device().label() + ": no way leads from the sensor '" +
                   at.graph.entities()[sensor].name + "' to a node that captures raw frames",
               "a sensor behind an ISP needs a pipeline handler made for that ISP");
}

Result<void> add_camera(const Looked& at, size_t entity, RawCameras& found) {
  const MediaGraph::Entity& sensor_entity = at.graph.entities()[entity];
  Result<std::string> path = v4l2::node_path(at.kernel, *sensor_entity.node);
  if (!path)
    return path.error();
  Result<std::unique_ptr<CameraSensor>> sensor =
      CameraSensor::open(at.kernel, *path, sensor_entity.name);
  if (!sensor) {
    // One without a mode that is known here has nothing raw for us.
    if (sensor.error().code == Error::Code::Unsupported)
      return {};
    return sensor.error();
  }
  if (!is_raw(**sensor))
    return {};
  Result<CaptureNode> node = find_node(at, entity);
  if (!node)
    return node.error();
  RawCameraDescription camera;
  camera.id = "simple/" + at.device + "/" + sensor_entity.name;
  camera.model = (*sensor)->model();
  camera.device = at.device;
  camera.media = at.media.device().path();
  camera.sensor = sensor_entity.name;
  camera.video = at.graph.entities()[node->entity].name;
  camera.properties =
      v4l2::camera_properties(at.kernel, at.media.info().driver, node->path, at.device);
  if (camera.properties.product.empty())
    camera.properties.product = camera.model;
  switch ((*sensor)->location()) {
    case CameraSensor::Location::Front:
      camera.properties.location = "front";
      break;
    case CameraSensor::Location::Back:
      camera.properties.location = "back";
      break;
    case CameraSensor::Location::External:
      camera.properties.location = "external";
      break;
    case CameraSensor::Location::Unknown:
      break;
  }
  if ((*sensor)->controls().find(V4L2_CID_CAMERA_SENSOR_ROTATION))
    camera.properties.orientation = (*sensor)->rotation();
  found.cameras.push_back(std::move(camera));
  found.devices.insert(at.device);
  return {};
}

Result<void> look_at(Kernel& kernel, const std::string& node, const DeviceClaims& taken,
                     RawCameras& found) {
  Result<std::string> device = v4l2::stable_id(kernel, node);
  if (!device)
    return device.error();
  if (taken.contains(*device))
    return {};
  Result<MediaDevice> media = MediaDevice::open(kernel, node);
  if (!media)
    return media.error();
  Result<MediaGraph> graph = media->graph();
  if (!graph)
    return graph.error();
  const Looked at{kernel, *media, *graph, *device};
  if (waits_for_sensor(*graph))
    found.errors.emplace_back(
        Error::Code::NotFound, media->device().label() + " has a receiver, and no sensor",
        "the sensor's driver is not loaded, or the sensor does not answer: look at 'dmesg'");
  for (size_t i = 0; i < graph->entities().size(); i++) {
    if (!is_sensor(graph->entities()[i]))
      continue;
    if (Result<void> r = add_camera(at, i, found); !r)
      found.errors.push_back(r.error());
  }
  return {};
}

}  // namespace

Result<RawCameras> find_raw_cameras(Kernel& kernel, const DeviceClaims& taken) {
  Result<std::vector<std::string>> nodes = v4l2::media_nodes(kernel);
  if (!nodes)
    return nodes.error();
  RawCameras found;
  for (const std::string& node : *nodes) {
    // One that was just unplugged is not there.
    Result<void> looked = look_at(kernel, node, taken, found);
    if (!looked && looked.error().code != Error::Code::NotFound &&
        looked.error().code != Error::Code::Lost)
      found.errors.push_back(looked.error());
  }
  return found;
}

}  // namespace gstcam::simple
