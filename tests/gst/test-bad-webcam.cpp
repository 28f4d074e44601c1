/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camerasrc before a kernel that refuses, fails or lies: the error on the bus says what is wrong,
 * nothing hangs, nothing is left, and the same pipeline streams when the cause is put right. One
 * broken camera hides no other.
 */
#include <linux/videodev2.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "core/v4l2/device.h"
#include "gst/device-provider.h"
#include "tests/gst/kernel-world.h"
#include "tests/keep-time.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

struct Row {
  const char* name;
  std::function<void(WebcamWorld&)> spoil;
  int code;                       // of GST_RESOURCE_ERROR; kStreams: what is wrong does no harm
  std::vector<std::string> says;  // parts of the error's text
};

constexpr int kStreams = -1;

/** What the driver answers to `request` is changed. */
template <typename T>
std::function<void(WebcamWorld&)> answer(unsigned long request, std::function<void(T&)> change) {
  return [request, change](WebcamWorld& w) {
    w.kernel.tamper(request, [change](void* argument) { change(*static_cast<T*>(argument)); });
  };
}

std::function<void(WebcamWorld&)> refuse(unsigned long request, int error) {
  return [request, error](WebcamWorld& w) { w.kernel.fail_always(request, error); };
}

std::function<void(WebcamWorld&)> no_entry(int error) {
  return [error](WebcamWorld& w) { w.kernel.refuse("video0", error); };
}

std::vector<Row> refusing() {
  const int busy = GST_RESOURCE_ERROR_BUSY;
  return {
      {"no-permission",
       no_entry(EACCES),
       GST_RESOURCE_ERROR_NOT_AUTHORIZED,
       {"/dev/video0", "Permission denied", "'video'"}},
      {"busy/open", no_entry(EBUSY), busy, {"/dev/video0", "another program", "fuser"}},
      {"busy/format", refuse(VIDIOC_S_FMT, EBUSY), busy, {"/dev/video0", "VIDIOC_S_FMT", "fuser"}},
      {"busy/buffers",
       refuse(VIDIOC_REQBUFS, EBUSY),
       busy,
       {"/dev/video0", "VIDIOC_REQBUFS", "fuser"}},
      {"busy/stream",
       refuse(VIDIOC_STREAMON, EBUSY),
       busy,
       {"/dev/video0", "VIDIOC_STREAMON", "fuser"}},
      {"no-bandwidth",
       refuse(VIDIOC_STREAMON, ENOSPC),
       GST_RESOURCE_ERROR_NO_SPACE_LEFT,
       {"/dev/video0", "bandwidth", "another USB port"}},
      {"no-memory",
       refuse(VIDIOC_REQBUFS, ENOMEM),
       GST_RESOURCE_ERROR_NO_SPACE_LEFT,
       {"/dev/video0", "VIDIOC_REQBUFS"}},
      {"broken-hardware",
       refuse(VIDIOC_STREAMON, EIO),
       GST_RESOURCE_ERROR_FAILED,
       {"/dev/video0", "VIDIOC_STREAMON", "dmesg"}},
      {"sysfs", refuse(SimulatedKernel::kSysfs, EIO), GST_RESOURCE_ERROR_FAILED, {"/dev"}},
      {"no-controls", refuse(VIDIOC_QUERY_EXT_CTRL, ENOTTY), kStreams, {}},
      {"no-intervals", refuse(VIDIOC_S_PARM, ENOTTY), kStreams, {}},
      {"no-dmabufs", refuse(VIDIOC_EXPBUF, ENOTTY), kStreams, {}},
  };
}

std::vector<Row> lying() {
  const int failed = GST_RESOURCE_ERROR_FAILED;
  const std::vector<std::string> nonsense = {"/dev/video0", "makes no sense", "bug of the driver"};
  const auto with = [&nonsense](const char* more) {
    std::vector<std::string> says = nonsense;
    says.emplace_back(more);
    return says;
  };
  return {
      {"size-0",
       [](WebcamWorld& w) {
         answer<v4l2_frmsizeenum>(VIDIOC_ENUM_FRAMESIZES, [](auto& raw) {
           raw.discrete = {0, 0};
         })(w);
         answer<v4l2_format>(VIDIOC_TRY_FMT, [](auto& raw) {
           raw.fmt.pix.width = 0;
           raw.fmt.pix.height = 0;
         })(w);
       },
       failed, with("0x0")},
      {"some-sizes-0",
       answer<v4l2_frmsizeenum>(VIDIOC_ENUM_FRAMESIZES,
                                [](auto& raw) {
                                  if (raw.discrete.width == 1280)
                                    raw.discrete = {0, 0};
                                }),
       kStreams,
       {}},
      {"interval-0/0",
       answer<v4l2_frmivalenum>(VIDIOC_ENUM_FRAMEINTERVALS,
                                [](auto& raw) {
                                  raw.discrete = {0, 0};
                                }),
       kStreams,
       {}},
      {"interval-set-0/0",
       answer<v4l2_streamparm>(VIDIOC_S_PARM,
                               [](auto& raw) {
                                 raw.parm.capture.timeperframe = {0, 0};
                               }),
       failed, with("0/0")},
      {"menus-empty", refuse(VIDIOC_QUERYMENU, EINVAL), kStreams, {}},
      {"control-ranges",
       answer<v4l2_query_ext_ctrl>(VIDIOC_QUERY_EXT_CTRL,
                                   [](auto& raw) {
                                     raw.minimum = 100;
                                     raw.maximum = -100;
                                     raw.step = 0;
                                   }),
       kStreams,
       {}},
      {"no-format",
       answer<v4l2_fmtdesc>(VIDIOC_ENUM_FMT, [](auto& raw) { raw.pixelformat = 0x12345678; }),
       GST_RESOURCE_ERROR_SETTINGS,
       {"/dev/video0", "no format that can be used"}},
      {"no-capture",
       answer<v4l2_capability>(VIDIOC_QUERYCAP, [](auto& raw) { raw.device_caps = 0; }),
       GST_RESOURCE_ERROR_NOT_FOUND,
       {"no camera"}},
      {"name-without-end",
       answer<v4l2_capability>(VIDIOC_QUERYCAP,
                               [](auto& raw) {
                                 std::ranges::fill(raw.card, uint8_t{0xff});
                                 std::ranges::fill(raw.driver, uint8_t{0xff});
                               }),
       kStreams,
       {}},
      {"other-size",
       answer<v4l2_format>(VIDIOC_S_FMT, [](auto& raw) { raw.fmt.pix.width = 640; }),
       failed,
       {"/dev/video0", "was asked for", "320x240", "640x240"}},
      {"other-format",
       answer<v4l2_format>(VIDIOC_S_FMT,
                           [](auto& raw) { raw.fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG; }),
       failed,
       {"/dev/video0", "was asked for", "MJPG"}},
      {"frame-of-0-bytes",
       answer<v4l2_format>(VIDIOC_S_FMT, [](auto& raw) { raw.fmt.pix.sizeimage = 0; }),
       failed,
       {"/dev/video0"}},
      {"huge-frame",
       answer<v4l2_format>(VIDIOC_S_FMT, [](auto& raw) { raw.fmt.pix.sizeimage = UINT32_MAX; }),
       failed, nonsense},
      {"narrow-lines",
       answer<v4l2_format>(VIDIOC_S_FMT, [](auto& raw) { raw.fmt.pix.bytesperline = 16; }), failed,
       with("rows of 16 bytes")},
      {"no-buffers",
       answer<v4l2_requestbuffers>(VIDIOC_REQBUFS, [](auto& raw) { raw.count = 0; }),
       GST_RESOURCE_ERROR_NO_SPACE_LEFT,
       {"/dev/video0", "no buffers"}},
      {"too-many-buffers",
       answer<v4l2_requestbuffers>(VIDIOC_REQBUFS, [](auto& raw) { raw.count = 100000; }), failed,
       nonsense},
      {"buffer-of-0-bytes", answer<v4l2_buffer>(VIDIOC_QUERYBUF, [](auto& raw) { raw.length = 0; }),
       failed, nonsense},
      {"small-buffers", answer<v4l2_buffer>(VIDIOC_QUERYBUF, [](auto& raw) { raw.length = 1000; }),
       failed, nonsense},
      {"dmabuf-without-descriptor",
       answer<v4l2_exportbuffer>(VIDIOC_EXPBUF,
                                 [](auto& raw) {
                                   close(raw.fd);
                                   raw.fd = -7;
                                 }),
       failed, nonsense},
      {"unknown-buffer", answer<v4l2_buffer>(VIDIOC_DQBUF, [](auto& raw) { raw.index = 4711; }),
       failed, with("buffer 4711")},
      {"buffer-out-of-order",
       answer<v4l2_buffer>(VIDIOC_DQBUF, [](auto& raw) { raw.index = (raw.index + 1) % 4; }),
       failed, with("order")},
      {"more-than-the-buffer",
       answer<v4l2_buffer>(VIDIOC_DQBUF, [](auto& raw) { raw.bytesused = UINT32_MAX; }),
       kStreams,
       {}},
      {"numbers-go-back",
       answer<v4l2_buffer>(VIDIOC_DQBUF, [](auto& raw) { raw.sequence = ~raw.sequence; }),
       kStreams,
       {}},
      {"times-go-back",
       answer<v4l2_buffer>(VIDIOC_DQBUF,
                           [](auto& raw) {
                             raw.timestamp = {-raw.timestamp.tv_sec, -1};
                           }),
       kStreams,
       {}},
  };
}

/** All that is said of an error, or that it streams. */
void test_row(gconstpointer data) {
  const Row& row = *static_cast<const Row*>(data);
  LivePipeline p;
  WebcamWorld w;
  for (int round = 0; round < 2; round++) {
    p.forget();
    row.spoil(w);
    if (p.set_state(GST_STATE_PLAYING))
      p.wait_frames(3);
    const std::optional<Posted> error = p.error();
    g_test_message("%s", error ? error->text.c_str() : "it streams");
    g_assert_true(p.set_state(GST_STATE_NULL));
    g_assert_true(error.has_value() == (row.code != kStreams));
    if (error) {
      g_assert_cmpstr(g_quark_to_string(error->domain), ==, g_quark_to_string(GST_RESOURCE_ERROR));
      g_assert_cmpint(error->code, ==, row.code);
      for (const std::string& part : row.says) {
        if (!error->says(part))
          g_error("'%s' is missing in '%s'", part.c_str(), error->text.c_str());
      }
    }
    w.mend();
    assert_streams(p);
  }
}

/* The hardware gives up while it streams. */
void test_breaks_down() {
  LivePipeline p;
  WebcamWorld w;
  g_assert_true(p.set_state(GST_STATE_PLAYING));
  g_assert_true(p.wait_frames(2));
  const gint64 begin = g_get_monotonic_time();
  w.kernel.fail_always(VIDIOC_DQBUF, EIO);
  const Posted error = p.wait_error(begin + kPromptly);
  g_assert_true(error.says("/dev/video0") && error.says("dmesg"));
  g_assert_true(p.set_state(GST_STATE_NULL));
  w.mend();
  assert_streams(p);
}

/* A frame the moment there is a buffer, none of them whole: the element can be stopped all the
 * same. */
void test_only_damage() {
  LivePipeline p;
  WebcamWorld w;
  w.damage_at_once();
  for (const GstState state : {GST_STATE_PAUSED, GST_STATE_NULL}) {
    const size_t before = w.kernel.count_of(VIDIOC_DQBUF);
    g_assert_true(p.set_state(GST_STATE_PLAYING));
    while (w.kernel.count_of(VIDIOC_DQBUF) < before + 1000)
      g_thread_yield();
    g_assert_true(p.set_state(state));
  }
  g_assert_false(p.error().has_value());
  w.mend();
  assert_streams(p);
}

/* ---- every call fails once ---- */

int code_of(int error) {
  switch (error) {
    case EACCES:
      return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
    case EBUSY:
      return GST_RESOURCE_ERROR_BUSY;
    case ENOMEM:
      return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    default:
      return GST_RESOURCE_ERROR_FAILED;
  }
}

/** Whether it went well. */
bool live(LivePipeline& p) {
  p.forget();
  bool well = true;
  for (const GstState state : {GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING})
    well = well && p.set_state(state);
  well = well && p.wait_frames(2);
  g_assert_true(p.set_state(GST_STATE_NULL));
  return well;
}

void test_every_call(gconstpointer data) {
  const int error = GPOINTER_TO_INT(data);
  LivePipeline p;
  size_t calls = 0;
  {
    WebcamWorld w;
    g_assert_true(live(p));
    calls = w.kernel.calls();
  }
  size_t told = 0;
  for (size_t n = 0; n < calls; n++) {
    WebcamWorld w;
    w.kernel.fail_call(n, error);
    if (!live(p)) {
      told++;
      const Posted posted = *p.error();
      const std::string request = v4l2::request_name(w.kernel.call(n).request);
      const bool clear =
          posted.domain == GST_RESOURCE_ERROR && (posted.says("/dev") || posted.says("/sys")) &&
          (posted.code == code_of(error) || posted.says("stopped streaming by itself"));
      if (!clear)
        g_error("call %zu (%s): '%s' (%s, %d)", n, request.c_str(), posted.text.c_str(),
                g_quark_to_string(posted.domain), posted.code);
    }
    w.kernel.clear_faults();
    assert_streams(p);
  }
  g_test_message("%zu calls, %zu errors", calls, told);
  g_assert_cmpuint(told, >, calls / 3);
}

/* ---- others are none the worse for it ---- */

std::vector<std::string> listed_paths() {
  const auto provider = ObjectPtr<GstDeviceProvider>::adopt(
      gst_device_provider_factory_get_by_name("cameradeviceprovider"));
  GList* devices = gst_device_provider_get_devices(provider.get());
  std::vector<std::string> paths;
  for (GList* item = devices; item; item = item->next) {
    GstStructure* properties = gst_device_get_properties(GST_DEVICE(item->data));
    const char* path = gst_structure_get_string(properties, "device.path");
    paths.emplace_back(path ? path : "");
    gst_structure_free(properties);
  }
  g_list_free_full(devices, gst_object_unref);
  return paths;
}

void test_hides_no_other() {
  using Paths = std::vector<std::string>;
  const std::string usb = "camera-name=uvcvideo/pci0000:00/0000:00:14.0/usb1/";
  LivePipeline any;
  LivePipeline first(usb + "1-2/1-2:1.0");
  LivePipeline second(usb + "1-3/1-3:1.0");
  g_assert_true(listed_paths().empty());  // GStreamer keeps the provider: before the world is made
  WebcamWorld w;
  w.plug({.port = 3, .node = 1});
  g_assert_true(listed_paths() == Paths({"/dev/video0", "/dev/video1"}));
  const std::pair<int, int> refusals[] = {{EACCES, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
                                          {EBUSY, GST_RESOURCE_ERROR_BUSY},
                                          {EIO, GST_RESOURCE_ERROR_FAILED}};
  for (const auto& [error, code] : refusals) {
    w.kernel.refuse("video0", error);
    g_assert_true(listed_paths() == Paths({"/dev/video1"}));
    assert_streams(any);
    assert_streams(second);
    first.forget();
    g_assert_false(first.set_state(GST_STATE_PLAYING));
    const Posted posted = *first.error();
    g_test_message("%s", posted.text.c_str());
    g_assert_cmpint(posted.code, ==, code);
    g_assert_true(posted.says("1-2:1.0") && posted.says("/dev/video0"));
    g_assert_true(first.set_state(GST_STATE_NULL));
    w.kernel.refuse("video0", 0);
    assert_streams(first);
  }
  /* Nodes that answer with noise, in front of the others and behind. */
  w.kernel.plug("video2", {81, 2}, "platform/noise", std::make_shared<v4l2::test::NonsenseNode>());
  w.kernel.plug("media2", {510, 2}, "platform/noise", std::make_shared<v4l2::test::NonsenseNode>());
  const Paths listed = listed_paths();
  for (const char* path : {"/dev/video0", "/dev/video1"})
    g_assert_cmpint(std::ranges::count(listed, path), ==, 1);
  assert_streams(any);
  assert_streams(first);
  assert_streams(second);
}

/* Where another camera is shown than the one that cannot be had, the application is told why. */
void test_stand_in() {
  LivePipeline p("", "video/x-raw,format=NV12");
  WebcamWorld w;
  const auto chart = std::make_shared<FakeScript>();
  chart->properties.stand_in = true;
  w.use_platforms([chart] { return std::make_unique<FakeFactory>(std::vector{chart}); });
  w.kernel.refuse("video0", EACCES);
  assert_streams(p);
  std::vector<Posted> warnings = p.warnings();
  g_assert_cmpuint(warnings.size(), ==, 1);
  g_assert_cmpint(warnings[0].code, ==, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_true(warnings[0].says("/dev/video0") && warnings[0].says("'video'"));
  w.unplug();
  assert_streams(p);
  g_assert_true(p.warnings().empty());
}

}  // namespace

int main(int argc, char** argv) {
  keep_time();
  init_element_test(&argc, &argv);
  (void)g_main_context_default();  // GLib keeps it once it is made: before descriptors are counted
  g_assert_true(gst_camera_device_provider_register(nullptr));
  const std::vector<Row> rows[] = {refusing(), lying()};
  const char* folders[] = {"/bad-webcam/refuses/", "/bad-webcam/lies/"};
  for (size_t i = 0; i < std::size(rows); i++) {
    for (const Row& row : rows[i])
      g_test_add_data_func((std::string(folders[i]) + row.name).c_str(), &row, test_row);
  }
  g_test_add_func("/bad-webcam/breaks-down", test_breaks_down);
  g_test_add_func("/bad-webcam/only-damage", test_only_damage);
  g_test_add_func("/bad-webcam/hides-no-other", test_hides_no_other);
  g_test_add_func("/bad-webcam/stand-in", test_stand_in);
  const std::pair<const char*, int> errors[] = {
      {"EIO", EIO}, {"EACCES", EACCES}, {"EBUSY", EBUSY}, {"ENOMEM", ENOMEM}};
  for (const auto& [name, error] : errors)
    g_test_add_data_func((std::string("/bad-webcam/every-call/") + name).c_str(),
                         GINT_TO_POINTER(error), test_every_call);
  return g_test_run();
}
