/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * core/v4l2 on a real kernel: vivid's webcams or vimc's media graph (tests/vm), so that what the
 * simulated kernel does is what kernels do.
 *
 * usage: v4l2-devices-test vivid|vimc
 */
#include <linux/media-bus-format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/v4l2/buffer-queue.h"
#include "core/v4l2/device-controls.h"
#include "core/v4l2/device-nodes.h"
#include "core/v4l2/device-watch.h"
#include "core/v4l2/media-bus-format.h"
#include "core/v4l2/media-device.h"
#include "core/v4l2/subdevice.h"
#include "core/v4l2/video-device.h"
#include "tests/core/v4l2/seam.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

Kernel& kernel() {
  return system_kernel();
}

/* Every node that is a camera. */
std::vector<std::string> cameras() {
  std::vector<std::string> found;
  for (const std::string& path : expect(video_nodes(kernel()))) {
    Result<VideoDevice> video = VideoDevice::open(kernel(), path);
    if (!video) {
      expect_error(video, Error::Code::Unsupported, path.c_str());
      continue;
    }
    if (!is_output(video->buffer_type()) && !is_metadata(video->buffer_type()))
      found.push_back(path);
  }
  g_assert_false(found.empty());
  return found;
}

/* Frames arrive through the main loop, one after the other, in order and whole. */
void check_frames(VideoDevice& video, BufferQueue& queue, uint32_t count) {
  MainContextPtr context(g_main_context_new());
  uint32_t seen = 0;
  std::optional<uint32_t> last;
  int64_t before = 0;
  bool failed = false;
  DeviceWatch watch(context.get(), video.device(), DeviceWatch::Direction::Capture,
                    [&](DeviceWatch::Ready ready) {
                      failed = failed || ready.error;
                      Result<std::optional<BufferQueue::Frame>> frame = queue.dequeue();
                      while (frame && *frame) {
                        const BufferQueue::Frame& f = **frame;
                        if (last)
                          g_assert_cmpuint(f.number, ==, *last + 1 + f.lost);
                        else
                          g_assert_cmpuint(f.number, ==, 0);
                        last = f.number;
                        g_assert_cmpint(f.timestamp.value(), >, before);
                        before = *f.timestamp;
                        g_assert_true(f.damage == BufferQueue::Damage::None);
                        seen++;
                        expect(queue.queue(f.index));
                        frame = queue.dequeue();
                      }
                      expect(std::move(frame));
                    });
  for (uint32_t i = 0; i < queue.count(); i++)
    expect(queue.queue(i));
  expect(queue.start());
  watch.set_interest(true, false);
  while (seen < count && !failed)
    g_main_context_iteration(context.get(), TRUE);
  g_assert_false(failed);
  watch.set_interest(false, false);
  expect(queue.stop());
}

BufferQueue allocate(VideoDevice& video, const VideoFormat& format) {
  BufferQueue::Options options;
  for (uint32_t i = 0; i < format.plane_count; i++)
    options.least_bytes[i] = format.planes[i].size;
  return expect(BufferQueue::allocate(video.device(), video.buffer_type(), format, options));
}

/* The largest size of a range that a virtual machine is quick with. */
Size moderate(const SizeRange& range) {
  return {std::clamp(640U, range.min.width, range.max.width),
          std::clamp(360U, range.min.height, range.max.height)};
}

void test_enumerate() {
  const size_t descriptors = open_descriptors();
  for (const std::string& path : cameras()) {
    VideoDevice video = expect(VideoDevice::open(kernel(), path));
    g_assert_false(expect(stable_id(kernel(), path)).empty());
    const std::vector<FormatDescription> formats = expect(video.formats());
    g_assert_false(formats.empty());
    for (const FormatDescription& format : formats) {
      for (const SizeRange& size : expect(video.frame_sizes(format.fourcc))) {
        VideoFormat wanted;
        wanted.fourcc = format.fourcc;
        wanted.size = moderate(size);
        const VideoFormat tried = expect(video.try_format(wanted));
        g_assert_cmpuint(tried.fourcc, ==, format.fourcc);
        for (const IntervalRange& interval : expect(video.frame_intervals(format.fourcc, size.max)))
          g_assert_cmpint(interval.min.nanoseconds(), <=, interval.max.nanoseconds());
      }
    }
    for (const std::string& remark : video.device().remarks())
      g_test_message("%s: %s", path.c_str(), remark.c_str());
    g_assert_true(video.device().remarks().empty());
  }
  g_assert_cmpuint(open_descriptors(), ==, descriptors);
}

void test_graphs() {
  for (const std::string& path : expect(media_nodes(kernel()))) {
    MediaDevice media = expect(MediaDevice::open(kernel(), path));
    const MediaGraph graph = expect(media.graph());
    for (const std::string& warning : graph.warnings())
      g_error("%s: %s", path.c_str(), warning.c_str());
    g_assert_false(graph.entities().empty());
    g_assert_false(expect(stable_id(kernel(), path)).empty());
    for (const MediaGraph::Entity& entity : graph.entities()) {
      if (entity.node)
        g_assert_true(expect(node_path(kernel(), *entity.node)).starts_with("/dev/v"));
    }
  }
}

void test_vivid_stream() {
  const size_t descriptors = open_descriptors();
  bool single = false;
  bool planar = false;
  for (const std::string& path : cameras()) {
    VideoDevice video = expect(VideoDevice::open(kernel(), path));
    (is_multiplanar(video.buffer_type()) ? planar : single) = true;
    VideoFormat wanted;
    wanted.fourcc = is_multiplanar(video.buffer_type()) ? V4L2_PIX_FMT_NV12M : V4L2_PIX_FMT_YUYV;
    wanted.size = {640, 360};
    const VideoFormat format = expect(video.set_format(wanted));
    g_assert_true(format.size == wanted.size && format.fourcc == wanted.fourcc);
    g_assert_cmpuint(format.plane_count, ==, is_multiplanar(video.buffer_type()) ? 2 : 1);
    expect(video.set_interval(video.interval() ? *video.interval() : Fraction{1, 25}));
    BufferQueue queue = allocate(video, format);
    // Nobody else can have it meanwhile.
    VideoDevice other = expect(VideoDevice::open(kernel(), path));
    expect_error(other.set_format(wanted), Error::Code::Busy, path.c_str());
    expect_error(BufferQueue::allocate(other.device(), other.buffer_type(), format, {}),
                 Error::Code::Busy, path.c_str());
    check_frames(video, queue, 8);
    check_frames(video, queue, 4);  // and again
    const UniqueFd exported = expect(queue.export_plane(0, 0));
    expect(queue.release());
    g_assert_true(exported.valid());
  }
  g_assert_true(single && planar);
  g_assert_cmpuint(open_descriptors(), ==, descriptors);
}

void test_vivid_controls() {
  VideoDevice video = expect(VideoDevice::open(kernel(), cameras().front()));
  VideoDevice other = expect(VideoDevice::open(kernel(), cameras().front()));
  DeviceControls controls = expect(DeviceControls::query(video.device()));
  g_assert_cmpuint(controls.all().size(), >, 20);
  for (const std::string& remark : video.device().remarks())
    g_test_message("%s", remark.c_str());
  bool menu = false;
  bool number_menu = false;
  bool wide = false;
  for (const ControlDescription& control : controls.all()) {
    menu = menu || control.kind == ControlDescription::Kind::Menu;
    number_menu = number_menu || control.kind == ControlDescription::Kind::IntegerMenu;
    wide = wide || control.kind == ControlDescription::Kind::Integer64;
    if (!control.readable())
      continue;
    const int64_t value = expect(controls.get(control.id));
    if (control.writable() && !control.inactive() && !control.is_volatile() &&
        control.id != V4L2_CID_AUTOGAIN) {
      expect(controls.set(control.id, value));
    }
  }
  g_assert_true(menu && number_menu && wide);

  // What another file writes is news, through the main loop and without a stream.
  EventQueue events(video.device());
  expect(events.subscribe(V4L2_EVENT_CTRL, V4L2_CID_BRIGHTNESS));
  MainContextPtr context(g_main_context_new());
  std::optional<int64_t> value;
  DeviceWatch watch(context.get(), video.device(), DeviceWatch::Direction::Capture,
                    [&](DeviceWatch::Ready ready) {
                      g_assert_true(ready.events && !ready.frames && !ready.error);
                      value = expect(events.dequeue()).value().value;
                    });
  watch.set_interest(false, true);
  g_assert_false(expect(events.dequeue()).has_value());
  DeviceControls theirs = expect(DeviceControls::query(other.device()));
  expect(theirs.set(V4L2_CID_BRIGHTNESS, 77));
  while (!value)
    g_main_context_iteration(context.get(), TRUE);
  g_assert_cmpint(*value, ==, 77);
  g_assert_cmpint(expect(controls.get(V4L2_CID_BRIGHTNESS)), ==, 77);
  expect(controls.set(V4L2_CID_BRIGHTNESS, controls.find(V4L2_CID_BRIGHTNESS)->def));
}

/* Frames are asked for where nothing streams: an error, once, as the simulated kernel has it. */
void test_vivid_idle() {
  VideoDevice video = expect(VideoDevice::open(kernel(), cameras().front()));
  // With buffers: without, a driver that has read() takes poll() for the wish to use it.
  BufferQueue queue = allocate(video, expect(video.format()));
  MainContextPtr context(g_main_context_new());
  int errors = 0;
  DeviceWatch watch(context.get(), video.device(), DeviceWatch::Direction::Capture,
                    [&](DeviceWatch::Ready ready) { errors += ready.error ? 1 : 0; });
  watch.set_interest(true, false);
  while (errors == 0)
    g_main_context_iteration(context.get(), TRUE);
  while (g_main_context_iteration(context.get(), FALSE)) {
  }
  g_assert_cmpint(errors, ==, 1);
}

void test_vimc() {
  const std::string path = expect(media_nodes(kernel())).front();
  MediaDevice media = expect(MediaDevice::open(kernel(), path));
  expect_text(media.info().driver, "vimc");
  MediaGraph graph = expect(media.graph());
  const size_t source = graph.find_entity("Sensor A").value();
  const size_t sink = graph.find_entity("Raw Capture 0").value();
  const std::vector<size_t> way = expect(graph.find_path(source, sink));
  expect(media.enable_path(graph, way));
  g_assert_cmpuint(
      expect(graph.find_path(source, graph.find_entity("RGB/YUV Capture").value())).size(), ==, 3);
  const auto open = [&](const char* name) {
    const MediaGraph::Entity& entity = graph.entities()[graph.find_entity(name).value()];
    return expect(
        Subdevice::open(kernel(), expect(node_path(kernel(), entity.node.value())), name));
  };
  Subdevice sensor = open("Sensor A");
  Subdevice debayer = open("Debayer A");
  Subdevice scaler = open("Scaler");
  g_assert_false(expect(sensor.codes(0)).empty());
  PadFormat raw;
  raw.code = MEDIA_BUS_FMT_SBGGR8_1X8;
  raw.size = {640, 480};
  const PadFormat set = expect(sensor.set_format(0, raw));
  g_assert_true(set.size == raw.size && set.code == raw.code);
  const SizeRange range = expect(sensor.frame_sizes(0, raw.code)).at(0);
  g_assert_cmpuint(range.max.width, >=, 640);
  expect(debayer.set_format(0, set));
  PadFormat rgb = set;
  rgb.code = MEDIA_BUS_FMT_RGB888_1X24;
  const PadFormat scaled = expect(scaler.set_format(0, rgb));
  g_assert_true(scaled.size == rgb.size);
  g_assert_false(expect(DeviceControls::query(sensor.device())).all().empty());

  const auto node = [&](const char* name) {
    const MediaGraph::Entity& entity = graph.entities()[graph.find_entity(name).value()];
    return expect(VideoDevice::open(kernel(), expect(node_path(kernel(), entity.node.value()))));
  };
  VideoDevice video = node("Raw Capture 0");
  VideoDevice pictures = node("RGB/YUV Capture");
  VideoFormat wanted;
  wanted.fourcc = V4L2_PIX_FMT_RGB24;
  wanted.size = expect(scaler.format(1)).size;
  expect(pictures.set_format(wanted));
  wanted.fourcc = V4L2_PIX_FMT_SBGGR8;
  wanted.size = {320, 240};
  {
    // The ends of the last link do not fit.
    BufferQueue queue = allocate(video, expect(video.set_format(wanted)));
    for (uint32_t i = 0; i < queue.count(); i++)
      expect(queue.queue(i));
    const Result<void> started = queue.start();
    expect_error(started, Error::Code::Invalid, "VIDIOC_STREAMON");
    g_assert_nonnull(std::strstr(started.error().hint.c_str(), "do not fit"));
  }
  wanted.size = raw.size;
  BufferQueue queue = allocate(video, expect(video.set_format(wanted)));
  check_frames(video, queue, 5);
  // A fixed link stays.
  for (size_t i = 0; i < graph.links().size(); i++) {
    if (graph.links()[i].immutable)
      expect_error(media.set_link(graph, i, false), Error::Code::Invalid, "hardware fixes it");
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  if (argc != 2) {
    g_printerr("usage: %s vivid|vimc\n", argv[0]);
    return 2;
  }
  g_test_add_func("/v4l2/devices/enumerate", test_enumerate);
  g_test_add_func("/v4l2/devices/graphs", test_graphs);
  if (std::strcmp(argv[1], "vimc") == 0) {
    g_test_add_func("/v4l2/devices/vimc", test_vimc);
  } else {
    g_test_add_func("/v4l2/devices/vivid-stream", test_vivid_stream);
    g_test_add_func("/v4l2/devices/vivid-controls", test_vivid_controls);
    g_test_add_func("/v4l2/devices/vivid-idle", test_vivid_idle);
  }
  return g_test_run();
}
