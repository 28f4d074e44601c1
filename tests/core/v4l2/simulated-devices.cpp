/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-devices.h"

#include <linux/media-bus-format.h>

#include <cerrno>
#include <cstring>

namespace gstcam::v4l2::test {

namespace {

constexpr uint32_t kVideoMajor = 81;
constexpr uint32_t kMediaMajor = 510;

void add_webcam_controls(SimulatedControls& controls) {
  controls.add({.id = V4L2_CID_BRIGHTNESS, .name = "Brightness", .min = -64, .max = 64, .def = 0});
  controls.add({.id = V4L2_CID_AUTO_WHITE_BALANCE,
                .type = V4L2_CTRL_TYPE_BOOLEAN,
                .name = "White Balance, Automatic",
                .max = 1,
                .def = 1});
  controls.add({.id = V4L2_CID_POWER_LINE_FREQUENCY,
                .type = V4L2_CTRL_TYPE_MENU,
                .name = "Power Line Frequency",
                .max = 2,
                .def = 1,
                .items = {"Disabled", "50 Hz", "60 Hz"}});
  controls.add({.id = V4L2_CID_EXPOSURE_AUTO,
                .type = V4L2_CTRL_TYPE_MENU,
                .name = "Auto Exposure",
                .max = 3,
                .def = V4L2_EXPOSURE_APERTURE_PRIORITY,
                .items = {"", "Manual Mode", "", "Aperture Priority Mode"}});
  controls.add({.id = V4L2_CID_EXPOSURE_ABSOLUTE,
                .name = "Exposure Time, Absolute",
                .min = 1,
                .max = 5000,
                .def = 157,
                .flags = V4L2_CTRL_FLAG_INACTIVE});
  // Automatic exposure rules the exposure time.
  controls.on_written = [&controls](const SimulatedControl& control) {
    if (control.id != V4L2_CID_EXPOSURE_AUTO)
      return;
    controls.set_flags(V4L2_CID_EXPOSURE_ABSOLUTE,
                       control.value == V4L2_EXPOSURE_MANUAL ? 0 : V4L2_CTRL_FLAG_INACTIVE);
  };
}

SizeRange discrete(uint32_t width, uint32_t height) {
  return {{width, height}, {width, height}, {1, 1}};
}

IntervalRange rate(uint32_t per_second) {
  return {{1, per_second}, {1, per_second}};
}

}  // namespace

int NonsenseNode::ioctl(SimulatedFile& /*file*/, unsigned long request, void* argument) {
  if (argument)
    std::memset(argument, 0xff, _IOC_SIZE(request));
  return 0;
}

SimulatedWebcam plug_webcam(SimulatedKernel& kernel, WebcamPlace place) {
  const std::string port = std::to_string(place.port);
  const std::string node = std::to_string(place.node);
  SimulatedVideoDescription description;
  description.driver = "uvcvideo";
  description.card = "HD Webcam: HD Webcam";
  description.bus = "usb-0000:00:14.0-" + port;
  description.formats = {
      {.fourcc = V4L2_PIX_FMT_YUYV,
       .description = "YUYV 4:2:2",
       .bits = 16,
       .sizes = {discrete(640, 480), discrete(320, 240), discrete(1280, 720)},
       .intervals = {rate(30), rate(15)}},
      {.fourcc = V4L2_PIX_FMT_MJPEG,
       .description = "Motion-JPEG",
       .compressed = true,
       .bits = 16,
       .sizes = {discrete(1280, 720), discrete(640, 480)},
       .intervals = {rate(30)}},
  };
  SimulatedWebcam webcam;
  webcam.video = std::make_shared<SimulatedVideoNode>(description);
  webcam.video->queue().timestamp_flags =
      V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
  add_webcam_controls(webcam.video->controls());

  const DeviceNumber video_number{kVideoMajor, place.node};
  webcam.media = std::make_shared<SimulatedMedia>("uvcvideo", description.card, description.bus);
  const uint32_t video = webcam.media->add_entity("HD Webcam: HD Webcam", MEDIA_ENT_F_IO_V4L);
  const uint32_t video_sink = webcam.media->add_pad(video, MEDIA_PAD_FL_SINK);
  const uint32_t unit =
      webcam.media->add_entity("Processing 2", MEDIA_ENT_F_PROC_VIDEO_PIXEL_FORMATTER);
  const uint32_t unit_sink = webcam.media->add_pad(unit, MEDIA_PAD_FL_SINK);
  const uint32_t unit_source = webcam.media->add_pad(unit, MEDIA_PAD_FL_SOURCE);
  const uint32_t camera = webcam.media->add_entity("Camera 1", MEDIA_ENT_F_CAM_SENSOR);
  const uint32_t camera_source = webcam.media->add_pad(camera, MEDIA_PAD_FL_SOURCE);
  const uint32_t fixed = MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE;
  webcam.media->add_link(camera_source, unit_sink, fixed);
  webcam.media->add_link(unit_source, video_sink, fixed);
  webcam.media->add_interface(video, MEDIA_INTF_T_V4L_VIDEO, video_number);

  const std::string device = "pci0000:00/0000:00:14.0/usb1/1-" + port + "/1-" + port + ":1.0";
  kernel.plug("video" + node, video_number, device, webcam.video);
  kernel.plug("media" + node, {kMediaMajor, place.node}, device, webcam.media);
  return webcam;
}

SimulatedRawCamera plug_raw_camera(SimulatedKernel& kernel,
                                   const SimulatedSensorDescription& sensor,
                                   const std::string& entity) {
  const SizeRange any{{16, 16}, {4056, 4056}, {1, 1}};
  SimulatedRawCamera camera;
  camera.sensor = SimulatedSensor::create(sensor);
  camera.receiver = std::make_shared<SimulatedSubdevice>(
      std::vector<SimulatedPad>{{sensor.codes, {any}}, {sensor.codes, {any}, uint32_t{0}}});
  SimulatedVideoDescription description;
  description.driver = "unicam";
  description.card = "unicam";
  description.bus = "platform:fe801000.csi";
  description.extra_capabilities = V4L2_CAP_IO_MC;
  description.formats = {
      {.fourcc = V4L2_PIX_FMT_SRGGB10P,
       .description = "10-bit Bayer RGRG/GBGB Packed",
       .bits = 10,
       .sizes = {any}},
      {.fourcc = V4L2_PIX_FMT_SRGGB8,
       .description = "8-bit Bayer RGRG/GBGB",
       .bits = 8,
       .sizes = {any}},
  };
  camera.video = std::make_shared<SimulatedVideoNode>(description);
  camera.media = std::make_shared<SimulatedMedia>("unicam", "unicam", description.bus);

  SimulatedMedia& media = *camera.media;
  const DeviceNumber video_number{kVideoMajor, 4};
  const DeviceNumber sensor_number{kVideoMajor, 5};
  const DeviceNumber receiver_number{kVideoMajor, 6};
  const uint32_t sensor_id = media.add_entity(entity, MEDIA_ENT_F_CAM_SENSOR);
  const uint32_t receiver_id = media.add_entity("csi2", MEDIA_ENT_F_VID_IF_BRIDGE);
  const uint32_t video_id = media.add_entity("unicam-image", MEDIA_ENT_F_IO_V4L);
  const uint32_t sensor_out = media.add_pad(sensor_id, MEDIA_PAD_FL_SOURCE);
  const uint32_t receiver_in = media.add_pad(receiver_id, MEDIA_PAD_FL_SINK);
  const uint32_t receiver_out = media.add_pad(receiver_id, MEDIA_PAD_FL_SOURCE);
  const uint32_t video_in = media.add_pad(video_id, MEDIA_PAD_FL_SINK);
  media.add_link(sensor_out, receiver_in, MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE);
  media.add_link(receiver_out, video_in, 0);
  media.add_interface(sensor_id, MEDIA_INTF_T_V4L_SUBDEV, sensor_number);
  media.add_interface(receiver_id, MEDIA_INTF_T_V4L_SUBDEV, receiver_number);
  media.add_interface(video_id, MEDIA_INTF_T_V4L_VIDEO, video_number);

  // Owned by the kernel together: the node asks the others as long as it is there itself.
  camera.video->queue().on_start = [m = std::weak_ptr(camera.media),
                                    s = std::weak_ptr(camera.sensor),
                                    r = std::weak_ptr(camera.receiver), v = camera.video.get(),
                                    receiver_out, video_in]() -> int {
    const auto graph = m.lock();
    const auto source = s.lock();
    const auto bridge = r.lock();
    if (!graph || !source || !bridge)
      return ENODEV;
    if (!graph->enabled(receiver_out, video_in))
      return ENOLINK;
    const PadFormat& format = bridge->format(1);
    const bool ten = format.code == MEDIA_BUS_FMT_SRGGB10_1X10;
    const uint32_t fourcc = ten ? V4L2_PIX_FMT_SRGGB10P : V4L2_PIX_FMT_SRGGB8;
    const bool fits = source->format(0) == bridge->format(0) && v->format().size == format.size &&
                      v->format().fourcc == fourcc;
    return fits ? 0 : EPIPE;
  };

  const std::string device = "platform/soc/fe801000.csi";
  kernel.plug("media1", {kMediaMajor, 1}, device, camera.media);
  kernel.plug("v4l-subdev0", sensor_number, device, camera.sensor);
  kernel.plug("v4l-subdev1", receiver_number, device, camera.receiver);
  kernel.plug("video4", video_number, device, camera.video);
  return camera;
}

std::shared_ptr<SimulatedVideoNode> plug_multiplanar(SimulatedKernel& kernel) {
  SimulatedVideoDescription description;
  description.driver = "simulated-isp";
  description.card = "Simulated ISP";
  description.buffer_type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  description.formats = {
      {.fourcc = V4L2_PIX_FMT_NV12M,
       .description = "Y/CbCr 4:2:0 (N-C)",
       .bits = 8,
       .plane_count = 2,
       .sizes = {{{32, 16}, {4096, 3072}, {32, 2}}},
       .intervals = {{{1, 120}, {1, 5}}}},
  };
  auto node = std::make_shared<SimulatedVideoNode>(description);
  kernel.plug("video8", {kVideoMajor, 8}, "platform/simulated-isp", node);
  return node;
}

}  // namespace gstcam::v4l2::test
