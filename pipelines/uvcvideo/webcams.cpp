/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/uvcvideo/webcams.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "core/v4l2/device-identity.h"
#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-device.h"
#include "core/v4l2/video-device.h"

namespace gstcam::uvcvideo {

namespace {

/** uvcvideo says "HD Webcam: HD Webcam": what the device and its function are called. */
std::string model_of(const std::string& card) {
  const size_t colon = card.find(": ");
  if (colon != std::string::npos && card.substr(colon + 2).starts_with(card.substr(0, colon)))
    return card.substr(colon + 2);
  return card.empty() ? "Camera" : card;
}

/** Hardware (by stable id) whose media graph has subdevices: somebody must set it up. */
std::set<std::string> complex_devices(v4l2::Kernel& kernel) {
  std::set<std::string> devices;
  Result<std::vector<std::string>> nodes = v4l2::media_nodes(kernel);
  if (!nodes)
    return devices;
  for (const std::string& node : *nodes) {
    /* One that cannot be asked has no handler that could set it up, either. */
    Result<v4l2::MediaDevice> media = v4l2::MediaDevice::open(kernel, node);
    if (!media)
      continue;
    Result<v4l2::MediaGraph> graph = media->graph();
    Result<std::string> id = v4l2::stable_id(kernel, node);
    if (!graph || !id)
      continue;
    if (std::ranges::any_of(graph->entities(), [](const v4l2::MediaGraph::Entity& entity) {
          return entity.interface_type == MEDIA_INTF_T_V4L_SUBDEV;
        }))
      devices.insert(*id);
  }
  return devices;
}

bool captures_video(const v4l2::VideoInfo& info) {
  return info.buffer_type == V4L2_BUF_TYPE_VIDEO_CAPTURE ||
         info.buffer_type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
}

}  // namespace

Result<Webcams> find_webcams(v4l2::Kernel& kernel, const DeviceClaims& taken) {
  Result<std::vector<std::string>> nodes = v4l2::video_nodes(kernel);
  if (!nodes)
    return nodes.error();
  Webcams found;
  const std::set<std::string> complex = complex_devices(kernel);
  std::set<std::string> ids;
  for (const std::string& node : *nodes) {
    Result<v4l2::VideoDevice> device = v4l2::VideoDevice::open(kernel, node);
    if (!device) {
      const Error::Code code = device.error().code;
      if (code != Error::Code::Unsupported && code != Error::Code::NotFound &&
          code != Error::Code::Lost)
        found.errors.push_back(device.error());
      continue;
    }
    if (!captures_video(device->info()))
      continue;
    Result<std::string> id = v4l2::stable_id(kernel, node);
    if (!id) {
      found.errors.push_back(id.error());
      continue;
    }
    if (complex.contains(*id) || taken.contains(*id))
      continue;
    /* A device may have several: the second of it is "#1". */
    std::string unique = "uvcvideo/" + *id;
    for (int i = 1; !ids.insert(unique).second; i++)
      unique = "uvcvideo/" + *id + "#" + std::to_string(i);
    found.cameras.push_back({unique, model_of(device->info().card), node, *id,
                             v4l2::camera_properties(kernel, device->info().driver, node, *id)});
    found.devices.insert(*id);
  }
  return found;
}

}  // namespace gstcam::uvcvideo
