/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/vimc-cameras.h"

#include <string>
#include <string_view>
#include <utility>

#include "core/v4l2/device-identity.h"
#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-device.h"

namespace gstcam::vimc {

namespace {

constexpr const char* kDriver = "vimc";

/** The driver names its platform device as itself: "platform/vimc.0". */
bool looks_like_vimc(std::string_view id) {
  return id.substr(id.rfind('/') + 1).starts_with(kDriver);
}

}  // namespace

Result<VimcCameras> find_vimc_cameras(v4l2::Kernel& kernel, const DeviceClaims& taken) {
  Result<std::vector<std::string>> nodes = v4l2::media_nodes(kernel);
  if (!nodes)
    return nodes.error();
  VimcCameras found;
  for (const std::string& node : *nodes) {
    Result<std::string> id = v4l2::stable_id(kernel, node);
    if (!id || taken.contains(*id))
      continue;
    Result<v4l2::MediaDevice> media = v4l2::MediaDevice::open(kernel, node);
    if (!media) {
      const Error::Code code = media.error().code;
      if (looks_like_vimc(*id) && code != Error::Code::NotFound && code != Error::Code::Lost) {
        found.errors.push_back(media.error());
        found.devices.insert(*id);
      }
      continue;
    }
    if (media->info().driver != kDriver)
      continue;
    VimcDescription camera;
    camera.id = "vimc/" + *id;
    camera.model = "Virtual Media Controller (vimc)";
    camera.device = *id;
    camera.path = node;
    camera.properties = v4l2::camera_properties(kernel, kDriver, node, *id);
    found.devices.insert(*id);
    found.cameras.push_back(std::move(camera));
  }
  return found;
}

}  // namespace gstcam::vimc
