/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the requests this tree makes, for messages. */
#include <linux/media.h>
#include <linux/v4l2-subdev.h>
#include <linux/videodev2.h>

#include <array>

#include "core/v4l2/device.h"
#include "core/v4l2/subdev-routing-abi.h"
#include "core/v4l2/text.h"

namespace gstcam::v4l2 {

namespace {

struct Name {
  unsigned long request;
  const char* name;
};

#define GST_CAMERA_REQUEST(request) \
  Name {                            \
    request, #request               \
  }

constexpr std::array kNames = {
    GST_CAMERA_REQUEST(VIDIOC_QUERYCAP),
    GST_CAMERA_REQUEST(VIDIOC_ENUM_FMT),
    GST_CAMERA_REQUEST(VIDIOC_ENUM_FRAMESIZES),
    GST_CAMERA_REQUEST(VIDIOC_ENUM_FRAMEINTERVALS),
    GST_CAMERA_REQUEST(VIDIOC_G_FMT),
    GST_CAMERA_REQUEST(VIDIOC_S_FMT),
    GST_CAMERA_REQUEST(VIDIOC_TRY_FMT),
    GST_CAMERA_REQUEST(VIDIOC_G_SELECTION),
    GST_CAMERA_REQUEST(VIDIOC_S_SELECTION),
    GST_CAMERA_REQUEST(VIDIOC_G_PARM),
    GST_CAMERA_REQUEST(VIDIOC_S_PARM),
    GST_CAMERA_REQUEST(VIDIOC_G_INPUT),
    GST_CAMERA_REQUEST(VIDIOC_S_INPUT),
    GST_CAMERA_REQUEST(VIDIOC_REQBUFS),
    GST_CAMERA_REQUEST(VIDIOC_QUERYBUF),
    GST_CAMERA_REQUEST(VIDIOC_QBUF),
    GST_CAMERA_REQUEST(VIDIOC_DQBUF),
    GST_CAMERA_REQUEST(VIDIOC_EXPBUF),
    GST_CAMERA_REQUEST(VIDIOC_STREAMON),
    GST_CAMERA_REQUEST(VIDIOC_STREAMOFF),
    GST_CAMERA_REQUEST(VIDIOC_QUERY_EXT_CTRL),
    GST_CAMERA_REQUEST(VIDIOC_QUERYMENU),
    GST_CAMERA_REQUEST(VIDIOC_G_EXT_CTRLS),
    GST_CAMERA_REQUEST(VIDIOC_S_EXT_CTRLS),
    GST_CAMERA_REQUEST(VIDIOC_TRY_EXT_CTRLS),
    GST_CAMERA_REQUEST(VIDIOC_SUBSCRIBE_EVENT),
    GST_CAMERA_REQUEST(VIDIOC_UNSUBSCRIBE_EVENT),
    GST_CAMERA_REQUEST(VIDIOC_DQEVENT),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_QUERYCAP),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_G_FMT),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_S_FMT),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_ENUM_MBUS_CODE),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_ENUM_FRAME_SIZE),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_ENUM_FRAME_INTERVAL),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_G_FRAME_INTERVAL),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_S_FRAME_INTERVAL),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_G_SELECTION),
    GST_CAMERA_REQUEST(VIDIOC_SUBDEV_S_SELECTION),
    GST_CAMERA_REQUEST(MEDIA_IOC_DEVICE_INFO),
    GST_CAMERA_REQUEST(MEDIA_IOC_G_TOPOLOGY),
    GST_CAMERA_REQUEST(MEDIA_IOC_SETUP_LINK),
    Name{kSubdevSetClientCapability, "VIDIOC_SUBDEV_S_CLIENT_CAP"},
    Name{kSubdevGetRouting, "VIDIOC_SUBDEV_G_ROUTING"},
    Name{kSubdevSetRouting, "VIDIOC_SUBDEV_S_ROUTING"},
};

#undef GST_CAMERA_REQUEST

}  // namespace

std::string request_name(unsigned long request) {
  // Some requests of subdevices share number and size with those of video nodes
  // (VIDIOC_SUBDEV_QUERYCAP does not); the table's first is the name then.
  for (const Name& name : kNames) {
    if (name.request == request)
      return name.name;
  }
  return "request " + hex_text(static_cast<uint32_t>(request));
}

}  // namespace gstcam::v4l2
