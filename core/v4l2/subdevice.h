/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Subdevice: a /dev/v4l-subdev* node: a sensor, receiver or ISP block of a media graph, its formats
 * pad by pad, its selections and routes.
 *
 * Its controls are DeviceControls', its events EventQueue's, both on device(). What it enumerates
 * is checked as VideoDevice does it. `Which::Try` answers for this file alone and changes nothing.
 * Not thread safe.
 */
#pragma once

#include <linux/v4l2-subdev.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/v4l2/device.h"
#include "core/v4l2/video-device.h"
#include "core/v4l2/video-format.h"

namespace gstcam::v4l2 {

struct PadFormat {
  uint32_t code = 0;  // MEDIA_BUS_FMT_*
  Size size;
  uint32_t field = V4L2_FIELD_NONE;
  uint32_t colorspace = V4L2_COLORSPACE_DEFAULT;
  uint32_t ycbcr_encoding = V4L2_YCBCR_ENC_DEFAULT;
  uint32_t quantization = V4L2_QUANTIZATION_DEFAULT;
  uint32_t transfer = V4L2_XFER_FUNC_DEFAULT;
  bool operator==(const PadFormat&) const = default;
  /** "3280x2464 RGGB 10 bit" */
  [[nodiscard]] std::string to_string() const;
};

struct SubdeviceRoute {
  uint32_t sink_pad = 0;
  uint32_t sink_stream = 0;
  uint32_t source_pad = 0;
  uint32_t source_stream = 0;
  bool active = true;
  bool operator==(const SubdeviceRoute&) const = default;
};

class Subdevice {
 public:
  enum class Which : uint8_t { Try, Active };

  /** `name`: the entity's, for messages; may be empty. */
  static Result<Subdevice> open(Kernel& kernel, const std::string& path, const std::string& name);

  [[nodiscard]] Device& device() { return device_; }
  [[nodiscard]] const Device& device() const { return device_; }
  /** Another driver leads it: formats can be read only. */
  [[nodiscard]] bool read_only() const { return read_only_; }

  Result<std::vector<uint32_t>> codes(uint32_t pad);
  Result<std::vector<SizeRange>> frame_sizes(uint32_t pad, uint32_t code);

  Result<PadFormat> format(uint32_t pad, Which which = Which::Active);
  /** What the driver made of it; it may differ in everything. */
  Result<PadFormat> set_format(uint32_t pad, const PadFormat& wanted, Which which = Which::Active);

  /** `target`: V4L2_SEL_TGT_*. */
  Result<Rect> selection(uint32_t pad, uint32_t target, Which which = Which::Active);
  /** The same; none where the driver has none of that target. */
  Result<std::optional<Rect>> find_selection(uint32_t pad, uint32_t target);
  Result<Rect> set_selection(uint32_t pad, uint32_t target, Rect wanted,
                             Which which = Which::Active);

  /** It has streams, and the kernel lets applications route them. */
  [[nodiscard]] bool has_streams() const { return has_streams_; }
  /** Empty where it has no streams: then each sink leads to each source. */
  Result<std::vector<SubdeviceRoute>> routes();
  /** Replaces all routes; formats of all pads are the driver's defaults afterwards. */
  Result<void> set_routes(const std::vector<SubdeviceRoute>& routes);

 private:
  explicit Subdevice(Device device) : device_(std::move(device)) {}
  [[nodiscard]] Result<Rect> checked(const v4l2_subdev_selection& raw) const;
  [[nodiscard]] Result<PadFormat> checked(const v4l2_subdev_format& raw) const;

  Device device_;
  bool read_only_ = false;
  bool has_streams_ = false;
};

}  // namespace gstcam::v4l2
