/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * webcam-frames DEVICE mjpeg|yuyv WIDTH HEIGHT RATE COUNT [PID]
 *
 * Takes COUNT frames of a test webcam through v4l2src, and looks at the number in each: it has to
 * be the one by which the kernel counts them, so that none is lost, doubled or in disorder without
 * being noticed. Frames that the driver dropped because we were slow are said, and are no failure:
 * how fast a machine is is not what is tested.
 *
 * With PID it then kills that process, which is the camera, and expects v4l2src to say so and the
 * device to answer ENODEV.
 */
#include <fcntl.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>

#include "base/glib-ptr.h"
#include "base/unique-fd.h"
#include "tests/vm/webcam/picture.h"

namespace {

using namespace gstcam;
using namespace gstcam::webcam;

using SamplePtr = HandlePtr<GstSample, gst_sample_unref>;
using MessagePtr = HandlePtr<GstMessage, gst_message_unref>;

constexpr GstClockTime kPatience =
    60 * GST_SECOND;  // for a frame or a message; only a hang takes it

struct Options {
  std::string device;
  bool mjpeg;
  int width, height, rate;
  guint64 count;
  pid_t camera;  // to kill; 0: none
};

/**
 * The kernel's numbers of the buffers that v4l2src sent, in their order: a decoder hands on
 * pictures in the same order, but not the numbers. (Nor do time stamps tell: all from before the
 * pipeline ran are 0.)
 */
class Sequences {
 public:
  static GstPadProbeReturn note(GstPad*, GstPadProbeInfo* probe, gpointer self) {
    auto* sequences = static_cast<Sequences*>(self);
    const std::lock_guard lock(sequences->mutex_);
    sequences->numbers_.push_back(GST_BUFFER_OFFSET(GST_PAD_PROBE_INFO_BUFFER(probe)));
    return GST_PAD_PROBE_OK;
  }
  guint64 take() {
    const std::lock_guard lock(mutex_);
    if (numbers_.empty())
      return GST_BUFFER_OFFSET_NONE;
    const guint64 number = numbers_.front();
    numbers_.pop_front();
    return number;
  }

 private:
  std::mutex mutex_;
  std::deque<guint64> numbers_;
};

Error wrong(const std::string& what) {
  return Error(Error::Code::Failed, what);
}

/** The number in a frame. */
Result<uint32_t> number_of(GstSample* sample, bool exact) {
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
    return wrong("a frame cannot be read");
  const auto stride = static_cast<size_t>(GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0));
  const auto height = static_cast<unsigned>(GST_VIDEO_FRAME_HEIGHT(&frame));
  const ByteSpan luma(static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)),
                      stride * height);
  const auto number =
      read_number(luma, stride, static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 0)));
  const uint32_t exactly = exact ? read_exact_number(luma, stride, height) : 0;
  gst_video_frame_unmap(&frame);
  if (!number)
    return wrong("a frame without a number in it");
  if (exact && exactly != *number)
    return wrong("two numbers in one frame: " + std::to_string(*number) + " and " +
                 std::to_string(exactly));
  return *number;
}

/** What an element complained of until now; empty: nothing. */
std::string complaint(GstBus* bus, GstClockTime wait) {
  const MessagePtr message(gst_bus_timed_pop_filtered(bus, wait, GST_MESSAGE_ERROR));
  if (!message)
    return {};
  ErrorOut error;
  gchar* debug = nullptr;
  gst_message_parse_error(message.get(), &error, &debug);
  const CharPtr owned(debug);
  return std::string(error.message()) + " (" + (debug ? debug : "") + ")";
}

Result<void> check_frames(const Options& options, GstAppSink* sink, GstBus* bus,
                          Sequences& sequences) {
  // v4l2src (1.22) adds one to the kernel's numbers, but not always to the first: so from the
  // second on.
  guint64 before = 0, dropped = 0, ahead = 0;
  for (guint64 i = 0; i < options.count; i++) {
    const SamplePtr sample(gst_app_sink_try_pull_sample(sink, kPatience));
    if (!sample)
      return wrong("no frame " + std::to_string(i) + ": " + complaint(bus, 0));
    auto number = number_of(sample.get(), !options.mjpeg);
    if (!number)
      return number.error();
    const guint64 sequence = sequences.take();
    if (i == 1)
      ahead = sequence - *number;
    if (i >= 1 && *number + ahead != sequence)
      return wrong("the frame with the number " + std::to_string(*number) + " is v4l2src's " +
                   std::to_string(sequence) + ", which is ahead by " + std::to_string(ahead));
    if (ahead > 1)
      return wrong("v4l2src is ahead by " + std::to_string(ahead));
    if (i > 0 && *number <= before)
      return wrong("frame " + std::to_string(*number) + " comes after " + std::to_string(before));
    dropped += i > 0 ? *number - before - 1 : *number;
    before = *number;
  }
  std::printf("%s %dx%d: %" G_GUINT64_FORMAT " frames in order, %" G_GUINT64_FORMAT
              " dropped by the driver\n",
              options.mjpeg ? "MJPEG" : "YUYV", options.width, options.height, options.count,
              dropped);
  return {};
}

Result<void> pull_cable(const Options& options, GstBus* bus) {
  const UniqueFd before(::open(options.device.c_str(), O_RDWR | O_CLOEXEC));
  if (!before.valid())
    return Error::from_errno(errno, "cannot open " + options.device);
  if (::kill(options.camera, SIGKILL) != 0)
    return Error::from_errno(errno, "cannot kill the camera");
  const std::string said = complaint(bus, kPatience);
  if (said.empty())
    return wrong("v4l2src does not notice that the camera is gone");
  std::printf("unplugged; v4l2src: %s\n", said.c_str());
  v4l2_capability capability = {};
  if (::ioctl(before.get(), VIDIOC_QUERYCAP, &capability) == 0 || errno != ENODEV)
    return Error::from_errno(errno, "the unplugged device does not answer ENODEV");
  return {};
}

Result<void> run(const Options& options) {
  const std::string size = ",width=" + std::to_string(options.width) +
                           ",height=" + std::to_string(options.height) +
                           ",framerate=" + std::to_string(options.rate) + "/1";
  const std::string description =
      "v4l2src name=source device=" + options.device + " ! " +
      (options.mjpeg ? "image/jpeg" + size + " ! jpegdec" : "video/x-raw,format=YUY2" + size) +
      " ! appsink name=sink sync=false";
  ErrorOut error;
  const auto pipeline = ObjectPtr<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(description.c_str(), &error))));
  if (error)
    return wrong(error.message());
  const auto part = [&](const char* name) {
    return ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
  };
  const auto bus = ObjectPtr<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  const auto source = part("source"), sink = part("sink");
  Sequences sequences;
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(source.get(), "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, Sequences::note, &sequences, nullptr);

  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  auto done = check_frames(options, GST_APP_SINK(sink.get()), bus.get(), sequences);
  if (done && options.camera != 0)
    done = pull_cable(options, bus.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 7 && argc != 8) {
    std::fprintf(stderr, "usage: webcam-frames DEVICE mjpeg|yuyv WIDTH HEIGHT RATE COUNT [PID]\n");
    return 2;
  }
  const auto number = [&](int i) { return std::strtol(argv[i], nullptr, 10); };
  const Options options = {argv[1],
                           std::strcmp(argv[2], "mjpeg") == 0,
                           static_cast<int>(number(3)),
                           static_cast<int>(number(4)),
                           static_cast<int>(number(5)),
                           static_cast<guint64>(number(6)),
                           argc == 8 ? static_cast<pid_t>(number(7)) : 0};
  if (auto done = run(options); !done) {
    std::printf("%s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
