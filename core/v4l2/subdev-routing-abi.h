/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Routes between streams of a subdevice: the kernel's interface under names of our own, because the
 * headers a distribution builds with may be older than it (Debian 12 has those of 6.1), or have its
 * first, shorter structure (without len_routes), which applications could not use by default.
 *
 * Facts from include/uapi/linux/v4l2-subdev.h and
 * Documentation/userspace-api/media/v4l/vidioc-subdev-g-routing.rst.
 */
#pragma once

#include <linux/ioctl.h>

#include <cstdint>

namespace gstcam::v4l2 {

struct SubdevRouteAbi {
  uint32_t sink_pad;
  uint32_t sink_stream;
  uint32_t source_pad;
  uint32_t source_stream;
  uint32_t flags;
  uint32_t reserved[5];
};

struct SubdevRoutingAbi {
  uint32_t which;
  uint32_t len_routes;  // room in the array
  uint64_t routes;      // pointer to it
  uint32_t num_routes;  // how many there are
  uint32_t reserved[11];
};

struct SubdevClientCapabilityAbi {
  uint64_t capabilities;
};

inline constexpr uint32_t kSubdevCapStreams = 0x00000002;   // V4L2_SUBDEV_CAP_STREAMS
inline constexpr uint64_t kSubdevClientCapStreams = 1;      // V4L2_SUBDEV_CLIENT_CAP_STREAMS
inline constexpr uint32_t kSubdevRouteActive = 0x00000001;  // V4L2_SUBDEV_ROUTE_FL_ACTIVE

inline constexpr unsigned long kSubdevGetRouting = _IOWR('V', 38, SubdevRoutingAbi);
inline constexpr unsigned long kSubdevSetRouting = _IOWR('V', 39, SubdevRoutingAbi);
inline constexpr unsigned long kSubdevSetClientCapability =
    _IOWR('V', 102, SubdevClientCapabilityAbi);

}  // namespace gstcam::v4l2
