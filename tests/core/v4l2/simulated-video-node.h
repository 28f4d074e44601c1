/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedVideoNode: a /dev/video* node as its description says: formats with sizes and intervals,
 * one queue, controls, selections. Single- or multi-planar, video or metadata, in or out.
 *
 * What the test does to it (make_frame() ...) may come from any thread.
 */
#pragma once

#include <linux/videodev2.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/v4l2/video-device.h"
#include "tests/core/v4l2/simulated-controls.h"
#include "tests/core/v4l2/simulated-kernel.h"
#include "tests/core/v4l2/simulated-queue.h"

namespace gstcam::v4l2::test {

struct SimulatedFormat {
  uint32_t fourcc = 0;
  std::string description;
  bool compressed = false;
  /* Bytes of a row are width * bits / 8 (of plane 0; each other plane has half its bytes). */
  uint32_t bits = 16;
  uint32_t plane_count = 1;
  std::vector<SizeRange> sizes;  // several discrete ones, or one range
  bool continuous = false;
  std::vector<IntervalRange> intervals;  // of every size
};

struct SimulatedVideoDescription {
  std::string driver = "simulated";
  std::string card = "Simulated camera";
  std::string bus = "platform:simulated";
  uint32_t buffer_type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  uint32_t extra_capabilities = 0;
  std::vector<SimulatedFormat> formats;
};

class SimulatedVideoNode final : public SimulatedNode {
 public:
  explicit SimulatedVideoNode(SimulatedVideoDescription description);

  int ioctl(SimulatedFile& file, unsigned long request, void* argument) override;
  short poll(const SimulatedFile& file, short events) override;
  Memory memory(const SimulatedFile& file, off_t offset) override;
  void closed(const SimulatedFile& file) override;
  [[nodiscard]] size_t buffers() const override { return queue_.count(); }

  /** See SimulatedQueue. */
  bool make_frame(const SimulatedFrame& frame = {});
  void break_down();

  [[nodiscard]] SimulatedControls& controls() { return controls_; }
  [[nodiscard]] SimulatedQueue& queue() { return queue_; }
  [[nodiscard]] const VideoFormat& format() const { return format_; }
  /** Selections by target that may be read; those in `writable` may be written. */
  std::map<uint32_t, Rect> selections;
  std::vector<uint32_t> writable_selections;
  bool has_interval = true;
  /** What poll() reports besides, as long as nobody streams: some drivers complain. */
  short idle_poll = 0;

 private:
  int capability(v4l2_capability& raw) const;
  int enum_format(v4l2_fmtdesc& raw) const;
  int enum_size(v4l2_frmsizeenum& raw) const;
  int enum_interval(v4l2_frmivalenum& raw) const;
  int set_format(v4l2_format& raw, bool keep);
  int parm(v4l2_streamparm& raw, bool set);
  int selection(v4l2_selection& raw, bool set);
  [[nodiscard]] const SimulatedFormat* find(uint32_t fourcc) const;
  [[nodiscard]] VideoFormat adjusted(const VideoFormat& wanted) const;

  SimulatedVideoDescription description_;
  SimulatedQueue queue_;
  SimulatedControls controls_;
  VideoFormat format_;
  Fraction interval_{1, 30};
};

}  // namespace gstcam::v4l2::test
