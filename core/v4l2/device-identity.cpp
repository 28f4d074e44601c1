/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/device-identity.h"

#include <utility>

#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

/* USB strings have at most 126 characters. */
constexpr size_t kMaxText = 512;

/** One attribute, without the newline at its end. */
std::string attribute(Kernel& kernel, const std::string& path) {
  Result<std::string> read = kernel.read_text(path);
  if (!read)
    return {};
  std::string text = read->substr(0, kMaxText);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  return text_of(text.data(), text.size());
}

std::string location_of(Kernel& kernel, const std::string& device) {
  std::string panel = attribute(kernel, device + "/physical_location/panel");
  if (panel == "front" || panel == "back")
    return panel;
  return attribute(kernel, device + "/removable") == "removable" ? "external" : "";
}

}  // namespace

DeviceIdentity device_identity(Kernel& kernel, const std::string& id) {
  /* A node belongs to an interface, a folder inside of its device's. */
  const size_t end = id.rfind('/');
  if (end == std::string::npos)
    return {};
  const std::string device = "/sys/devices/" + id.substr(0, end);
  if (attribute(kernel, device + "/idVendor").empty())
    return {};
  DeviceIdentity identity;
  identity.vendor = attribute(kernel, device + "/manufacturer");
  identity.product = attribute(kernel, device + "/product");
  identity.serial = attribute(kernel, device + "/serial");
  identity.location = location_of(kernel, device);
  return identity;
}

CameraProperties camera_properties(Kernel& kernel, const std::string& driver,
                                   const std::string& node, const std::string& id) {
  DeviceIdentity identity = device_identity(kernel, id);
  CameraProperties properties;
  properties.driver = driver;
  properties.path = node;
  properties.vendor = std::move(identity.vendor);
  properties.product = std::move(identity.product);
  properties.serial = std::move(identity.serial);
  properties.location = std::move(identity.location);
  return properties;
}

}  // namespace gstcam::v4l2
