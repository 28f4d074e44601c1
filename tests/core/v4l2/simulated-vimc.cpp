/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-vimc.h"

#include <linux/media-bus-format.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace gstcam::v4l2::test {

namespace {

constexpr uint32_t kVideoMajor = 81;
constexpr uint32_t kMediaMajor = 510;
constexpr const char* kDevice = "platform/vimc.0";
constexpr uint32_t kMeanWindow = 0x00f0f001;
const SizeRange kAny{{16, 16}, {4096, 2160}, {1, 1}};

const std::vector<uint32_t>& mosaics() {
  static const std::vector<uint32_t> codes = {MEDIA_BUS_FMT_SBGGR8_1X8, MEDIA_BUS_FMT_SGBRG8_1X8,
                                              MEDIA_BUS_FMT_SGRBG8_1X8, MEDIA_BUS_FMT_SRGGB8_1X8};
  return codes;
}

const std::vector<uint32_t>& pictures() {
  static const std::vector<uint32_t> codes = {MEDIA_BUS_FMT_RGB888_1X24, MEDIA_BUS_FMT_BGR888_1X24};
  return codes;
}

uint32_t fourcc_of(uint32_t code) {
  switch (code) {
    case MEDIA_BUS_FMT_SBGGR8_1X8:
      return V4L2_PIX_FMT_SBGGR8;
    case MEDIA_BUS_FMT_SGBRG8_1X8:
      return V4L2_PIX_FMT_SGBRG8;
    case MEDIA_BUS_FMT_SGRBG8_1X8:
      return V4L2_PIX_FMT_SGRBG8;
    case MEDIA_BUS_FMT_SRGGB8_1X8:
      return V4L2_PIX_FMT_SRGGB8;
    case MEDIA_BUS_FMT_RGB888_1X24:
      return V4L2_PIX_FMT_RGB24;
    default:
      return V4L2_PIX_FMT_BGR24;
  }
}

std::shared_ptr<SimulatedVideoNode> make_node() {
  SimulatedVideoDescription description;
  description.driver = "vimc";
  description.card = "vimc";
  description.bus = "platform:vimc";
  for (const uint32_t code : {uint32_t{MEDIA_BUS_FMT_BGR888_1X24}, pictures()[0], mosaics()[0],
                              mosaics()[1], mosaics()[2], mosaics()[3]}) {
    const bool mosaic = std::ranges::find(mosaics(), code) != mosaics().end();
    description.formats.push_back({.fourcc = fourcc_of(code),
                                   .description = mosaic ? "8-bit Bayer" : "24-bit RGB",
                                   .bits = mosaic ? 8U : 24U,
                                   .sizes = {kAny},
                                   .continuous = true});
  }
  auto node = std::make_shared<SimulatedVideoNode>(description);
  node->has_interval = false;
  node->queue().min_queued = 2;
  node->queue().timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_EOF;
  return node;
}

void add_sensor_controls(SimulatedControls& controls) {
  for (const uint32_t id : {V4L2_CID_BRIGHTNESS, V4L2_CID_CONTRAST, V4L2_CID_SATURATION})
    controls.add({.id = id, .name = "Level", .max = 255, .def = 128});
  controls.add({.id = V4L2_CID_HUE, .name = "Hue", .min = -128, .max = 127});
  for (const uint32_t id : {V4L2_CID_HFLIP, V4L2_CID_VFLIP})
    controls.add({.id = id, .type = V4L2_CTRL_TYPE_BOOLEAN, .name = "Flip", .max = 1});
}

bool fits(const PadFormat& source, const PadFormat& sink) {
  return source.code == sink.code && source.size == sink.size;
}

bool fits(const PadFormat& source, const VideoFormat& sink) {
  return fourcc_of(source.code) == sink.fourcc && source.size == sink.size;
}

/** What the kernel checks when a node that hangs on this unit's sensor starts. */
int check_unit(const SimulatedVimc& vimc, size_t unit, uint32_t stream) {
  const SimulatedVimc::Unit& u = vimc.units[unit];
  const bool scaled = vimc.scaled(unit);
  const bool others_stream =
      stream == 0 ? u.raw->queue().streaming() : scaled && vimc.rgb->queue().streaming();
  if (others_stream)
    return EINVAL;
  bool all =
      fits(u.sensor->format(0), u.debayer->format(0)) && fits(u.sensor->format(0), u.raw->format());
  if (scaled)
    all = all && fits(u.debayer->format(1), vimc.scaler->format(0)) &&
          fits(vimc.scaler->format(1), vimc.rgb->format());
  return all ? 0 : EPIPE;
}

int check_start(const SimulatedVimc& vimc, uint32_t stream) {
  if (stream > 0)
    return check_unit(vimc, stream - 1, stream);
  if (vimc.scaled(0) == vimc.scaled(1))
    return EPIPE;  // two sources, or none
  return check_unit(vimc, vimc.scaled(0) ? 0 : 1, stream);
}

}  // namespace

SimulatedVimc plug_vimc(SimulatedKernel& kernel) {
  SimulatedVimc vimc;
  vimc.media = std::make_shared<SimulatedMedia>("vimc", "VIMC MDEV", "platform:vimc");
  vimc.media->serial = "";
  SimulatedMedia& media = *vimc.media;
  uint32_t minor = 10;
  uint32_t subdevices = 10;
  uint32_t nodes = 10;
  const auto add_subdevice = [&](const std::string& name, uint32_t function,
                                 std::vector<SimulatedPad> pads) {
    const DeviceNumber number{kVideoMajor, minor++};
    const uint32_t entity = media.add_entity(name, function);
    media.add_interface(entity, MEDIA_INTF_T_V4L_SUBDEV, number);
    auto subdevice = std::make_shared<SimulatedSubdevice>(std::move(pads));
    kernel.plug("v4l-subdev" + std::to_string(subdevices++), number, kDevice, subdevice);
    return std::pair(entity, subdevice);
  };
  const auto add_node = [&](const std::string& name) {
    const DeviceNumber number{kVideoMajor, minor++};
    const uint32_t entity = media.add_entity(name, MEDIA_ENT_F_IO_V4L);
    media.add_interface(entity, MEDIA_INTF_T_V4L_VIDEO, number);
    auto node = make_node();
    kernel.plug("video" + std::to_string(nodes++), number, kDevice, node);
    return std::pair(entity, node);
  };

  const uint32_t fixed = MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE;
  const auto [scaler, scaler_node] = add_subdevice("Scaler", MEDIA_ENT_F_PROC_VIDEO_SCALER,
                                                   {{pictures(), {kAny}}, {pictures(), {kAny}}});
  vimc.scaler = scaler_node;
  vimc.scaler_sink = media.add_pad(scaler, MEDIA_PAD_FL_SINK);
  const uint32_t scaler_source = media.add_pad(scaler, MEDIA_PAD_FL_SOURCE);
  for (size_t i = 0; i < vimc.units.size(); i++) {
    const std::string letter(1, static_cast<char>('A' + i));
    SimulatedVimc::Unit& unit = vimc.units[i];
    const auto [sensor, sensor_node] =
        add_subdevice("Sensor " + letter, MEDIA_ENT_F_CAM_SENSOR, {{mosaics(), {kAny}}});
    const auto [debayer, debayer_node] =
        add_subdevice("Debayer " + letter, MEDIA_ENT_F_PROC_VIDEO_PIXEL_ENC_CONV,
                      {{mosaics(), {kAny}}, {pictures(), {kAny}}});
    const auto [raw, raw_node] = add_node("Raw Capture " + std::to_string(i));
    unit.sensor = sensor_node;
    unit.debayer = debayer_node;
    unit.raw = raw_node;
    add_sensor_controls(unit.sensor->controls());
    unit.debayer->controls().add({.id = kMeanWindow,
                                  .name = "Debayer Mean Window Size",
                                  .min = 1,
                                  .max = 25,
                                  .step = 2,
                                  .def = 3});
    const uint32_t out = media.add_pad(sensor, MEDIA_PAD_FL_SOURCE);
    const uint32_t in = media.add_pad(debayer, MEDIA_PAD_FL_SINK);
    unit.debayered = media.add_pad(debayer, MEDIA_PAD_FL_SOURCE);
    media.add_link(out, in, fixed);
    media.add_link(out, media.add_pad(raw, MEDIA_PAD_FL_SINK), fixed);
    // As the driver comes: A is scaled.
    media.add_link(unit.debayered, vimc.scaler_sink, i == 0 ? MEDIA_LNK_FL_ENABLED : 0U);
  }
  const auto [input, input_node] =
      add_subdevice("RGB/YUV Input", MEDIA_ENT_F_CAM_SENSOR, {{pictures(), {kAny}}});
  media.add_link(media.add_pad(input, MEDIA_PAD_FL_SOURCE), vimc.scaler_sink, 0);
  const auto [rgb, rgb_node] = add_node("RGB/YUV Capture");
  vimc.rgb = rgb_node;
  media.add_link(scaler_source, media.add_pad(rgb, MEDIA_PAD_FL_SINK), fixed);
  for (const char* lens : {"Lens A", "Lens B"})
    add_subdevice(lens, MEDIA_ENT_F_LENS, {});
  kernel.plug("media2", {kMediaMajor, 2}, kDevice, vimc.media);

  /* A node asks the others as long as they are there: weak, or the graph would own itself. */
  struct Weak {
    std::weak_ptr<SimulatedMedia> media;
    std::array<std::weak_ptr<SimulatedSubdevice>, 5> subdevices;
    std::array<std::weak_ptr<SimulatedVideoNode>, 3> nodes;
  };
  const Weak weak{vimc.media,
                  {vimc.units[0].sensor, vimc.units[0].debayer, vimc.units[1].sensor,
                   vimc.units[1].debayer, vimc.scaler},
                  {vimc.units[0].raw, vimc.units[1].raw, vimc.rgb}};
  for (uint32_t stream = 0; stream < 3; stream++) {
    vimc.node(stream).queue().on_start = [weak, stream, told = vimc.on_streaming,
                                          pads = std::array{vimc.units[0].debayered,
                                                            vimc.units[1].debayered,
                                                            vimc.scaler_sink}]() -> int {
      SimulatedVimc now;
      now.media = weak.media.lock();
      now.units[0] = {weak.subdevices[0].lock(), weak.subdevices[1].lock(), weak.nodes[0].lock(),
                      pads[0]};
      now.units[1] = {weak.subdevices[2].lock(), weak.subdevices[3].lock(), weak.nodes[1].lock(),
                      pads[1]};
      now.scaler = weak.subdevices[4].lock();
      now.scaler_sink = pads[2];
      now.rgb = weak.nodes[2].lock();
      if (!now.media || !now.rgb)
        return ENODEV;
      const int refused = check_start(now, stream);
      if (refused == 0 && *told)
        (*told)();
      return refused;
    };
  }
  return vimc;
}

void unplug_vimc(SimulatedKernel& kernel) {
  kernel.unplug("media2");
  for (int i = 10; i < 18; i++)
    kernel.unplug("v4l-subdev" + std::to_string(i));
  for (int i = 10; i < 13; i++)
    kernel.unplug("video" + std::to_string(i));
}

}  // namespace gstcam::v4l2::test
