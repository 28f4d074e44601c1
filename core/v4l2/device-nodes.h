/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which device nodes there are, by what sysfs says. Functions without state, any thread.
 */
#pragma once

#include <string>
#include <vector>

#include "core/v4l2/kernel.h"
#include "core/v4l2/media-graph.h"

namespace gstcam::v4l2 {

/** "/dev/media0", "/dev/media1" ...: by number. Empty where there are none. */
Result<std::vector<std::string>> media_nodes(Kernel& kernel);
/** "/dev/video0" ...: by number. */
Result<std::vector<std::string>> video_nodes(Kernel& kernel);

/** The path of a node by its number, from /sys/dev/char: "/dev/v4l-subdev3". */
Result<std::string> node_path(Kernel& kernel, DeviceNumber number);

/**
 * What a camera is called that lasts: the path of its device in sysfs without "/sys/devices/",
 * "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0". The same after a reboot and in another order of
 * plugging, another in another port. `node`: a path in /dev.
 */
Result<std::string> stable_id(Kernel& kernel, const std::string& node);

/**
 * Whether a node belongs to the hardware of that stable_id() still: nodes are numbered anew when
 * something is plugged in. NotFound where it is another device by now.
 */
Result<void> check_hardware(Kernel& kernel, const std::string& node, const std::string& id);

}  // namespace gstcam::v4l2
