/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: webcam-modes FRAMES DEVICE LOG [DEVICE LOG]...
 * So many frames of every format, size and rate of a test webcam through camerasrc, spread over
 * several of its kind (DEVICE; LOG is what its --log writes), which stream at the same time.
 *
 * The modes offered are those of the webcam's model and those that v4l2src offers. In every mode:
 *
 * - camerasrc negotiates the caps that v4l2src negotiates with the same device
 * - every byte of every frame is what the camera sent with the number that belongs to its offset: a
 *   gap in the offsets is one in the numbers and of the same size, and nothing comes twice
 * - a timestamp is not before the camera took the picture and not after the frame arrived; from the
 *   first to the last they take as long as the camera's clock ticked
 * - no frame is copied
 *
 * The driver drops frames where this machine is too slow to bring its buffers back. That is said,
 * and is a failure only where the machine was not slow: where no frame took longer than two
 * intervals to arrive, so that most of the driver's buffers were with the driver all the time.
 */
#include <gst/video/video.h>

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/vm/capture/agenda.h"
#include "tests/vm/capture/captured.h"
#include "tests/vm/capture/mode.h"
#include "tests/vm/webcam/flat-jpeg.h"
#include "tests/vm/webcam/model.h"
#include "tests/vm/webcam/picture.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;
using gstcam::webcam::Bytes;

Error wrong(const std::string& what) {
  return Error(Error::Code::Failed, what);
}

bool is_coded(const Mode& mode) {
  return mode.format.empty();
}

Modes modes_of_model() {
  Modes modes;
  for (const webcam::Format& format : webcam::Model().formats) {
    const bool coded = format.coding == webcam::Coding::Mjpeg;
    for (const webcam::FrameSize& size : format.sizes) {
      for (const uint32_t interval : size.intervals) {
        Mode mode{coded ? "image/jpeg" : "video/x-raw", coded ? "" : "YUY2", size.width,
                  size.height};
        gst_video_guess_framerate(GstClockTime{interval} * 100, &mode.rate_n, &mode.rate_d);
        modes.insert(mode);
      }
    }
  }
  return modes;
}

/** What a webcam noted of its last stream. */
class CameraLog {
 public:
  explicit CameraLog(const std::string& path) : file_(path) {}

  struct Shot {
    int64_t taken;
    uint64_t ticks;
  };
  /** The lines written since it was read last; of streams that follow each other the last one. */
  void read() {
    file_.clear();
    uint32_t number = 0;
    Shot shot{};
    while (file_ >> number >> shot.taken >> shot.ticks) {
      if (number == 0)
        shots_.clear();
      shots_[number] = shot;
    }
  }
  [[nodiscard]] const Shot* shot(uint32_t number) const {
    const auto found = shots_.find(number);
    return found == shots_.end() ? nullptr : &found->second;
  }

 private:
  std::ifstream file_;
  std::map<uint32_t, Shot> shots_;
};

/** Compares frames with what the camera has to have sent. */
class Content {
 public:
  explicit Content(const Mode& mode)
      : mode_(mode),
        picture_(static_cast<unsigned>(mode.width), static_cast<unsigned>(mode.height)) {}

  struct Seen {
    uint32_t number;
    int64_t timestamp;
    int64_t arrived;
  };
  [[nodiscard]] const std::vector<Seen>& seen() const { return seen_; }

  Result<void> look_at(const CapturedFrame& frame) {
    if (!ahead_) {
      /* Offsets begin with the first frame that the driver delivered. */
      constexpr uint32_t kMostLost = 50;
      for (uint32_t number = 0; number < kMostLost && !ahead_; number++) {
        if (is(frame, number))
          ahead_ = number - static_cast<uint32_t>(frame.offset);
      }
      if (!ahead_)
        return wrong("the first frame is none of the camera's first");
    }
    const uint32_t number = static_cast<uint32_t>(frame.offset) + *ahead_;
    if (!is(frame, number))
      return wrong("the frame with offset " + std::to_string(frame.offset) +
                   " is not the camera's picture " + std::to_string(number));
    seen_.push_back({number, frame.timestamp, frame.arrived});
    return {};
  }

 private:
  bool is(const CapturedFrame& frame, uint32_t number) {
    picture_.draw(number, webcam::Look());
    if (is_coded(mode_)) {
      const Bytes expected = webcam::flat_jpeg(picture_);
      return gst_buffer_get_size(frame.buffer) == expected.size() &&
             gst_buffer_memcmp(frame.buffer, 0, expected.data(), expected.size()) == 0;
    }
    GstVideoInfo info;
    GstVideoFrame video;
    if (!gst_video_info_from_caps(&info, frame.caps) ||
        !gst_video_frame_map(&video, &info, frame.buffer, GST_MAP_READ))
      return false;
    const bool same =
        is_picture(static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&video, 0)),
                   static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&video, 0)), number);
    gst_video_frame_unmap(&video);
    return same;
  }

  /** Of a picture of blocks one line a block is enough to make, until the last, which is marked. */
  bool is_picture(const uint8_t* data, size_t stride, uint32_t number) {
    constexpr unsigned kLines = 8;
    line_.resize(static_cast<size_t>(mode_.width) * 2);
    for (unsigned row = 0; row < picture_.rows(); row++) {
      for (size_t x = 0; x < static_cast<size_t>(mode_.width); x += 2) {
        const auto column = static_cast<unsigned>(x / kLines);
        const uint8_t pair[] = {picture_.y(column, row), picture_.cb(column / 2, row),
                                picture_.y(column, row), picture_.cr(column / 2, row)};
        std::memcpy(&line_[x * 2], pair, sizeof pair);
      }
      for (unsigned line = 0; line < kLines; line++) {
        if (row + 1 == picture_.rows() && line + 1 == kLines) {
          for (unsigned i = 0; i < 4; i++)
            line_[size_t{i} * 2] = static_cast<uint8_t>(number >> (8 * i));
        }
        if (std::memcmp(data + (row * kLines + line) * stride, line_.data(), line_.size()) != 0)
          return false;
      }
    }
    return true;
  }

  const Mode mode_;
  webcam::Picture picture_;
  Bytes line_;
  std::optional<uint32_t> ahead_;  // of the offset
  std::vector<Seen> seen_;
};

struct Timing {
  int64_t mean_interval = 0;
  uint64_t missed_ticks = 0;  // the camera was not ready: this machine is slow
};

Result<Timing> check_times(const std::vector<Content::Seen>& seen, const CameraLog& log,
                           const Mode& mode) {
  for (const Content::Seen& one : seen) {
    const CameraLog::Shot* shot = log.shot(one.number);
    if (!shot)
      return wrong("the camera never took picture " + std::to_string(one.number));
    /* The kernel's are of 1 us. */
    if (one.timestamp < shot->taken - 1000)
      return wrong("picture " + std::to_string(one.number) + " is stamped " +
                   std::to_string(shot->taken - one.timestamp) + " ns before it was taken");
  }
  const CameraLog::Shot& first = *log.shot(seen.front().number);
  const CameraLog::Shot& last = *log.shot(seen.back().number);
  const auto ticks = static_cast<int64_t>(last.ticks - first.ticks);
  const int64_t span = seen.back().timestamp - seen.front().timestamp;
  /* How late the first and the last were seen is not the camera's clock: a tenth is much. */
  const int64_t expected = ticks * mode.frame_duration();
  if (std::llabs(span - expected) > expected / 10)
    return wrong("timestamps take " + std::to_string(span) + " ns for " + std::to_string(ticks) +
                 " ticks of " + std::to_string(mode.frame_duration()) + " ns");
  Timing timing;
  timing.mean_interval = span / std::max<int64_t>(seen.back().number - seen.front().number, 1);
  timing.missed_ticks = static_cast<uint64_t>(ticks) - (seen.back().number - seen.front().number);
  return timing;
}

struct Device {
  std::string node;
  std::string camera;
  std::unique_ptr<CameraLog> log;
};

struct Totals {
  std::atomic<uint64_t> frames = 0;
  std::atomic<uint64_t> lost = 0;
};

Result<std::string> run_mode(Device& device, const Mode& mode, uint64_t frames, Totals& totals) {
  const CapsPtr filter = mode.caps();
  const auto theirs = make_source("v4l2src", "device", device.node);
  Result<Captured> v4l2 = capture(theirs.get(), filter.get(), 1, mode.frame_duration());
  if (!v4l2)
    return v4l2.error().within("v4l2src");
  Content content(mode);
  Result<Captured> captured =
      capture_uncopied(device.camera, filter.get(), frames, mode.frame_duration(),
                       [&content](const CapturedFrame& frame) { return content.look_at(frame); });
  if (!captured)
    return captured.error().within("camerasrc");
  if (captured->lost > 0 && captured->slowest <= 2 * mode.frame_duration())
    return wrong(std::to_string(captured->lost) + " frames lost, and none took longer than " +
                 std::to_string(captured->slowest) + " ns");
  const Result<std::string> odd = compare_caps(captured->caps.get(), v4l2->caps.get());
  if (!odd)
    return odd.error();
  device.log->read();
  const Result<Timing> timing = check_times(content.seen(), *device.log, mode);
  if (!timing)
    return timing.error();
  totals.frames += captured->frames;
  totals.lost += captured->lost;
  char text[200];
  std::snprintf(text, sizeof text,
                "%" PRIu64 " frames, %" PRIu64
                " lost, %.1f ms a frame, the slowest after %.0f ms, %" PRIu64
                " ticks the camera was late%s%s",
                captured->frames, captured->lost, static_cast<double>(timing->mean_interval) / 1e6,
                static_cast<double>(captured->slowest) / 1e6, timing->missed_ticks,
                odd->empty() ? "" : "; caps: ", odd->c_str());
  return std::string(text);
}

Result<Modes> check_offers(const Device& device) {
  const auto theirs = make_source("v4l2src", "device", device.node);
  const Result<Modes> v4l2 = offered_modes(theirs.get());
  if (!v4l2)
    return v4l2.error();
  const auto source = make_source("camerasrc", "camera-name", device.camera);
  Result<Modes> ours = offered_modes(source.get());
  if (!ours)
    return ours;
  const Modes model = modes_of_model();
  struct Pair {
    const Modes& a;
    const Modes& b;
    const char* text;
  };
  for (const Pair& pair : {Pair{model, *ours, "camerasrc does not offer "},
                           Pair{*ours, model, "the camera does not have "},
                           Pair{*v4l2, *ours, "v4l2src offers, camerasrc not, "}}) {
    if (const std::string differ = missing(pair.a, pair.b); !differ.empty())
      return wrong(pair.text + differ);
  }
  return ours;
}

Result<void> run(uint64_t frames, std::vector<Device>& devices) {
  for (Device& device : devices) {
    Result<std::string> camera = camera_of_node(device.node);
    if (!camera)
      return camera.error();
    device.camera = *camera;
  }
  const Result<Modes> modes = check_offers(devices.front());
  if (!modes)
    return modes.error();
  Totals totals;
  Result<void> done = work_off(*modes, devices.size(), [&](size_t i, const Mode& mode) {
    return run_mode(devices[i], mode, frames, totals);
  });
  std::printf("%zu modes, %" PRIu64 " frames, %" PRIu64 " lost, none copied\n", modes->size(),
              totals.frames.load(), totals.lost.load());
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc < 4 || argc % 2 != 0) {
    std::fprintf(stderr, "usage: webcam-modes FRAMES DEVICE LOG [DEVICE LOG]...\n");
    return 2;
  }
  std::vector<Device> devices;
  for (int i = 2; i < argc; i += 2)
    devices.push_back({argv[i], "", std::make_unique<CameraLog>(argv[i + 1])});
  if (Result<void> done = run(std::strtoull(argv[1], nullptr, 10), devices); !done) {
    std::printf("%s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
