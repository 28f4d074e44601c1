/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: dmabuf-frames NODE FORMAT WIDTH HEIGHT RATE COUNT
 * Frames of a kernel's camera through camerasrc are the driver's memory, and nobody copies them:
 * without caps, with system memory asked for and with video/x-raw(memory:DMABuf), where a consumer
 * that knows nothing of GstVideoFrame maps the descriptor itself.
 *
 * That they are is told by three who need not believe each other: camerasrc, which counts the
 * copies it made; the kernel, which says what exported a descriptor; and the number of different
 * dmabufs there are, which is not larger than the number of buffers a driver has, however many the
 * frames.
 */
#include <gst/allocators/allocators.h>
#include <gst/video/video.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/vm/capture/captured.h"
#include "tests/vm/capture/mode.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

Error wrong(const std::string& what) {
  return Error(Error::Code::Failed, what);
}

/** "videobuf2_vmalloc": who made the dmabuf, as the kernel tells. */
std::string exporter_of(int fd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
  for (std::string word; info >> word;) {
    if (word == "exp_name:" && info >> word)
      return word;
  }
  return {};
}

Result<void> sync(int fd, uint64_t flags) {
  const dma_buf_sync request{flags};
  if (::ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) != 0)
    return Error::from_errno(errno, "cannot synchronise with a dmabuf");
  return {};
}

/** The bytes of a dmabuf, as a consumer reads them that was given the descriptor alone. */
Result<std::vector<uint8_t>> read_dmabuf(int fd, size_t size) {
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)
    return Error::from_errno(errno, "cannot map a dmabuf");
  std::vector<uint8_t> bytes(size);
  Result<void> done = sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
  if (done) {
    std::memcpy(bytes.data(), data, size);
    done = sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
  }
  ::munmap(data, size);
  if (!done)
    return done.error();
  return bytes;
}

/** Looks at frames of one stream. */
class Consumer {
 public:
  Result<void> take(const CapturedFrame& frame) {
    if (gst_buffer_n_memory(frame.buffer) != 1)
      return wrong("a frame of several pieces");
    GstMemory* memory = gst_buffer_peek_memory(frame.buffer, 0);
    if (!gst_is_dmabuf_memory(memory))
      return wrong("a frame that is no dmabuf");
    const int fd = gst_dmabuf_memory_get_fd(memory);
    struct stat status = {};
    if (::fstat(fd, &status) != 0)
      return Error::from_errno(errno, "cannot look at a dmabuf");
    inodes_.insert(status.st_ino);
    if (const std::string exporter = exporter_of(fd); !exporter.starts_with("videobuf2"))
      return wrong("a frame that '" + exporter + "' exported");
    return map(frame, fd);
  }
  [[nodiscard]] size_t dmabufs() const { return inodes_.size(); }
  [[nodiscard]] uint64_t changed() const { return changed_; }

 private:
  /** By the descriptor, and by GStreamer: the same bytes, and others than of the frame before. */
  Result<void> map(const CapturedFrame& frame, int fd) {
    GstMapInfo info;
    if (!gst_buffer_map(frame.buffer, &info, GST_MAP_READ))
      return wrong("a frame cannot be mapped");
    Result<std::vector<uint8_t>> bytes = read_dmabuf(fd, info.size);
    const bool same = bytes && std::memcmp(bytes->data(), info.data, info.size) == 0;
    gst_buffer_unmap(frame.buffer, &info);
    if (!bytes)
      return bytes.error();
    if (!same)
      return wrong("a dmabuf that is not what GStreamer maps");
    changed_ += *bytes != before_ ? 1 : 0;
    before_ = std::move(*bytes);
    return {};
  }

  std::set<ino_t> inodes_;
  std::vector<uint8_t> before_;
  uint64_t changed_ = 0;
};

Result<void> run(const std::string& camera, const char* what, const CapsPtr& filter,
                 const Mode& mode, uint64_t count) {
  constexpr size_t kMostBuffers = 32;
  Consumer consumer;
  const Result<Captured> captured =
      capture_uncopied(camera, filter.get(), count, mode.frame_duration(),
                       [&consumer](const CapturedFrame& frame) { return consumer.take(frame); });
  if (!captured)
    return captured.error().within(what);
  if (consumer.dmabufs() > kMostBuffers || consumer.dmabufs() >= count)
    return wrong(std::to_string(consumer.dmabufs()) + " different dmabufs for " +
                 std::to_string(count) + " frames");
  if (consumer.changed() < count / 2)
    return wrong("frames that are all the same");
  const CharPtr caps(gst_caps_to_string(captured->caps.get()));
  std::printf("%s: %llu frames in %zu dmabufs, %llu lost, %llu copied; %s\n", what,
              static_cast<unsigned long long>(captured->frames), consumer.dmabufs(),
              static_cast<unsigned long long>(captured->lost),
              static_cast<unsigned long long>(captured->copied), caps.get());
  const bool promised = gst_caps_features_contains(gst_caps_get_features(captured->caps.get(), 0),
                                                   GST_CAPS_FEATURE_MEMORY_DMABUF) != FALSE;
  const bool asked = gst_caps_get_size(filter.get()) > 0 &&
                     gst_caps_features_contains(gst_caps_get_features(filter.get(), 0),
                                                GST_CAPS_FEATURE_MEMORY_DMABUF);
  if (promised != asked)
    return wrong("caps that were not asked for");
  return {};
}

Result<void> run_all(const std::string& node, const Mode& mode, uint64_t count) {
  const Result<std::string> camera = camera_of_node(node);
  if (!camera)
    return camera.error();
  /* What the camera prefers is of the rate that it prefers. */
  Mode any = mode;
  any.format.clear();
  if (Result<void> r = run(*camera, "whatever comes", any.caps(), mode, count); !r)
    return r;
  if (Result<void> r = run(*camera, "system memory", mode.caps(), mode, count); !r)
    return r;
  return run(*camera, "dmabufs", mode.caps(GST_CAPS_FEATURE_MEMORY_DMABUF), mode, count);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 7) {
    std::fprintf(stderr, "usage: dmabuf-frames NODE FORMAT WIDTH HEIGHT RATE COUNT\n");
    return 2;
  }
  const auto number = [argv](int i) { return static_cast<int>(std::strtol(argv[i], nullptr, 10)); };
  const Mode mode{"video/x-raw", argv[2], number(3), number(4), number(5), 1};
  if (Result<void> done = run_all(argv[1], mode, static_cast<uint64_t>(number(6))); !done) {
    std::printf("%s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
