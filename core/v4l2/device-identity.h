/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DeviceIdentity: what the device behind a node says it is, from sysfs.
 *
 * Of a USB device its descriptors' strings (manufacturer, product, serial), as the kernel read them
 * when it was plugged in; of any other nothing. The location is that of ACPI's _PLD
 * (physical_location/panel), else "external" where the port's device can be removed.
 */
#pragma once

#include <string>

#include "core/camera-properties.h"
#include "core/v4l2/kernel.h"

namespace gstcam::v4l2 {

struct DeviceIdentity {
  std::string vendor;
  std::string product;
  std::string serial;
  std::string location;  // "front", "back", "external"
};

/**
 * `id`: stable_id() of the node. What cannot be read is empty. A function without state, any
 * thread.
 */
DeviceIdentity device_identity(Kernel& kernel, const std::string& id);

/** The same as properties of the camera behind `node`, whose stable_id() is `id`. */
CameraProperties camera_properties(Kernel& kernel, const std::string& driver,
                                   const std::string& node, const std::string& id);

}  // namespace gstcam::v4l2
