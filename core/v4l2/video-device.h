/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VideoDevice: a /dev/video* node: what it is, what it can deliver, and the format it is set to.
 *
 * Its buffers are BufferQueue's, its controls DeviceControls', its events EventQueue's; all of them
 * work on device(). What a driver enumerates is checked: sizes of 0 or over kMaxFrameSide,
 * intervals of 0/0 and the like are left out (device().remarks() tells); an enumeration that does
 * not end is an error of code Protocol. Not thread safe.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/v4l2/device.h"
#include "core/v4l2/video-format.h"

namespace gstcam::v4l2 {

struct VideoInfo {
  std::string driver;         // "uvcvideo"
  std::string card;           // "HD Webcam: HD Webcam"
  std::string bus;            // "usb-0000:00:14.0-1"
  uint32_t version = 0;       // KERNEL_VERSION
  uint32_t capabilities = 0;  // V4L2_CAP_* of this node, not of the whole device
  uint32_t buffer_type = 0;   // V4L2_BUF_TYPE_* of its queue
};

struct FormatDescription {
  uint32_t fourcc = 0;
  std::string description;
  bool compressed = false;
  bool emulated = false;  // by a library, not by the device
};

/** min == max: one size. Otherwise every size from min to max in steps (1 where continuous). */
struct SizeRange {
  Size min;
  Size max;
  Size step{1, 1};
  [[nodiscard]] bool discrete() const { return min == max; }
  bool operator==(const SizeRange&) const = default;
};

/** Shortest to longest; equal for one interval. */
struct IntervalRange {
  Fraction min;
  Fraction max;
  [[nodiscard]] bool discrete() const { return min == max; }
  bool operator==(const IntervalRange&) const = default;
};

class VideoDevice {
 public:
  /**
   * Unsupported for nodes that are no queue of frames or metadata (codecs, radio), or that cannot
   * stream.
   */
  static Result<VideoDevice> open(Kernel& kernel, const std::string& path);

  [[nodiscard]] const VideoInfo& info() const { return info_; }
  [[nodiscard]] Device& device() { return device_; }
  [[nodiscard]] const Device& device() const { return device_; }
  [[nodiscard]] uint32_t buffer_type() const { return info_.buffer_type; }

  /** `mbus_code`: only what can be made of that code, where the node is part of a graph (0: all).
   */
  Result<std::vector<FormatDescription>> formats(uint32_t mbus_code = 0);
  /** Empty where the driver does not enumerate them: try_format() tells then. */
  Result<std::vector<SizeRange>> frame_sizes(uint32_t fourcc);
  /** Empty where the driver does not enumerate them. */
  Result<std::vector<IntervalRange>> frame_intervals(uint32_t fourcc, Size size);

  /** Busy where another file has buffers here. Before there are any of this one: they would go. */
  Result<void> check_free();

  Result<VideoFormat> format();
  /** The nearest the driver can do; it may differ in everything. Nothing changes. */
  Result<VideoFormat> try_format(const VideoFormat& wanted);
  /** The same, and it is set. Busy while buffers are allocated. */
  Result<VideoFormat> set_format(const VideoFormat& wanted);

  /** Time from frame to frame. Unsupported where the driver cannot tell. */
  Result<Fraction> interval();
  /** What the driver made of it. */
  Result<Fraction> set_interval(Fraction wanted);

  /** False where the driver has no way to export its buffers as dmabufs. Nothing changes. */
  [[nodiscard]] bool may_export() const;

  /** `target`: V4L2_SEL_TGT_*. */
  Result<Rect> selection(uint32_t target);
  /** What the driver made of it; `flags`: V4L2_SEL_FLAG_*. */
  Result<Rect> set_selection(uint32_t target, Rect wanted, uint32_t flags = 0);

 private:
  VideoDevice(Device device, VideoInfo info) : device_(std::move(device)), info_(std::move(info)) {}
  Result<VideoFormat> negotiate(unsigned long request, const VideoFormat& wanted,
                                const std::string& what);
  Result<Fraction> checked_interval(const v4l2_streamparm& raw);
  [[nodiscard]] Result<Rect> checked_rect(const v4l2_rect& raw) const;
  /** What selections are asked with: never the multi-planar types. */
  [[nodiscard]] uint32_t selection_type() const;

  Device device_;
  VideoInfo info_;
};

}  // namespace gstcam::v4l2
