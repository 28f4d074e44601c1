/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every call to the kernel fails once, in turn, in a whole life of each kind of device: open,
 * enumerate, configure, stream, stop, close. Each time there is a clear error and nothing is left.
 */
#include <cerrno>
#include <functional>

#include "core/v4l2/buffer-queue.h"
#include "core/v4l2/camera-sensor.h"
#include "core/v4l2/device-controls.h"
#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-device.h"
#include "core/v4l2/video-device.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

#define TRY(expression)                        \
  do {                                         \
    if (auto result_ = (expression); !result_) \
      return result_.error();                  \
  } while (false)

/* Streams some frames from a node that is set up. */
Result<void> stream(VideoDevice& video, SimulatedVideoNode& node) {
  Result<VideoFormat> format = video.format();
  if (!format)
    return format.error();
  Result<BufferQueue> queue =
      BufferQueue::allocate(video.device(), video.buffer_type(), *format, {.count = 2});
  if (!queue)
    return queue.error();
  TRY(queue->export_plane(0, 0));
  for (uint32_t i = 0; i < queue->count(); i++)
    TRY(queue->queue(i));
  TRY(queue->start());
  for (int i = 0; i < 3; i++) {
    node.make_frame();
    Result<std::optional<BufferQueue::Frame>> frame = queue->dequeue();
    if (!frame)
      return frame.error();
    if (!*frame)
      return Error(Error::Code::Failed, "/dev: there is no frame");
    TRY(queue->queue((*frame)->index));
  }
  TRY(queue->stop());
  return queue->release();
}

Result<void> enumerate(VideoDevice& video) {
  Result<std::vector<FormatDescription>> formats = video.formats();
  if (!formats)
    return formats.error();
  for (const FormatDescription& description : *formats) {
    Result<std::vector<SizeRange>> sizes = video.frame_sizes(description.fourcc);
    if (!sizes)
      return sizes.error();
    for (const SizeRange& size : *sizes)
      TRY(video.frame_intervals(description.fourcc, size.max));
  }
  return {};
}

Result<void> run_webcam(SimulatedKernel& kernel) {
  const SimulatedWebcam webcam = plug_webcam(kernel);
  Result<std::vector<std::string>> nodes = media_nodes(kernel);
  if (!nodes)
    return nodes.error();
  if (nodes->empty())
    return Error(Error::Code::NotFound, "/dev has no media device");
  Result<MediaDevice> media = MediaDevice::open(kernel, nodes->front());
  if (!media)
    return media.error();
  Result<MediaGraph> graph = media->graph();
  if (!graph)
    return graph.error();
  const size_t entity = graph->entities_with_function(MEDIA_ENT_F_IO_V4L).at(0);
  Result<std::string> path = node_path(kernel, *graph->entities()[entity].node);
  if (!path)
    return path.error();
  TRY(stable_id(kernel, *path));
  Result<VideoDevice> video = VideoDevice::open(kernel, *path);
  if (!video)
    return video.error();
  TRY(enumerate(*video));
  VideoFormat wanted;
  wanted.fourcc = V4L2_PIX_FMT_YUYV;
  wanted.size = {320, 240};
  TRY(video->try_format(wanted));
  TRY(video->set_format(wanted));
  TRY(video->interval());
  TRY(video->set_interval({1, 15}));
  Result<DeviceControls> controls = DeviceControls::query(video->device());
  if (!controls)
    return controls.error();
  EventQueue events(video->device());
  TRY(events.subscribe(V4L2_EVENT_CTRL, V4L2_CID_EXPOSURE_ABSOLUTE));
  TRY(controls->set(V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL));
  TRY(events.dequeue());
  TRY(controls->refresh(V4L2_CID_EXPOSURE_ABSOLUTE));
  TRY(controls->get(V4L2_CID_EXPOSURE_ABSOLUTE));
  TRY(stream(*video, *webcam.video));
  return events.unsubscribe(V4L2_EVENT_ALL);
}

Result<void> run_raw_camera(SimulatedKernel& kernel) {
  const SimulatedRawCamera camera = plug_raw_camera(kernel);
  camera.receiver->routes.emplace();
  Result<MediaDevice> media = MediaDevice::open(kernel, "/dev/media1");
  if (!media)
    return media.error();
  Result<MediaGraph> graph = media->graph();
  if (!graph)
    return graph.error();
  const size_t source = graph->entities_with_function(MEDIA_ENT_F_CAM_SENSOR).at(0);
  const size_t sink = graph->entities_with_function(MEDIA_ENT_F_IO_V4L).at(0);
  Result<std::vector<size_t>> way = graph->find_path(source, sink);
  if (!way)
    return way.error();
  TRY(media->enable_path(*graph, *way));
  Result<std::unique_ptr<CameraSensor>> sensor =
      CameraSensor::open(kernel, "/dev/v4l-subdev0", graph->entities()[source].name);
  if (!sensor)
    return sensor.error();
  PadFormat wanted;
  wanted.code = (*sensor)->modes().back().format.code;
  wanted.size = {640, 480};
  Result<PadFormat> format = (*sensor)->configure(wanted);
  if (!format)
    return format.error();
  Result<Subdevice> receiver = Subdevice::open(kernel, "/dev/v4l-subdev1", "csi2");
  if (!receiver)
    return receiver.error();
  TRY(receiver->codes(0));
  TRY(receiver->set_routes({{0, 0, 1, 0, true}}));
  TRY(receiver->routes());
  TRY(receiver->set_format(0, *format));
  TRY(receiver->format(1));
  Result<VideoDevice> video = VideoDevice::open(kernel, "/dev/video4");
  if (!video)
    return video.error();
  TRY(video->formats(format->code));
  VideoFormat pixels;
  pixels.fourcc =
      (*sensor)->modes().back().format.bits == 10 ? V4L2_PIX_FMT_SRGGB10P : V4L2_PIX_FMT_SRGGB8;
  pixels.size = format->size;
  TRY(video->set_format(pixels));
  TRY((*sensor)->limits());
  ControlList controls;
  controls.set(ControlId::ExposureTime, int32_t{40000});
  controls.set(ControlId::AnalogueGain, 2.0);
  controls.set(ControlId::FrameDuration, int64_t{60000000});
  TRY((*sensor)->write(controls));
  return stream(*video, *camera.video);
}

Result<void> run_multiplanar(SimulatedKernel& kernel) {
  const std::shared_ptr<SimulatedVideoNode> node = plug_multiplanar(kernel);
  node->selections[V4L2_SEL_TGT_CROP] = {0, 0, 640, 480};
  node->writable_selections = {V4L2_SEL_TGT_CROP};
  Result<VideoDevice> video = VideoDevice::open(kernel, "/dev/video8");
  if (!video)
    return video.error();
  TRY(enumerate(*video));
  VideoFormat wanted;
  wanted.fourcc = V4L2_PIX_FMT_NV12M;
  wanted.size = {320, 240};
  TRY(video->set_format(wanted));
  Result<Rect> crop = video->selection(V4L2_SEL_TGT_CROP);
  if (!crop)
    return crop.error();
  TRY(video->set_selection(V4L2_SEL_TGT_CROP, *crop));
  return stream(*video, *node);
}

#undef TRY

using Life = std::function<Result<void>(SimulatedKernel&)>;

struct Kind {
  const char* name;
  Life life;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kinds = {
      {"webcam", run_webcam}, {"raw camera", run_raw_camera}, {"multi-planar", run_multiplanar}};
  return kinds;
}

bool is_ioctl(unsigned long request) {
  return request > SimulatedKernel::kSysfs;
}

/* Calls whose failure is an answer: the driver has none of it, or there is no more. */
bool is_answer(unsigned long request, int error) {
  switch (error) {
    case EINVAL:
    case ENOTTY:
      return true;
    case ENOSPC:
      return request == MEDIA_IOC_G_TOPOLOGY;  // it grew: asked again
    case EINTR:
      return is_ioctl(request) || request == SimulatedKernel::kOpen;
    default:
      return false;
  }
}

Error::Code code_of(int error) {
  switch (error) {
    case EIO:
      return Error::Code::Failed;
    case ENODEV:
      return Error::Code::Lost;
    case EBUSY:
      return Error::Code::Busy;
    case ENOMEM:
    case ENOSPC:
      return Error::Code::NoSpace;
    case EACCES:
      return Error::Code::Permission;
    case ENOTTY:
      return Error::Code::Unsupported;
    default:
      return Error::Code::Invalid;
  }
}

size_t calls_of(const Kind& kind) {
  SimulatedKernel kernel;
  const LeakCheck leaks(kernel);
  expect(kind.life(kernel));
  return kernel.calls();
}

void test_every_call() {
  for (const Kind& kind : kinds()) {
    const size_t calls = calls_of(kind);
    g_test_message("%s: %zu calls", kind.name, calls);
    g_assert_cmpuint(calls, >, 25);
    for (size_t n = 0; n < calls; n++) {
      for (const int error :
           {EIO, ENODEV, EBUSY, ENOMEM, ENOSPC, EACCES, EPIPE, EINVAL, ENOTTY, EINTR}) {
        SimulatedKernel kernel;
        const LeakCheck leaks(kernel);
        kernel.fail_call(n, error);
        const Result<void> result = kind.life(kernel);
        const unsigned long request = kernel.call(n).request;
        const std::string what = std::string(kind.name) + ": call " + std::to_string(n) + ", " +
                                 request_name(request) + ": " + g_strerror(error);
        // What close() answers is of no use to anybody: the descriptor is gone.
        const bool may_pass = request == SimulatedKernel::kClose || is_answer(request, error);
        if (result) {
          if (!may_pass)
            g_error("%s: nobody noticed", what.c_str());
          continue;
        }
        const Error& e = result.error();
        if (e.message.find("/dev") == std::string::npos &&
            e.message.find("/sys") == std::string::npos) {
          g_error("%s: '%s' tells no node", what.c_str(), e.message.c_str());
        }
        if (!is_ioctl(request) || may_pass)
          continue;
        if (e.code != code_of(error) ||
            e.message.find(request_name(request)) == std::string::npos ||
            e.message.find(kernel.call(n).path) == std::string::npos) {
          g_error("%s: unclear: '%s' (%s)", what.c_str(), e.message.c_str(), to_string(e.code));
        }
      }
    }
  }
}

/* The plug is pulled at every moment. */
void test_unplug() {
  for (const Kind& kind : kinds()) {
    const size_t calls = calls_of(kind);
    for (size_t n = 0; n < calls; n++) {
      SimulatedKernel kernel;
      const LeakCheck leaks(kernel);
      kernel.unplug_at_call(n);
      const Result<void> result = kind.life(kernel);
      if (result) {
        // Only what is closed already does not notice.
        g_assert_cmpuint(kernel.call(n).request, ==, SimulatedKernel::kClose);
        continue;
      }
      const Error::Code code = result.error().code;
      if (code != Error::Code::Lost && code != Error::Code::NotFound)
        g_error("%s: call %zu: '%s'", kind.name, n, result.error().message.c_str());
    }
  }
}

/* The way from sensor to node is not what streaming takes. */
void test_links() {
  for (const bool linked : {false, true}) {
    SimulatedKernel kernel;
    const LeakCheck leaks(kernel);
    const SimulatedRawCamera camera = plug_raw_camera(kernel);
    MediaDevice media = expect(MediaDevice::open(kernel, "/dev/media1"));
    MediaGraph graph = expect(media.graph());
    if (linked)
      expect(media.enable_path(graph, expect(graph.find_path(0, 2))));
    VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video4"));
    const Result<void> result = stream(video, *camera.video);
    expect_error(result, Error::Code::Invalid,
                 linked ? "/dev/video4 (unicam): cannot start streaming (VIDIOC_STREAMON): Broken"
                        : "Link has been severed");
    g_assert_nonnull(std::strstr(result.error().hint.c_str(), "media-ctl"));
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/faults/every-call", test_every_call);
  g_test_add_func("/v4l2/faults/unplug", test_unplug);
  g_test_add_func("/v4l2/faults/links", test_links);
  return g_test_run();
}
