/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BufferQueue: buffers on their way round, what drivers say of them, and what is left in the end.
 */
#include "core/v4l2/buffer-queue.h"

#include <cerrno>
#include <cstring>

#include "base/shared-memory.h"
#include "core/v4l2/video-device.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

constexpr uint32_t kFrameSize = 640 * 480 * 2;

struct Fixture {
  SimulatedKernel kernel;
  LeakCheck leaks{kernel};
  SimulatedWebcam webcam = plug_webcam(kernel);
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video0"));
  VideoFormat format = expect(video.format());

  Result<BufferQueue> try_allocate(const BufferQueue::Options& options = {}) {
    return BufferQueue::allocate(video.device(), video.buffer_type(), format, options);
  }
  BufferQueue allocate(const BufferQueue::Options& options = {}) {
    return expect(try_allocate(options));
  }
  /** All queued and started. */
  BufferQueue run(const BufferQueue::Options& options = {}) {
    BufferQueue queue = allocate(options);
    for (uint32_t i = 0; i < queue.count(); i++)
      expect(queue.queue(i));
    expect(queue.start());
    return queue;
  }
};

BufferQueue::Frame frame_of(BufferQueue& queue) {
  const std::optional<BufferQueue::Frame> frame = expect(queue.dequeue());
  g_assert_true(frame.has_value());
  return *frame;
}

void test_round() {
  Fixture f;
  BufferQueue queue = f.allocate();
  g_assert_cmpuint(queue.count(), ==, 4);
  g_assert_cmpuint(f.kernel.mappings(), ==, 4);
  g_assert_cmpuint(queue.plane_size(0, 0), ==, kFrameSize);
  g_assert_cmpuint(queue.plane(3, 0).size(), ==, kFrameSize);
  g_assert_true(queue.plane(4, 0).empty() && queue.plane(0, 1).empty());
  for (uint32_t i = 0; i < queue.count(); i++)
    expect(queue.queue(i));
  expect(queue.start());
  g_assert_false(expect(queue.dequeue()).has_value());
  for (uint32_t n = 0; n < 10; n++) {
    g_assert_true(f.webcam.video->make_frame({.timestamp = int64_t{5000000000} + n * 1000}));
    const BufferQueue::Frame frame = frame_of(queue);
    g_assert_cmpuint(frame.index, ==, n % 4);
    g_assert_cmpuint(frame.number, ==, n);
    g_assert_cmpuint(frame.lost, ==, 0);
    g_assert_true(frame.damage == BufferQueue::Damage::None);
    g_assert_cmpint(frame.timestamp.value(), ==, int64_t{5000000000} + n * 1000);
    g_assert_true(frame.timestamp_is_start);
    g_assert_cmpuint(frame.planes[0].bytes, ==, kFrameSize);
    g_assert_cmpuint(queue.plane(frame.index, 0)[kFrameSize - 1], ==, n);
    expect(queue.queue(frame.index));
  }
  g_assert_cmpuint(queue.queued(), ==, 4);
  expect(queue.stop());
  g_assert_cmpuint(queue.queued(), ==, 0);
  // And again: numbers begin anew.
  for (uint32_t i = 0; i < queue.count(); i++)
    expect(queue.queue(i));
  expect(queue.start());
  g_assert_true(f.webcam.video->make_frame({.lost = 5}));
  g_assert_cmpuint(frame_of(queue).number, ==, 0);
  expect(queue.release());
  g_assert_cmpuint(f.kernel.buffers(), ==, 0);
}

void test_order() {
  Fixture f;
  BufferQueue queue = f.allocate({.count = 2});
  expect(queue.stop());
  expect_error(queue.queue(2), Error::Code::Invalid, "buffer 2");
  expect(queue.queue(0));
  expect_error(queue.queue(0), Error::Code::WrongState, "already");
  expect(queue.start());
  expect_error(queue.start(), Error::Code::WrongState, "streams already");
  expect_error(queue.queue_dmabuf(1, {}), Error::Code::WrongState, "memory already");
  // Another program cannot have them meanwhile, nor the format be changed.
  VideoDevice other = expect(VideoDevice::open(f.kernel, "/dev/video0"));
  expect_error(BufferQueue::allocate(other.device(), other.buffer_type(), f.format, {}),
               Error::Code::Busy, "allocate 4 buffers");
  expect_error(other.set_format(f.format), Error::Code::Busy, "VIDIOC_S_FMT");
  BufferQueue moved(std::move(queue));
  g_assert_cmpuint(moved.queued(), ==, 1);
  g_assert_true(moved.streaming());
  g_assert_cmpuint(queue.count(), ==, 0);  // NOLINT(bugprone-use-after-move): that is the question
}

void test_counts() {
  Fixture f;
  expect_error(f.try_allocate({.count = 0}), Error::Code::Invalid, "0 buffers");
  expect_error(f.try_allocate({.count = 65}), Error::Code::Invalid, "65 buffers");
  f.webcam.video->queue().max_buffers = 3;
  g_assert_cmpuint(f.allocate({.count = 8}).count(), ==, 3);
  f.webcam.video->queue().max_buffers = 0;
  expect_error(f.try_allocate(), Error::Code::NoSpace, "no buffers");
  f.webcam.video->queue().max_buffers = 32;
  f.kernel.tamper(VIDIOC_REQBUFS, [](void* argument) {
    static_cast<v4l2_requestbuffers*>(argument)->count = 4000000000;
  });
  expect_error(f.try_allocate(), Error::Code::Protocol, "4000000000 buffers");
  f.kernel.clear_faults();
  // Shorter than a frame, or absurdly long.
  for (const uint32_t length : {0U, kFrameSize - 1, UINT32_MAX}) {
    f.kernel.tamper(VIDIOC_QUERYBUF, [length](void* argument) {
      static_cast<v4l2_buffer*>(argument)->length = length;
    });
    expect_error(f.try_allocate(), Error::Code::Protocol, "plane 0 of buffer 0");
  }
  f.kernel.clear_faults();
  f.kernel.fail(SimulatedKernel::kMmap, 2, ENOMEM);
  expect_error(f.try_allocate(), Error::Code::NoSpace, "map plane 0 of buffer 2");
  g_assert_cmpuint(f.kernel.mappings(), ==, 0);
}

void test_gaps() {
  Fixture f;
  BufferQueue queue = f.run();
  g_assert_true(f.webcam.video->make_frame());
  g_assert_true(f.webcam.video->make_frame({.lost = 2}));
  g_assert_cmpuint(frame_of(queue).number, ==, 0);
  BufferQueue::Frame frame = frame_of(queue);
  g_assert_cmpuint(frame.lost, ==, 2);
  g_assert_cmpuint(frame.number, ==, 3);
  // Frames for which there was no buffer.
  expect(queue.queue(frame.index));
  for (int i = 0; i < 3; i++)
    g_assert_true(f.webcam.video->make_frame());
  g_assert_false(f.webcam.video->make_frame());
  for (uint32_t number : {4U, 5U, 6U}) {
    frame = frame_of(queue);
    g_assert_cmpuint(frame.number, ==, number);
    expect(queue.queue(frame.index));
  }
  g_assert_true(f.webcam.video->make_frame());
  frame = frame_of(queue);
  g_assert_cmpuint(frame.lost, ==, 1);
  g_assert_cmpuint(frame.number, ==, 8);
  expect(queue.queue(frame.index));
  // A driver that does not count, or counts back.
  for (const uint32_t sequence : {7U, 7U, 3U}) {
    f.kernel.tamper(VIDIOC_DQBUF, [sequence](void* argument) {
      static_cast<v4l2_buffer*>(argument)->sequence = sequence;
    });
    const uint32_t before = frame.number;
    g_assert_true(f.webcam.video->make_frame());
    frame = frame_of(queue);
    g_assert_cmpuint(frame.lost, ==, 0);
    g_assert_cmpuint(frame.number, ==, before + 1);
    expect(queue.queue(frame.index));
  }
  // Round the end of 32 bits.
  for (const uint32_t sequence : {UINT32_MAX, 1U}) {
    f.kernel.tamper(VIDIOC_DQBUF, [sequence](void* argument) {
      static_cast<v4l2_buffer*>(argument)->sequence = sequence;
    });
    g_assert_true(f.webcam.video->make_frame());
    frame = frame_of(queue);
    expect(queue.queue(frame.index));
  }
  g_assert_cmpuint(frame.lost, ==, 1);
}

void test_damage() {
  Fixture f;
  BufferQueue queue = f.run({.least_bytes = {kFrameSize}});
  auto next = [&](const SimulatedFrame& made) {
    g_assert_true(f.webcam.video->make_frame(made));
    const BufferQueue::Frame frame = frame_of(queue);
    expect(queue.queue(frame.index));
    return frame;
  };
  g_assert_true(next({}).damage == BufferQueue::Damage::None);
  g_assert_true(next({.flags = V4L2_BUF_FLAG_ERROR}).damage == BufferQueue::Damage::Reported);
  g_assert_true(next({.bytes = kFrameSize - 1}).damage == BufferQueue::Damage::Short);
  BufferQueue::Frame frame = next({.bytes = 0});
  g_assert_true(frame.damage == BufferQueue::Damage::Short);
  g_assert_cmpuint(frame.planes[0].bytes, ==, 0);
  // More than there is memory for.
  frame = next({.bytes = UINT32_MAX});
  g_assert_cmpuint(frame.planes[0].bytes, ==, kFrameSize);
  // Clocks other than ours, and times that are none.
  f.webcam.video->queue().timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
  g_assert_false(next({}).timestamp.has_value());
  f.webcam.video->queue().timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  g_assert_false(next({}).timestamp_is_start);
  for (const timeval raw :
       {timeval{-1, 0}, timeval{0, -1}, timeval{0, 1000000}, timeval{INT64_MAX, 0}}) {
    f.kernel.tamper(VIDIOC_DQBUF, [raw](void* argument) {
      static_cast<v4l2_buffer*>(argument)->timestamp = raw;
    });
    g_assert_false(next({}).timestamp.has_value());
  }
  f.kernel.clear_faults();
  // A buffer the driver did not have, or one there is not.
  for (const uint32_t index : {4U, UINT32_MAX}) {
    g_assert_true(f.webcam.video->make_frame());
    f.kernel.tamper(VIDIOC_DQBUF, [index](void* argument) {
      static_cast<v4l2_buffer*>(argument)->index = index;
    });
    expect_error(queue.dequeue(), Error::Code::Protocol, "which it did not have");
  }
}

void test_multiplanar() {
  SimulatedKernel kernel;
  const LeakCheck leaks(kernel);
  const auto node = plug_multiplanar(kernel);
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video8"));
  VideoFormat wanted;
  wanted.fourcc = V4L2_PIX_FMT_NV12M;
  wanted.size = {640, 480};
  const VideoFormat format = expect(video.set_format(wanted));
  BufferQueue queue =
      expect(BufferQueue::allocate(video.device(), video.buffer_type(), format, {.count = 2}));
  g_assert_cmpuint(queue.plane_count(), ==, 2);
  g_assert_cmpuint(kernel.mappings(), ==, 4);
  expect(queue.queue(0));
  expect(queue.queue(1));
  expect(queue.start());
  g_assert_true(node->make_frame({.fill = [](uint32_t plane, std::span<uint8_t> memory) {
    std::memset(memory.data(), static_cast<int>(plane + 1), memory.size());
  }}));
  const BufferQueue::Frame frame = frame_of(queue);
  g_assert_cmpuint(frame.planes[1].bytes, ==, 640 * 240);
  g_assert_cmpuint(queue.plane(0, 0)[0], ==, 1);
  g_assert_cmpuint(queue.plane(0, 1)[640 * 240 - 1], ==, 2);
  // Data that begins within the plane, or behind it.
  uint32_t last = frame.index;
  for (const uint32_t offset : {100U, UINT32_MAX}) {
    expect(queue.queue(last));
    g_assert_true(node->make_frame());
    kernel.tamper(VIDIOC_DQBUF, [offset](void* argument) {
      static_cast<v4l2_buffer*>(argument)->m.planes[0].data_offset = offset;
    });
    const BufferQueue::Frame shifted = frame_of(queue);
    g_assert_cmpuint(shifted.planes[0].offset + shifted.planes[0].bytes, ==, 640 * 480);
    if (offset != 100U)
      g_assert_true(shifted.damage == BufferQueue::Damage::Short);
    kernel.clear_faults();
    last = shifted.index;
  }
  kernel.tamper(VIDIOC_QUERYBUF,
                [](void* argument) { static_cast<v4l2_buffer*>(argument)->length = 3; });
  expect(queue.release());
  expect_error(BufferQueue::allocate(video.device(), video.buffer_type(), format, {}),
               Error::Code::Protocol, "has 3 planes, its format 2");
}

void test_dmabuf() {
  Fixture f;
  // Exported memory stays when the queue is gone.
  UniqueFd exported;
  {
    BufferQueue queue = f.run({.map = false});
    g_assert_cmpuint(f.kernel.mappings(), ==, 0);
    g_assert_true(queue.plane(0, 0).empty());
    g_assert_true(f.webcam.video->make_frame());
    exported = expect(queue.export_plane(0, 0));
    expect_error(queue.export_plane(9, 0), Error::Code::Invalid, "buffer 9");
    expect_error(queue.export_plane(0, 3), Error::Code::Invalid, "VIDIOC_EXPBUF");
    f.webcam.video->queue().can_export = false;
    expect_error(queue.export_plane(0, 0), Error::Code::Unsupported, "VIDIOC_EXPBUF");
  }
  SharedMemory memory = expect(
      SharedMemory::map(std::move(exported), kFrameSize, SharedMemory::Access::ReadWrite, false));
  g_assert_cmpuint(memory.data()[10], ==, 0);

  // Somebody else's memory, filled by the driver.
  SharedMemory target = expect(SharedMemory::create("target", kFrameSize));
  BufferQueue queue = f.allocate({.count = 2, .memory = BufferQueue::Memory::DmaBuf});
  expect_error(queue.queue(0), Error::Code::WrongState, "a dmabuf each");
  expect_error(queue.queue_dmabuf(0, {}), Error::Code::Invalid, "1 planes, not 0");
  const BufferQueue::DmaBufPlane small{target.fd(), kFrameSize - 1};
  expect_error(queue.queue_dmabuf(0, {&small, 1}), Error::Code::Invalid, "needs a dmabuf");
  const BufferQueue::DmaBufPlane plane{target.fd(), kFrameSize};
  expect(queue.queue_dmabuf(0, {&plane, 1}));
  expect(queue.start());
  g_assert_true(f.webcam.video->make_frame(
      {.fill = [](uint32_t, std::span<uint8_t> bytes) { std::memset(bytes.data(), 7, 100); }}));
  g_assert_cmpuint(frame_of(queue).index, ==, 0);
  g_assert_cmpuint(target.data()[99], ==, 7);
}

void test_output() {
  SimulatedKernel kernel;
  const LeakCheck leaks(kernel);
  SimulatedVideoDescription description;
  description.buffer_type = V4L2_BUF_TYPE_META_OUTPUT;
  description.formats = {
      {.fourcc = v4l2_fourcc('P', 'A', 'R', 'M'), .sizes = {{{1000, 1}, {1000, 1}, {1, 1}}}}};
  const auto node = std::make_shared<SimulatedVideoNode>(description);
  kernel.plug("video4", {81, 4}, "platform/isp", node);
  VideoDevice video = expect(VideoDevice::open(kernel, "/dev/video4"));
  BufferQueue queue = expect(BufferQueue::allocate(video.device(), video.buffer_type(),
                                                   expect(video.format()), {.count = 2}));
  queue.plane(0, 0)[0] = 42;
  const uint32_t used = 500;
  expect(queue.queue(0, {&used, 1}));
  expect(queue.start());
  uint8_t seen = 0;
  g_assert_true(node->make_frame({.fill = [&](uint32_t, std::span<uint8_t> m) { seen = m[0]; }}));
  g_assert_cmpuint(seen, ==, 42);
  const BufferQueue::Frame frame = frame_of(queue);
  g_assert_cmpuint(frame.planes[0].bytes, ==, 500);
  g_assert_true(frame.damage == BufferQueue::Damage::None);
}

void test_loss() {
  {
    Fixture f;
    BufferQueue queue = f.run();
    g_assert_true(f.webcam.video->make_frame());
    f.kernel.unplug_all();
    expect_error(queue.dequeue(), Error::Code::Lost, "/dev/video0 (HD Webcam: HD Webcam)");
    expect_error(queue.stop(), Error::Code::Lost, "stop streaming");
    g_assert_false(queue.streaming());
    expect_error(queue.queue(0), Error::Code::Lost, "queue a buffer");
    expect_error(queue.release(), Error::Code::Lost, "free its buffers");
    g_assert_cmpuint(f.kernel.mappings(), ==, 0);
  }
  {
    // The hardware fails: a restart helps.
    Fixture f;
    BufferQueue queue = f.run();
    f.webcam.video->break_down();
    expect_error(queue.dequeue(), Error::Code::Failed, "VIDIOC_DQBUF");
    expect(queue.stop());
    expect(queue.queue(0));
    expect(queue.start());
    g_assert_true(f.webcam.video->make_frame());
    g_assert_cmpuint(frame_of(queue).number, ==, 0);
  }
  struct Row {
    int error;
    Error::Code code;
    const char* words;
  };
  for (const Row& row :
       {Row{ENOSPC, Error::Code::NoSpace, "bandwidth"}, Row{EPIPE, Error::Code::Invalid, "pipe"},
        Row{ENOLINK, Error::Code::Invalid, "Link"},
        Row{EIO, Error::Code::Failed, "Input/output"}}) {
    Fixture f;
    BufferQueue queue = f.allocate();
    expect(queue.queue(0));
    f.webcam.video->queue().on_start = [&row] { return row.error; };
    expect_error(queue.start(), row.code, row.words);
    g_assert_false(queue.streaming());
    // What was queued is ours again after stop(), and the next start may do.
    expect(queue.stop());
    f.webcam.video->queue().on_start = nullptr;
    expect(queue.queue(0));
    expect(queue.start());
  }
}

/* A driver that needs more buffers than it has when it is told to start. */
void test_late_start() {
  Fixture f;
  BufferQueue queue = f.allocate();
  f.webcam.video->queue().min_queued = 2;
  expect(queue.queue(0));
  expect(queue.start());
  g_assert_false(f.webcam.video->make_frame());
  f.webcam.video->queue().on_start = [] { return EPIPE; };
  expect_error(queue.queue(1), Error::Code::Invalid, "queue a buffer (VIDIOC_QBUF)");
  f.webcam.video->queue().on_start = nullptr;
  expect(queue.queue(1));
  g_assert_true(f.webcam.video->make_frame());
  g_assert_cmpuint(frame_of(queue).index, ==, 0);
}

/* What goes wrong when nobody is there to be told is left as a remark. */
void test_destructor() {
  Fixture f;
  {
    BufferQueue queue = f.run();
    f.kernel.fail(VIDIOC_STREAMOFF, 0, EIO);
  }
  g_assert_cmpuint(f.video.device().remarks().size(), ==, 1);
  g_assert_nonnull(std::strstr(f.video.device().remarks()[0].c_str(), "VIDIOC_STREAMOFF"));
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/queue/round", test_round);
  g_test_add_func("/v4l2/queue/order", test_order);
  g_test_add_func("/v4l2/queue/counts", test_counts);
  g_test_add_func("/v4l2/queue/gaps", test_gaps);
  g_test_add_func("/v4l2/queue/damage", test_damage);
  g_test_add_func("/v4l2/queue/multiplanar", test_multiplanar);
  g_test_add_func("/v4l2/queue/dmabuf", test_dmabuf);
  g_test_add_func("/v4l2/queue/output", test_output);
  g_test_add_func("/v4l2/queue/loss", test_loss);
  g_test_add_func("/v4l2/queue/late-start", test_late_start);
  g_test_add_func("/v4l2/queue/destructor", test_destructor);
  return g_test_run();
}
