/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CameraProperties: what is known of a camera before it is opened, besides its id and model.
 *
 * For lists of devices and for people: UTF-8 on one line; empty where nobody tells. Two cameras of
 * one id and different properties are not the same: the device was changed, or came back as another
 * node.
 */
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gstcam {

struct CameraProperties {
  std::string driver;    // the kernel's, where there is one: "uvcvideo"
  std::string path;      // node that delivers the frames: "/dev/video0"
  std::string vendor;    // "Logitech"
  std::string product;   // "HD Pro Webcam C920"
  std::string serial;    // "7EBA206F"
  std::string location;  // on the machine: "front", "back", "external"
  /**
   * Degrees, counterclockwise, by which its pictures have to be turned to stand upright, 0 to 359
   * (V4L2_CID_CAMERA_SENSOR_ROTATION); nothing where nobody tells how it is mounted.
   */
  std::optional<uint32_t> orientation;
  /** It replaces a camera where there is none: nobody asked for it. */
  bool stand_in = false;

  bool operator==(const CameraProperties&) const = default;
};

}  // namespace gstcam
