/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VideoDevice and VideoFormat: what nodes tell of themselves, right and wrong. */
#include "core/v4l2/video-device.h"

#include <cerrno>
#include <cstring>

#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

struct Fixture {
  SimulatedKernel kernel;
  SimulatedWebcam webcam = plug_webcam(kernel);
  VideoDevice open() { return expect(VideoDevice::open(kernel, "/dev/video0")); }
};

void test_info() {
  Fixture f;
  const LeakCheck leaks(f.kernel);
  VideoDevice video = f.open();
  expect_text(video.info().driver, "uvcvideo");
  expect_text(video.info().card, "HD Webcam: HD Webcam");
  expect_text(video.info().bus, "usb-0000:00:14.0-2");
  g_assert_cmpuint(video.buffer_type(), ==, V4L2_BUF_TYPE_VIDEO_CAPTURE);
  expect_text(video.device().label(), "/dev/video0 (HD Webcam: HD Webcam)");
  // Of the node, not of the device, which has metadata too.
  g_assert_cmpuint(video.info().capabilities & V4L2_CAP_META_CAPTURE, ==, 0);

  struct Row {
    uint32_t capabilities;
    const char* words;
  };
  for (const Row& row : {Row{V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING, "codec"},
                         Row{V4L2_CAP_RADIO | V4L2_CAP_STREAMING, "neither video nor metadata"},
                         Row{V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE, "cannot stream"}}) {
    f.kernel.tamper(VIDIOC_QUERYCAP, [&row](void* argument) {
      static_cast<v4l2_capability*>(argument)->device_caps = row.capabilities;
    });
    expect_error(VideoDevice::open(f.kernel, "/dev/video0"), Error::Code::Unsupported, row.words);
  }
  // A card without an end, and an old driver without device_caps.
  f.kernel.tamper(VIDIOC_QUERYCAP, [](void* argument) {
    auto& raw = *static_cast<v4l2_capability*>(argument);
    std::memset(raw.card, 'c', sizeof raw.card);
    raw.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    raw.device_caps = 0;
  });
  g_assert_cmpuint(f.open().info().card.size(), ==, 32);
  f.kernel.tamper(VIDIOC_QUERYCAP, [](void* argument) {
    std::memset(static_cast<v4l2_capability*>(argument)->card, 0, 32);
  });
  expect_text(f.open().device().label(), "/dev/video0 (uvcvideo)");
}

void test_enumerate() {
  Fixture f;
  VideoDevice video = f.open();
  const std::vector<FormatDescription> formats = expect(video.formats());
  g_assert_cmpuint(formats.size(), ==, 2);
  g_assert_cmpuint(formats[0].fourcc, ==, V4L2_PIX_FMT_YUYV);
  g_assert_false(formats[0].compressed);
  expect_text(formats[1].description, "Motion-JPEG");
  g_assert_true(formats[1].compressed);
  const std::vector<SizeRange> sizes = expect(video.frame_sizes(V4L2_PIX_FMT_YUYV));
  g_assert_cmpuint(sizes.size(), ==, 3);
  g_assert_true(sizes[2].discrete() && sizes[2].max == (Size{1280, 720}));
  const auto intervals = expect(video.frame_intervals(V4L2_PIX_FMT_YUYV, {640, 480}));
  g_assert_cmpuint(intervals.size(), ==, 2);
  g_assert_true(intervals[1].min == (Fraction{1, 15}));
  g_assert_true(expect(video.frame_sizes(1)).empty());
  g_assert_true(video.device().remarks().empty());
  // Drivers that do not enumerate are asked otherwise.
  f.kernel.fail(VIDIOC_ENUM_FRAMESIZES, 0, ENOTTY);
  g_assert_true(expect(video.frame_sizes(V4L2_PIX_FMT_YUYV)).empty());
  f.kernel.fail(VIDIOC_ENUM_FRAMEINTERVALS, 0, ENOTTY);
  g_assert_true(expect(video.frame_intervals(V4L2_PIX_FMT_YUYV, {640, 480})).empty());

  plug_multiplanar(f.kernel);
  VideoDevice planar = expect(VideoDevice::open(f.kernel, "/dev/video8"));
  const std::vector<SizeRange> range = expect(planar.frame_sizes(V4L2_PIX_FMT_NV12M));
  g_assert_cmpuint(range.size(), ==, 1);
  g_assert_true(range[0] == (SizeRange{{32, 16}, {4096, 3072}, {32, 2}}));
  const auto rates = expect(planar.frame_intervals(V4L2_PIX_FMT_NV12M, {640, 480}));
  g_assert_true(rates.at(0) == (IntervalRange{{1, 120}, {1, 5}}));
}

/* Each garbage, one at a time. */
void test_garbage() {
  Fixture f;
  VideoDevice video = f.open();
  f.kernel.tamper(VIDIOC_ENUM_FMT,
                  [](void* argument) { static_cast<v4l2_fmtdesc*>(argument)->pixelformat = 0; });
  g_assert_true(expect(video.formats()).empty());
  g_assert_cmpuint(video.device().remarks().size(), ==, 2);

  // Sizes of nothing, upside down, too large; a step of 0.
  struct Row {
    v4l2_frmsize_stepwise raw;
    size_t usable;
  };
  for (const Row& row : {Row{{0, 640, 2, 16, 480, 2}, 0}, Row{{32, 16, 2, 16, 480, 2}, 0},
                         Row{{20000, 30000, 2, 16, 480, 2}, 0}, Row{{32, 640, 0, 16, 480, 0}, 1},
                         Row{{32, UINT32_MAX, 1, 16, UINT32_MAX, 1}, 1}}) {
    f.kernel.tamper(VIDIOC_ENUM_FRAMESIZES, [&row](void* argument) {
      auto& raw = *static_cast<v4l2_frmsizeenum*>(argument);
      raw.type = V4L2_FRMSIZE_TYPE_STEPWISE;
      raw.stepwise = row.raw;
    });
    const std::vector<SizeRange> sizes = expect(video.frame_sizes(V4L2_PIX_FMT_YUYV));
    g_assert_cmpuint(sizes.size(), ==, row.usable);
    for (const SizeRange& range : sizes) {
      g_assert_cmpuint(range.step.width, >=, 1);
      g_assert_cmpuint(range.max.width, <=, kMaxFrameSide);
    }
  }
  f.kernel.tamper(VIDIOC_ENUM_FRAMESIZES,
                  [](void* argument) { static_cast<v4l2_frmsizeenum*>(argument)->type = 77; });
  expect_error(video.frame_sizes(V4L2_PIX_FMT_YUYV), Error::Code::Protocol, "unknown kind 77");

  for (const v4l2_fract raw : {v4l2_fract{0, 0}, v4l2_fract{0, 30}, v4l2_fract{1, 0}}) {
    f.kernel.tamper(VIDIOC_ENUM_FRAMEINTERVALS, [&raw](void* argument) {
      static_cast<v4l2_frmivalenum*>(argument)->discrete = raw;
    });
    g_assert_true(expect(video.frame_intervals(V4L2_PIX_FMT_YUYV, {640, 480})).empty());
  }
  f.kernel.tamper(VIDIOC_ENUM_FRAMEINTERVALS,
                  [](void* argument) { static_cast<v4l2_frmivalenum*>(argument)->type = 0; });
  expect_error(video.frame_intervals(V4L2_PIX_FMT_YUYV, {640, 480}), Error::Code::Protocol,
               "unknown kind 0");
}

/* A node whose enumerations have no end. */
class Endless final : public SimulatedNode {
 public:
  int ioctl(SimulatedFile& /*file*/, unsigned long request, void* argument) override {
    count++;
    switch (request) {
      case VIDIOC_QUERYCAP:
        static_cast<v4l2_capability*>(argument)->capabilities =
            V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
      case VIDIOC_ENUM_FMT:
        static_cast<v4l2_fmtdesc*>(argument)->pixelformat = V4L2_PIX_FMT_YUYV + count;
        return 0;
      case VIDIOC_ENUM_FRAMESIZES:
        static_cast<v4l2_frmsizeenum*>(argument)->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        static_cast<v4l2_frmsizeenum*>(argument)->discrete = {count, count};
        return 0;
      case VIDIOC_ENUM_FRAMEINTERVALS:
        static_cast<v4l2_frmivalenum*>(argument)->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        static_cast<v4l2_frmivalenum*>(argument)->discrete = {1, count};
        return 0;
      default:
        return -ENOTTY;
    }
  }
  uint32_t count = 0;
};

void test_endless() {
  SimulatedKernel kernel;
  kernel.plug("video9", {81, 9}, "platform/endless", std::make_shared<Endless>());
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video9"));
  expect_error(video.formats(), Error::Code::Protocol, "does not end");
  expect_error(video.frame_sizes(1), Error::Code::Protocol, "does not end");
  expect_error(video.frame_intervals(1, {640, 480}), Error::Code::Protocol, "does not end");
  g_assert_cmpuint(kernel.calls(), <, 10000);
}

void test_format() {
  Fixture f;
  VideoDevice video = f.open();
  VideoFormat wanted;
  wanted.fourcc = V4L2_PIX_FMT_YUYV;
  wanted.size = {1270, 700};
  const VideoFormat tried = expect(video.try_format(wanted));
  g_assert_true(tried.size == (Size{1280, 720}));
  g_assert_cmpuint(tried.planes[0].stride, ==, 2560);
  g_assert_cmpuint(tried.planes[0].size, ==, 2560 * 720);
  g_assert_false(expect(video.format()) == tried);
  g_assert_true(expect(video.set_format(wanted)) == tried);
  g_assert_true(expect(video.format()) == tried);
  expect_text(tried.to_string(), "1280x720 YUYV");

  f.kernel.fail(VIDIOC_S_FMT, 0, EBUSY);
  expect_error(video.set_format(wanted), Error::Code::Busy,
               "cannot set 1270x700 YUYV (VIDIOC_S_FMT)");
  struct Row {
    uint32_t width;
    uint32_t height;
    uint32_t bytes;
  };
  for (const Row& row : {Row{0, 480, 100}, Row{640, 0, 100}, Row{640, 480, 0}, Row{99999, 480, 100},
                         Row{640, 480, UINT32_MAX}}) {
    f.kernel.tamper(VIDIOC_TRY_FMT, [&row](void* argument) {
      v4l2_pix_format& pix = static_cast<v4l2_format*>(argument)->fmt.pix;
      pix.width = row.width;
      pix.height = row.height;
      pix.sizeimage = row.bytes;
    });
    expect_error(video.try_format(wanted), Error::Code::Protocol, "makes no sense: frames of");
  }
  f.kernel.tamper(VIDIOC_G_FMT, [](void* argument) {
    static_cast<v4l2_format*>(argument)->type = V4L2_BUF_TYPE_VBI_CAPTURE;
  });
  expect_error(video.format(), Error::Code::Protocol, "another type");
}

void test_multiplanar() {
  SimulatedKernel kernel;
  plug_multiplanar(kernel);
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video8"));
  VideoFormat wanted;
  wanted.fourcc = V4L2_PIX_FMT_NV12M;
  wanted.size = {645, 480};
  const VideoFormat format = expect(video.set_format(wanted));
  g_assert_true(format.size == (Size{640, 480}));
  g_assert_cmpuint(format.plane_count, ==, 2);
  g_assert_cmpuint(format.planes[1].size, ==, 640 * 240);
  // There and back again nothing is lost.
  g_assert_true(expect(from_v4l2(to_v4l2(format, video.buffer_type()), video.buffer_type())) ==
                format);
  for (const uint8_t count : {uint8_t{0}, uint8_t{9}, uint8_t{255}}) {
    kernel.tamper(VIDIOC_G_FMT, [count](void* argument) {
      static_cast<v4l2_format*>(argument)->fmt.pix_mp.num_planes = count;
    });
    expect_error(video.format(), Error::Code::Protocol, "planes");
  }
}

void test_metadata() {
  SimulatedKernel kernel;
  SimulatedVideoDescription description;
  description.buffer_type = V4L2_BUF_TYPE_META_CAPTURE;
  description.formats = {
      {.fourcc = v4l2_fourcc('S', 'T', 'A', 'T'), .sizes = {{{4096, 1}, {4096, 1}, {1, 1}}}}};
  kernel.plug("video3", {81, 3}, "platform/isp", std::make_shared<SimulatedVideoNode>(description));
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video3"));
  const VideoFormat format = expect(video.format());
  g_assert_cmpuint(format.planes[0].size, ==, 4096);
  expect_text(format.to_string(), "STAT");
  g_assert_true(expect(video.set_format(format)) == format);
}

void test_interval() {
  Fixture f;
  VideoDevice video = f.open();
  g_assert_true(expect(video.interval()) == (Fraction{1, 30}));
  g_assert_true(expect(video.set_interval({1, 14})) == (Fraction{1, 15}));
  g_assert_true(expect(video.interval()) == (Fraction{1, 15}));
  f.kernel.tamper(VIDIOC_G_PARM, [](void* argument) {
    static_cast<v4l2_streamparm*>(argument)->parm.capture.timeperframe = {0, 0};
  });
  expect_error(video.interval(), Error::Code::Protocol, "0/0");
  f.kernel.tamper(VIDIOC_G_PARM, [](void* argument) {
    static_cast<v4l2_streamparm*>(argument)->parm.capture.capability = 0;
  });
  expect_error(video.interval(), Error::Code::Unsupported, "no frame interval");
  f.webcam.video->has_interval = false;
  expect_error(video.set_interval({1, 30}), Error::Code::Unsupported, "VIDIOC_S_PARM");

  g_assert_cmpint((Fraction{1, 30}).nanoseconds(), ==, 33333333);
  g_assert_cmpint((Fraction{UINT32_MAX, 1}).nanoseconds(), ==, int64_t{UINT32_MAX} * 1000000000);
  g_assert_cmpint((Fraction{1, 0}).nanoseconds(), ==, 0);
  g_assert_true(fraction_of(33333333) == (Fraction{1, 30}));
  g_assert_true(fraction_of(33366667) == (Fraction{1001, 30000}));
  g_assert_true(fraction_of(1000000000) == (Fraction{1, 1}));
  for (const int64_t ns : {int64_t{1}, int64_t{123456789}, int64_t{3600} * 1000000000, int64_t{0},
                           int64_t{-5}, INT64_MAX}) {
    const Fraction fraction = fraction_of(ns);
    g_assert_cmpuint(fraction.numerator, >, 0);
    g_assert_cmpuint(fraction.denominator, >, 0);
  }
  g_assert_cmpint(std::abs(fraction_of(123456789).nanoseconds() - 123456789), <=, 50);
}

void test_selection() {
  Fixture f;
  VideoDevice video = f.open();
  expect_error(video.selection(V4L2_SEL_TGT_CROP), Error::Code::Invalid, "VIDIOC_G_SELECTION");
  f.webcam.video->selections[V4L2_SEL_TGT_CROP_BOUNDS] = {0, 0, 1280, 720};
  f.webcam.video->selections[V4L2_SEL_TGT_CROP] = {0, 0, 1280, 720};
  f.webcam.video->writable_selections = {V4L2_SEL_TGT_CROP};
  const Rect half{320, 180, 640, 360};
  g_assert_true(expect(video.set_selection(V4L2_SEL_TGT_CROP, half)) == half);
  g_assert_true(expect(video.selection(V4L2_SEL_TGT_CROP)) == half);
  expect_error(video.set_selection(V4L2_SEL_TGT_CROP_BOUNDS, half), Error::Code::Invalid,
               "VIDIOC_S_SELECTION");
  f.webcam.video->selections[V4L2_SEL_TGT_CROP] = {0, 0, 0, 720};
  expect_error(video.selection(V4L2_SEL_TGT_CROP), Error::Code::Protocol, "0x720");
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/video/info", test_info);
  g_test_add_func("/v4l2/video/enumerate", test_enumerate);
  g_test_add_func("/v4l2/video/garbage", test_garbage);
  g_test_add_func("/v4l2/video/endless", test_endless);
  g_test_add_func("/v4l2/video/format", test_format);
  g_test_add_func("/v4l2/video/multiplanar", test_multiplanar);
  g_test_add_func("/v4l2/video/metadata", test_metadata);
  g_test_add_func("/v4l2/video/interval", test_interval);
  g_test_add_func("/v4l2/video/selection", test_selection);
  return g_test_run();
}
