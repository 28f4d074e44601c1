/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device, text and device-nodes: opening, what errors say, names of the kernel, paths of nodes. */
#include "core/v4l2/device.h"

#include <linux/videodev2.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "core/v4l2/device-nodes.h"
#include "core/v4l2/text.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

void test_open() {
  SimulatedKernel kernel;
  const SimulatedWebcam webcam = plug_webcam(kernel);
  const LeakCheck leaks(kernel);
  expect_error(Device::open(kernel, "/dev/video7"), Error::Code::NotFound, "/dev/video7");
  kernel.fail(SimulatedKernel::kOpen, 0, EACCES);
  Result<Device> refused = Device::open(kernel, "/dev/video0");
  expect_error(refused, Error::Code::Permission, "cannot open /dev/video0");
  g_assert_nonnull(std::strstr(refused.error().hint.c_str(), "group"));
  kernel.fail(SimulatedKernel::kOpen, 0, EBUSY);
  expect_error(Device::open(kernel, "/dev/video0"), Error::Code::Busy, "another program");
  // A signal is no error.
  kernel.fail(SimulatedKernel::kOpen, 0, EINTR);
  Device device = expect(Device::open(kernel, "/dev/video0"));
  g_assert_cmpuint(kernel.open_files(), ==, 1);
  Device moved(std::move(device));
  Device other = expect(Device::open(kernel, "/dev/media0"));
  other = std::move(moved);
  g_assert_cmpuint(kernel.open_files(), ==, 1);
  expect_text(other.path(), "/dev/video0");
}

void test_errors() {
  struct Row {
    int error;
    Error::Code code;
  };
  const Row rows[] = {
      {EBUSY, Error::Code::Busy},        {ENODEV, Error::Code::Lost},
      {ENXIO, Error::Code::Lost},        {EIO, Error::Code::Failed},
      {EPROTO, Error::Code::Failed},     {EPIPE, Error::Code::Invalid},
      {ENOLINK, Error::Code::Invalid},   {EACCES, Error::Code::Permission},
      {EPERM, Error::Code::Permission},  {ENOSPC, Error::Code::NoSpace},
      {ENOMEM, Error::Code::NoSpace},    {ENOTTY, Error::Code::Unsupported},
      {EINVAL, Error::Code::Invalid},    {ERANGE, Error::Code::Invalid},
      {EAGAIN, Error::Code::WrongState}, {ETIMEDOUT, Error::Code::Timeout},
      {ECONNRESET, Error::Code::Failed},
  };
  SimulatedKernel kernel;
  const SimulatedWebcam webcam = plug_webcam(kernel);
  Device device = expect(Device::open(kernel, "/dev/video0"));
  device.set_name("HD Webcam");
  for (const Row& row : rows) {
    v4l2_capability raw{};
    kernel.fail(VIDIOC_QUERYCAP, 0, row.error);
    const Result<void> r = device.ioctl(VIDIOC_QUERYCAP, &raw, "ask what this is");
    expect_error(r, row.code,
                 "/dev/video0 (HD Webcam): cannot ask what this is (VIDIOC_QUERYCAP): ");
    g_assert_nonnull(std::strstr(r.error().message.c_str(), g_strerror(row.error)));
  }
  // Interrupted a few times it goes on; interrupted for ever it gives up.
  v4l2_capability raw{};
  kernel.fail(VIDIOC_QUERYCAP, 0, EINTR);
  kernel.fail(VIDIOC_QUERYCAP, 1, EINTR);
  expect(device.ioctl(VIDIOC_QUERYCAP, &raw, "ask what this is"));
  kernel.fail_always(VIDIOC_QUERYCAP, EINTR);
  expect_error(device.ioctl(VIDIOC_QUERYCAP, &raw, "ask what this is"), Error::Code::Failed,
               "Interrupted");
  kernel.clear_faults();
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  kernel.fail(VIDIOC_STREAMON, 0, ENOSPC);
  expect_error(device.ioctl(VIDIOC_STREAMON, &type, "start streaming"), Error::Code::NoSpace,
               "bandwidth");
  for (int i = 0; i < 100; i++)
    device.remark("odd");
  g_assert_cmpuint(device.remarks().size(), ==, 32);
  kernel.unplug("video0");
  expect_error(device.ioctl(VIDIOC_QUERYCAP, &raw, "ask what this is"), Error::Code::Lost,
               "/dev/video0");
}

void test_text() {
  const char whole[4] = {'a', 'b', 'c', 'd'};
  expect_text(text_of(whole), "abcd");
  const char ended[4] = {'a', 0, 'c', 'd'};
  expect_text(text_of(ended), "a");
  const char odd[4] = {'a', '\n', '\x7f', 0};
  expect_text(text_of(odd), "a??");
  const uint8_t no_utf8[4] = {0xff, 'b', 0xc3, 0};
  g_assert_true(g_utf8_validate(text_of(no_utf8).c_str(), -1, nullptr));
  expect_text(fourcc_text(V4L2_PIX_FMT_YUYV), "YUYV");
  expect_text(fourcc_text(V4L2_PIX_FMT_Y16_BE), "Y16-BE");
  expect_text(fourcc_text(1), "0x00000001");
  expect_text(request_name(VIDIOC_DQBUF), "VIDIOC_DQBUF");
  expect_text(request_name(5), "request 0x00000005");
}

void test_nodes() {
  SimulatedKernel kernel;
  const SimulatedWebcam webcam = plug_webcam(kernel);
  plug_multiplanar(kernel);
  const auto other = std::make_shared<SimulatedVideoNode>(SimulatedVideoDescription{});
  kernel.plug("video10", {81, 10}, "platform/other", other);
  kernel.plug("video", {81, 11}, "platform/other", other);
  kernel.plug("videos2", {81, 12}, "platform/other", other);
  kernel.plug("video4294967297", {81, 13}, "platform/other", other);
  const std::vector<std::string> expected = {"/dev/video0", "/dev/video8", "/dev/video10"};
  g_assert_true(expect(video_nodes(kernel)) == expected);
  g_assert_true(expect(media_nodes(kernel)) == std::vector<std::string>{"/dev/media0"});
  expect_text(expect(node_path(kernel, {81, 8})), "/dev/video8");
  g_assert_false(node_path(kernel, {81, 200}).ok());
  const char* place = "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0";
  expect_text(expect(stable_id(kernel, "/dev/video0")), place);
  expect_text(expect(stable_id(kernel, "/dev/media0")), place);
  g_assert_false(stable_id(kernel, "/dev/").ok());
  kernel.fail(SimulatedKernel::kSysfs, 0, EACCES);
  expect_error(video_nodes(kernel), Error::Code::Permission, "/dev");
}

/* The real seam, with files and nodes that every system has. */
void test_system() {
  Kernel& kernel = system_kernel();
  expect_error(Device::open(kernel, "/dev/no-such-camera"), Error::Code::NotFound,
               "/dev/no-such-camera");
  Device null = expect(Device::open(kernel, "/dev/null"));
  g_assert_cmpint(fcntl(null.fd(), F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  v4l2_capability raw{};
  expect_error(null.ioctl(VIDIOC_QUERYCAP, &raw, "ask what this is"), Error::Code::Unsupported,
               "/dev/null");
  g_assert_cmpint(kernel.poll(null.fd(), POLLIN), ==, POLLIN);
  const Kernel::Mapping mapping = kernel.mmap(null.fd(), 4096, 1, 0);
  g_assert_null(mapping.address);
  g_assert_cmpint(mapping.error, ==, ENODEV);
  struct stat status {};
  g_assert_cmpint(fstat(null.fd(), &status), ==, 0);
  g_assert_true(expect(video_nodes(kernel)).size() < 4096);
  g_assert_false(expect(kernel.resolve("/proc/self/../self/fd/..")).empty());
  const std::string text = expect(kernel.read_text("/proc/self/status"));
  g_assert_true(text.starts_with("Name:"));
  g_assert_false(kernel.read_text("/proc/self/no-such-file").ok());
  g_assert_false(kernel.list("/proc/self/status").ok());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/device/open", test_open);
  g_test_add_func("/v4l2/device/errors", test_errors);
  g_test_add_func("/v4l2/device/text", test_text);
  g_test_add_func("/v4l2/device/nodes", test_nodes);
  g_test_add_func("/v4l2/device/system", test_system);
  return g_test_run();
}
