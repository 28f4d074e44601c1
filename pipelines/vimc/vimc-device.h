/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VimcDevice: the media graph of one vimc, opened, and set up for the streams that are wanted.
 *
 *     Sensor A -+-> Raw Capture 0                                     stream 1
 *               +-> Debayer A -x
 *     Sensor B -+-> Raw Capture 1                                     stream 2
 *               +-> Debayer B --> Scaler --> RGB/YUV Capture          stream 0
 *
 * A sensor feeds one capture node at a time: the kernel refuses the second STREAMON (EINVAL, and a
 * warning in its log). So streams 0 and 2 do not go together; 1 goes with either. The kernel checks
 * every link that leaves a sensor which streams, whoever asked for it, so configure() gives all
 * pads and nodes formats that fit, also those nobody captures from, whatever they were before.
 *
 * Objects that work on its devices must go before it. One thread.
 */
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/stream.h"
#include "core/v4l2/media-device.h"
#include "core/v4l2/subdevice.h"
#include "core/v4l2/video-device.h"
#include "pipelines/vimc/sensor-controls.h"

namespace gstcam::vimc {

/* Streams of a camera. */
inline constexpr uint32_t kScaled = 0;
inline constexpr uint32_t kRawA = 1;
inline constexpr uint32_t kRawB = 2;
inline constexpr uint32_t kStreamCount = 3;

class VimcDevice {
 public:
  /** Of a sensor whose mosaic nobody captures. */
  static constexpr Size kNativeSize{640, 480};

  static Result<std::unique_ptr<VimcDevice>> open(v4l2::Kernel& kernel,
                                                  const std::string& media_node);
  VimcDevice(const VimcDevice&) = delete;
  VimcDevice& operator=(const VimcDevice&) = delete;

  [[nodiscard]] v4l2::VideoDevice& node(uint32_t stream) { return *nodes_[stream]; }
  [[nodiscard]] SensorControls::Devices controlled();
  /** What each stream can be. */
  Result<std::vector<StreamCapabilities>> capabilities();

  /**
   * Links and formats for these streams. Unsupported for streams that cannot run together; Busy
   * while somebody else captures.
   */
  Result<void> configure(const std::vector<StreamConfiguration>& streams);
  /** What a node is set to, after configure(). */
  [[nodiscard]] const v4l2::VideoFormat& format(uint32_t stream) const { return formats_[stream]; }
  /** The mosaic of the sensor behind a stream, after configure(). */
  [[nodiscard]] const v4l2::PadFormat& sensor_format(uint32_t stream) const {
    return stream == kRawA ? sensor_formats_[0] : sensor_formats_[1];
  }

 private:
  explicit VimcDevice(v4l2::MediaDevice media) : media_(std::move(media)) {}
  Result<void> open_entities(v4l2::Kernel& kernel);
  Result<std::string> path_of(v4l2::Kernel& kernel, const char* entity) const;
  Result<void> set_links();
  Result<void> set_sensor(size_t unit, const v4l2::PadFormat& mosaic, uint32_t debayered);
  Result<void> set_pad(v4l2::Subdevice& subdevice, uint32_t pad, const v4l2::PadFormat& wanted);
  Result<void> set_node(uint32_t stream, PixelFormat format, Size size);

  v4l2::MediaDevice media_;
  v4l2::MediaGraph graph_;
  std::array<std::optional<v4l2::Subdevice>, 2> sensors_;
  std::array<std::optional<v4l2::Subdevice>, 2> debayers_;
  std::optional<v4l2::Subdevice> scaler_;
  std::array<std::optional<v4l2::VideoDevice>, kStreamCount> nodes_;
  std::array<v4l2::VideoFormat, kStreamCount> formats_{};
  std::array<v4l2::PadFormat, 2> sensor_formats_{};
};

}  // namespace gstcam::vimc
