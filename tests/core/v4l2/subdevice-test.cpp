/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Subdevice and media-bus-format: formats pad by pad, selections, routes. */
#include "core/v4l2/subdevice.h"

#include <linux/media-bus-format.h>

#include <cerrno>

#include "core/v4l2/media-bus-format.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

struct Fixture {
  SimulatedKernel kernel;
  LeakCheck leaks{kernel};
  SimulatedRawCamera camera = plug_raw_camera(kernel);
  Subdevice receiver = expect(Subdevice::open(kernel, "/dev/v4l-subdev1", "csi2"));
  Subdevice sensor = expect(Subdevice::open(kernel, "/dev/v4l-subdev0", "imx219 10-0010"));
};

void test_formats() {
  Fixture f;
  const std::vector<uint32_t> codes = expect(f.sensor.codes(0));
  g_assert_true(codes ==
                (std::vector<uint32_t>{MEDIA_BUS_FMT_SRGGB10_1X10, MEDIA_BUS_FMT_SRGGB8_1X8}));
  g_assert_true(expect(f.sensor.codes(7)).empty());
  const std::vector<SizeRange> sizes = expect(f.sensor.frame_sizes(0, codes[0]));
  g_assert_cmpuint(sizes.size(), ==, 4);
  g_assert_true(sizes[0].discrete() && sizes[0].max == (Size{3280, 2464}));
  g_assert_false(expect(f.receiver.frame_sizes(0, codes[0])).at(0).discrete());

  PadFormat wanted;
  wanted.code = MEDIA_BUS_FMT_SRGGB8_1X8;
  wanted.size = {1900, 1000};
  const PadFormat tried = expect(f.sensor.set_format(0, wanted, Subdevice::Which::Try));
  g_assert_true(tried.size == (Size{1920, 1080}));
  g_assert_true(expect(f.sensor.format(0, Subdevice::Which::Try)) == tried);
  g_assert_true(expect(f.sensor.format(0)).size == (Size{3280, 2464}));
  g_assert_true(expect(f.sensor.set_format(0, wanted)) == tried);
  g_assert_true(expect(f.sensor.format(0)) == tried);
  expect_text(tried.to_string(), "1920x1080 RGGB 8 bit");
  // The receiver passes on what it gets.
  expect(f.receiver.set_format(0, tried));
  g_assert_true(expect(f.receiver.format(1)).size == tried.size);
  expect_error(f.receiver.format(2), Error::Code::Invalid,
               "/dev/v4l-subdev1 (csi2): cannot ask for the format of pad 2 (VIDIOC_SUBDEV_G_FMT)");
  f.kernel.fail(VIDIOC_SUBDEV_S_FMT, 0, EBUSY);
  expect_error(f.sensor.set_format(0, wanted), Error::Code::Busy, "set 1900x1000 RGGB 8 bit");
}

void test_garbage() {
  Fixture f;
  struct Row {
    uint32_t code;
    uint32_t width;
    uint32_t height;
  };
  for (const Row& row : {Row{0, 640, 480}, Row{1, 0, 480}, Row{1, 640, 0}, Row{1, 99999, 480}}) {
    f.kernel.tamper(VIDIOC_SUBDEV_G_FMT, [&row](void* argument) {
      v4l2_mbus_framefmt& raw = static_cast<v4l2_subdev_format*>(argument)->format;
      raw.code = row.code;
      raw.width = row.width;
      raw.height = row.height;
    });
    expect_error(f.sensor.format(0), Error::Code::Protocol, "pad 0 has the format");
  }
  f.kernel.tamper(VIDIOC_SUBDEV_ENUM_MBUS_CODE, [](void* argument) {
    static_cast<v4l2_subdev_mbus_code_enum*>(argument)->code = 4;
  });
  g_assert_cmpuint(expect(f.sensor.codes(0)).size(), ==, 1);
  g_assert_cmpuint(f.sensor.device().remarks().size(), ==, 1);
  f.kernel.tamper(VIDIOC_SUBDEV_ENUM_FRAME_SIZE, [](void* argument) {
    auto& raw = *static_cast<v4l2_subdev_frame_size_enum*>(argument);
    raw.min_width = raw.max_width + 1;
  });
  g_assert_true(expect(f.sensor.frame_sizes(0, MEDIA_BUS_FMT_SRGGB8_1X8)).empty());
  f.camera.sensor->selections[V4L2_SEL_TGT_CROP] = {0, 0, 0, 5};
  expect_error(f.sensor.selection(0, V4L2_SEL_TGT_CROP), Error::Code::Protocol, "empty selection");
}

class Endless final : public SimulatedNode {
 public:
  int ioctl(SimulatedFile& /*file*/, unsigned long request, void* argument) override {
    count++;
    if (request == VIDIOC_SUBDEV_ENUM_MBUS_CODE) {
      static_cast<v4l2_subdev_mbus_code_enum*>(argument)->code = count;
      return 0;
    }
    if (request == VIDIOC_SUBDEV_ENUM_FRAME_SIZE) {
      auto& raw = *static_cast<v4l2_subdev_frame_size_enum*>(argument);
      raw.min_width = raw.max_width = raw.min_height = raw.max_height = count;
      return 0;
    }
    return -ENOTTY;
  }
  uint32_t count = 0;
};

void test_endless() {
  SimulatedKernel kernel;
  kernel.plug("v4l-subdev9", {81, 9}, "platform/endless", std::make_shared<Endless>());
  Subdevice endless = expect(Subdevice::open(kernel, "/dev/v4l-subdev9", ""));
  expect_error(endless.codes(0), Error::Code::Protocol, "does not end");
  expect_error(endless.frame_sizes(0, 1), Error::Code::Protocol, "does not end");
  g_assert_cmpuint(kernel.calls(), <, 5000);
}

void test_selection() {
  Fixture f;
  g_assert_true(expect(f.sensor.selection(0, V4L2_SEL_TGT_NATIVE_SIZE)) ==
                (Rect{0, 0, 3296, 2480}));
  const Rect crop{8, 8, 640, 480};
  g_assert_true(expect(f.sensor.set_selection(0, V4L2_SEL_TGT_CROP, crop)) == crop);
  g_assert_true(expect(f.sensor.selection(0, V4L2_SEL_TGT_CROP)) == crop);
  expect_error(f.receiver.selection(0, V4L2_SEL_TGT_CROP), Error::Code::Invalid,
               "VIDIOC_SUBDEV_G_SELECTION");
}

void test_routes() {
  Fixture f;
  g_assert_false(f.receiver.has_streams());
  g_assert_true(expect(f.receiver.routes()).empty());
  expect_error(f.receiver.set_routes({}), Error::Code::Unsupported, "no streams");
  f.camera.receiver->routes.emplace();
  Subdevice routed = expect(Subdevice::open(f.kernel, "/dev/v4l-subdev1", "csi2"));
  g_assert_true(routed.has_streams());
  const std::vector<SubdeviceRoute> routes = {{0, 0, 1, 0, true}, {0, 1, 1, 1, false}};
  expect(routed.set_routes(routes));
  g_assert_true(expect(routed.routes()) == routes);
  expect_error(routed.set_routes(std::vector<SubdeviceRoute>(257)), Error::Code::Invalid,
               "too many routes");
  f.kernel.tamper(kSubdevGetRouting, [](void* argument) {
    static_cast<SubdevRoutingAbi*>(argument)->num_routes = 257;
  });
  expect_error(routed.routes(), Error::Code::Protocol, "257 routes");
  // A kernel that knows of streams and keeps them to itself.
  f.kernel.tamper(kSubdevSetClientCapability, [](void* argument) {
    static_cast<SubdevClientCapabilityAbi*>(argument)->capabilities = 0;
  });
  g_assert_false(expect(Subdevice::open(f.kernel, "/dev/v4l-subdev1", "")).has_streams());
  f.camera.receiver->read_only = true;
  Subdevice fixed = expect(Subdevice::open(f.kernel, "/dev/v4l-subdev1", "csi2"));
  g_assert_true(fixed.read_only());
  expect_error(fixed.set_format(0, expect(fixed.format(0))), Error::Code::Permission,
               "VIDIOC_SUBDEV_S_FMT");
}

void test_codes() {
  for (const CfaOrder cfa : {CfaOrder::Rggb, CfaOrder::Grbg, CfaOrder::Gbrg, CfaOrder::Bggr}) {
    for (const uint32_t bits : {8U, 10U, 12U, 14U, 16U}) {
      const MediaBusFormat format = media_bus_format(media_bus_code(cfa, bits).value()).value();
      g_assert_true(format.kind == MediaBusFormat::Kind::Bayer);
      g_assert_true(format.cfa == cfa);
      g_assert_cmpuint(format.bits, ==, bits);
    }
  }
  g_assert_false(media_bus_code(CfaOrder::Rggb, 9).has_value());
  g_assert_false(media_bus_format(0).has_value());
  expect_text(media_bus_text(MEDIA_BUS_FMT_Y10_1X10), "mono 10 bit");
  expect_text(media_bus_text(MEDIA_BUS_FMT_UYVY8_1X16), "YUV 8 bit");
  expect_text(media_bus_text(MEDIA_BUS_FMT_RGB888_1X24), "RGB 8 bit");
  expect_text(media_bus_text(3), "0x00000003");
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/subdevice/formats", test_formats);
  g_test_add_func("/v4l2/subdevice/garbage", test_garbage);
  g_test_add_func("/v4l2/subdevice/endless", test_endless);
  g_test_add_func("/v4l2/subdevice/selection", test_selection);
  g_test_add_func("/v4l2/subdevice/routes", test_routes);
  g_test_add_func("/v4l2/subdevice/codes", test_codes);
  return g_test_run();
}
