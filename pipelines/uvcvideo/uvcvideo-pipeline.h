/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UvcvideoPipeline: the handler of a webcam, or of any capture node that delivers frames by itself.
 *
 * No IPA: exposure, white balance and focus are the camera's own, and its controls are mapped to
 * ours (webcam-controls.h). Frames are the driver's buffers, exported as dmabufs: nothing is
 * copied. A request's controls are written when it is queued, and act on some frame soon after:
 * UVC does not say on which.
 *
 * Frames that the driver marks damaged, or that are too short, are not delivered: their buffer goes
 * back to the driver and their number is missing. Timestamps are the driver's, of the start of
 * exposure where it says so; where it stamps the end of a frame, one frame duration is taken off.
 *
 * Threads: as PipelineHandler says. streams() asks the device when it is called first.
 */
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/v4l2/device-watch.h"
#include "core/v4l2/driver-frames.h"
#include "core/v4l2/video-device.h"
#include "pipelines/uvcvideo/webcam-controls.h"

namespace gstcam::uvcvideo {

struct WebcamDescription {
  std::string id;      // "uvcvideo/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0"
  std::string model;   // "HD Webcam"
  std::string path;    // "/dev/video0"
  std::string device;  // the hardware behind it: v4l2::stable_id()
  CameraProperties properties;
};

class UvcvideoPipeline final : public PipelineHandler {
 public:
  /** The kernel outlives it. */
  UvcvideoPipeline(v4l2::Kernel& kernel, WebcamDescription description);
  ~UvcvideoPipeline() override;

  [[nodiscard]] const std::string& id() const override { return description_.id; }
  [[nodiscard]] const std::string& model() const override { return description_.model; }
  [[nodiscard]] const std::vector<StreamCapabilities>& streams() const override;
  [[nodiscard]] const CameraProperties& properties() const override {
    return description_.properties;
  }

  Result<void> open(const CameraOptions& options, PipelineListener& listener) override;
  void close() override;
  Result<void> configure(std::vector<StreamConfiguration>& streams) override;
  [[nodiscard]] const ControlRanges& controls() const override;
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) override;
  Result<void> start(const ControlList& controls) override;
  void stop() override;
  void queue_request(Request* request) override;
  [[nodiscard]] int ipa_pid() const override { return 0; }

 private:
  [[nodiscard]] Result<v4l2::VideoDevice> open_node() const;

  /* Requests that the driver has, oldest first; it returns buffers in this order. */
  struct Pending {
    Request* request;
    uint32_t index;
  };

  Result<void> set_up(StreamConfiguration& stream);
  Result<void> set_rate(StreamConfiguration& stream);
  void ready(v4l2::DeviceWatch::Ready what);
  Result<bool> take_frame();
  Result<void> deliver(const v4l2::BufferQueue::Frame& frame);
  Result<void> give_back_damaged(uint32_t index);
  void complete(Request& request, const v4l2::BufferQueue::Frame& frame);
  void fail(const Error& error);

  v4l2::Kernel& kernel_;
  const WebcamDescription description_;

  mutable std::mutex streams_mutex_;
  mutable std::vector<StreamCapabilities> streams_;  // one, or none as long as nobody could look

  PipelineListener* listener_ = nullptr;
  std::optional<v4l2::VideoDevice> device_;
  std::optional<WebcamControls> controls_;
  std::unique_ptr<v4l2::DeviceWatch> watch_;
  std::optional<v4l2::DriverFrames> frames_;
  StreamConfiguration stream_;
  bool running_ = false;
  bool failed_ = false;
  std::array<Pending, Camera::kMaxRequests> pending_{};
  size_t first_pending_ = 0;
  size_t pending_count_ = 0;
};

}  // namespace gstcam::uvcvideo
