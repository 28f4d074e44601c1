/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/sensor-properties.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gstcam::v4l2 {

namespace {

constexpr std::nullopt_t kUnknown = std::nullopt;

constexpr SensorGain sony(double full) {
  return SensorGain::linear(0, full, -1, full);
}
constexpr SensorGain omnivision(double one) {
  return SensorGain::linear(1, 0, 0, one);
}

/* Short names of sources; each row adds what is particular to it. Read in 2026. */
#define LIBCAMERA_GAIN "gain: libcamera src/ipa/libipa/camera_sensor_helper.cpp"
#define LIBCAMERA_PROPERTIES \
  "delays, pitch: libcamera src/libcamera/sensor/camera_sensor_properties.cpp"
#define LIBCAMERA_PITCH "pitch: libcamera src/libcamera/sensor/camera_sensor_properties.cpp"

/*
 * Black levels that libcamera has in 16 bits are here in the depth that its comment, the datasheet,
 * counts in. Gain ranges are the drivers' and not in the table.
 */
constexpr std::array kSensors = {
    SensorProperties{"imx214", sony(512), SensorBlackLevel{64, 10}, kUnknown, 1120,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PITCH},
    SensorProperties{"imx219", sony(256), SensorBlackLevel{64, 10}, SensorDelays{2, 1, 2}, 1120,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PROPERTIES
                                    "; codes 0 to 232: Linux drivers/media/i2c/imx219.c"},
    SensorProperties{"imx258", sony(512), SensorBlackLevel{64, 10}, kUnknown, 1120,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PITCH
                                    "; codes 0 to 480: Linux drivers/media/i2c/imx258.c"},
    SensorProperties{"imx283", sony(2048), SensorBlackLevel{50, 10}, SensorDelays{2, 1, 2}, 2400,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PROPERTIES},
    SensorProperties{"imx290", SensorGain::decibel(0.3), SensorBlackLevel{240, 12},
                     SensorDelays{2, 2, 2}, 2900,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PROPERTIES},
    SensorProperties{"imx296", SensorGain::decibel(0.1), kUnknown, SensorDelays{2, 2, 2}, 3450,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PROPERTIES},
    SensorProperties{"imx327", SensorGain::decibel(0.3), SensorBlackLevel{240, 12}, kUnknown, 2900,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PITCH},
    SensorProperties{"imx335", SensorGain::decibel(0.3), SensorBlackLevel{50, 10}, kUnknown, 2000,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PITCH},
    SensorProperties{"imx415", SensorGain::decibel(0.3), kUnknown, SensorDelays{2, 2, 2}, 1450,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PROPERTIES},
    SensorProperties{"imx462", SensorGain::decibel(0.3), SensorBlackLevel{240, 12},
                     SensorDelays{2, 2, 2}, 2900,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PROPERTIES},
    SensorProperties{"imx477", sony(1024), SensorBlackLevel{256, 12}, SensorDelays{2, 2, 3}, 1550,
                     LIBCAMERA_GAIN
                     "; black level: libcamera src/ipa/rpi/vc4/data/imx477.json, 4096 of 65536"
                     "; " LIBCAMERA_PROPERTIES
                     "; codes 0 to 978: Raspberry Pi Linux drivers/media/i2c/imx477.c"},
    SensorProperties{"imx708", sony(1024), SensorBlackLevel{64, 10}, SensorDelays{2, 2, 3}, 1400,
                     LIBCAMERA_GAIN
                     ", black level there, 4096 of 65536"
                     "; " LIBCAMERA_PROPERTIES
                     "; codes 112 to 960: Raspberry Pi Linux drivers/media/i2c/imx708.c"},
    SensorProperties{"ov2740", omnivision(128), kUnknown, kUnknown, 1400,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PITCH},
    SensorProperties{"ov4689", omnivision(128), SensorBlackLevel{64, 12}, kUnknown, 2000,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PITCH},
    SensorProperties{"ov5640", omnivision(16), SensorBlackLevel{16, 10}, kUnknown, 1400,
                     LIBCAMERA_GAIN ", black level there, after the datasheet"
                                    "; " LIBCAMERA_PITCH},
    SensorProperties{
        "ov5647", omnivision(16), SensorBlackLevel{16, 10}, SensorDelays{2, 2, 2}, 1400,
        LIBCAMERA_GAIN "; black level: libcamera src/ipa/rpi/vc4/data/ov5647.json, 1024 of 65536"
                       "; " LIBCAMERA_PROPERTIES},
    SensorProperties{"ov5670", omnivision(128), kUnknown, kUnknown, 1120,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PITCH},
    SensorProperties{"ov5675", omnivision(128), SensorBlackLevel{64, 10}, kUnknown, 1120,
                     LIBCAMERA_GAIN ", black level there, after the Linux driver"
                                    "; " LIBCAMERA_PITCH},
    SensorProperties{"ov5693", omnivision(16), kUnknown, kUnknown, 1400,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PITCH},
    SensorProperties{"ov8858", omnivision(128), kUnknown, kUnknown, 1120,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PITCH},
    SensorProperties{"ov8865", omnivision(128), kUnknown, kUnknown, 1400,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PITCH},
    SensorProperties{"ov9281", omnivision(16), SensorBlackLevel{64, 10}, SensorDelays{2, 2, 2},
                     3000,
                     "gain, delays: libcamera src/ipa/rpi/cam_helper/cam_helper_ov9281.cpp"
                     "; black level: libcamera src/ipa/rpi/vc4/data/ov9281_mono.json, 4096 of 65536"
                     "; " LIBCAMERA_PITCH "; codes 16 to 255: Linux drivers/media/i2c/ov9282.c"},
    SensorProperties{
        "ov9282", omnivision(16), SensorBlackLevel{64, 10}, SensorDelays{2, 2, 2}, 3000,
        "gain, delays: libcamera src/ipa/rpi/cam_helper/cam_helper_ov9281.cpp"
        "; black level: libcamera src/ipa/rpi/vc4/data/ov9281_mono.json, 4096 of 65536"
        "; " LIBCAMERA_PITCH
        "; taken as its sister ov9281, with which it shares the Linux driver ov9282.c"},
    SensorProperties{"ov13858", omnivision(128), kUnknown, kUnknown, 1120,
                     LIBCAMERA_GAIN "; " LIBCAMERA_PITCH
                                    "; default code 128: Linux drivers/media/i2c/ov13858.c"},
};

#undef LIBCAMERA_GAIN
#undef LIBCAMERA_PROPERTIES
#undef LIBCAMERA_PITCH

}  // namespace

double SensorGain::gain(double code) const {
  if (step_db > 0)
    return std::pow(10.0, code * step_db / 20.0);
  return (m0 * code + c0) / (m1 * code + c1);
}

double SensorGain::code(double gain) const {
  if (step_db > 0)
    return 20.0 * std::log10(gain) / step_db;
  return (c0 - c1 * gain) / (m1 * gain - m0);
}

const SensorProperties* find_sensor_properties(std::string_view model) {
  const std::string_view base = model.substr(0, model.find('_'));
  for (std::string_view name : {model, base}) {
    const auto* it = std::ranges::find(kSensors, name, &SensorProperties::model);
    if (it != kSensors.end())
      return it;
  }
  return nullptr;
}

std::span<const SensorProperties> all_sensor_properties() {
  return kSensors;
}

}  // namespace gstcam::v4l2
