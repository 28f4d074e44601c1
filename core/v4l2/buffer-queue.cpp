/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/buffer-queue.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace gstcam::v4l2 {

namespace {

std::string buffer_text(uint32_t index) {
  return "buffer " + std::to_string(index);
}

std::optional<int64_t> monotonic_time(const v4l2_buffer& raw) {
  if ((raw.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
    return std::nullopt;
  constexpr int64_t kMaxSeconds = int64_t{1} << 33;  // no machine runs for that long
  const int64_t seconds = raw.timestamp.tv_sec;
  const int64_t us = raw.timestamp.tv_usec;
  if (seconds < 0 || seconds > kMaxSeconds || us < 0 || us >= 1000000)
    return std::nullopt;
  return seconds * 1000000000 + us * 1000;
}

}  // namespace

BufferQueue::BufferQueue(Device& device, uint32_t buffer_type, const VideoFormat& format,
                         const Options& options)
    : device_(&device),
      type_(buffer_type),
      plane_count_(is_multiplanar(buffer_type) ? format.plane_count : 1),
      options_(options) {}

Result<BufferQueue> BufferQueue::allocate(Device& device, uint32_t buffer_type,
                                          const VideoFormat& format, const Options& options) {
  if (options.count == 0 || options.count > kMaxBuffers || format.plane_count == 0 ||
      format.plane_count > kMaxPlanes) {
    return Error(Error::Code::Invalid,
                 device.label() + ": cannot allocate " + std::to_string(options.count) +
                     " buffers of " + std::to_string(format.plane_count) + " planes",
                 "ask for 1 to " + std::to_string(kMaxBuffers) + " buffers");
  }
  BufferQueue queue(device, buffer_type, format, options);
  if (Result<void> r = queue.request(options.count); !r)
    return r.error();
  for (uint32_t i = 0; i < queue.count(); i++) {
    if (Result<void> r = queue.query(i, format); !r)
      return r.error();
    if (options.memory != Memory::Mmap || !options.map)
      continue;
    if (Result<void> r = queue.map(i); !r)
      return r.error();
  }
  return queue;
}

BufferQueue::BufferQueue(BufferQueue&& other) noexcept
    : device_(other.device_),
      type_(other.type_),
      plane_count_(other.plane_count_),
      options_(other.options_),
      allocated_(std::exchange(other.allocated_, false)),
      streaming_(std::exchange(other.streaming_, false)),
      buffers_(std::exchange(other.buffers_, {})),
      counting_(other.counting_),
      last_sequence_(other.last_sequence_),
      last_number_(other.last_number_) {}

BufferQueue& BufferQueue::operator=(BufferQueue&& other) noexcept {
  if (this != &other) {
    if (Result<void> r = release(); !r)
      device_->remark(r.error().message);
    device_ = other.device_;
    type_ = other.type_;
    plane_count_ = other.plane_count_;
    options_ = other.options_;
    allocated_ = std::exchange(other.allocated_, false);
    streaming_ = std::exchange(other.streaming_, false);
    buffers_ = std::exchange(other.buffers_, {});
    counting_ = other.counting_;
    last_sequence_ = other.last_sequence_;
    last_number_ = other.last_number_;
  }
  return *this;
}

BufferQueue::~BufferQueue() {
  if (!allocated_)
    return;
  if (Result<void> r = release(); !r)
    device_->remark(r.error().message);
}

Result<void> BufferQueue::request(uint32_t count) {
  v4l2_requestbuffers raw{};
  raw.count = count;
  raw.type = type_;
  raw.memory = options_.memory == Memory::Mmap ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF;
  const std::string what =
      count > 0 ? "allocate " + std::to_string(count) + " buffers" : "free its buffers";
  if (Result<void> r = device_->ioctl(VIDIOC_REQBUFS, &raw, what.c_str()); !r)
    return r;
  allocated_ = count > 0;
  if (count == 0)
    return {};
  if (raw.count == 0) {
    return Error(Error::Code::NoSpace, device_->label() + ": the driver gave no buffers",
                 "ask for a smaller size");
  }
  if (raw.count > kMaxBuffers)
    return device_->nonsense(std::to_string(raw.count) + " buffers, asked for " +
                             std::to_string(count));
  buffers_.resize(raw.count);
  return {};
}

void BufferQueue::prepare(Raw& raw, uint32_t index) const {
  raw.buffer.index = index;
  raw.buffer.type = type_;
  raw.buffer.memory = options_.memory == Memory::Mmap ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF;
  if (is_multiplanar(type_)) {
    raw.buffer.m.planes = raw.planes.data();
    raw.buffer.length = plane_count_;
  }
}

Result<void> BufferQueue::query(uint32_t index, const VideoFormat& format) {
  Raw raw;
  prepare(raw, index);
  const std::string what = "ask for the memory of " + buffer_text(index);
  if (Result<void> r = device_->ioctl(VIDIOC_QUERYBUF, &raw.buffer, what.c_str()); !r)
    return r;
  const bool planar = is_multiplanar(type_);
  if (planar && raw.buffer.length != plane_count_) {
    return device_->nonsense(buffer_text(index) + " has " + std::to_string(raw.buffer.length) +
                             " planes, its format " + std::to_string(plane_count_));
  }
  for (uint32_t i = 0; i < plane_count_; i++) {
    Plane& plane = buffers_[index].planes[i];
    plane.size = planar ? raw.planes[i].length : raw.buffer.length;
    plane.offset = planar ? raw.planes[i].m.mem_offset : raw.buffer.m.offset;
    if (plane.size < format.planes[i].size || plane.size == 0 || plane.size > kMaxPlaneSize) {
      return device_->nonsense("plane " + std::to_string(i) + " of " + buffer_text(index) +
                               " has " + std::to_string(plane.size) + " bytes, a frame " +
                               std::to_string(format.planes[i].size));
    }
  }
  return {};
}

Result<void> BufferQueue::map(uint32_t index) {
  for (uint32_t i = 0; i < plane_count_; i++) {
    Plane& plane = buffers_[index].planes[i];
    const Kernel::Mapping mapping = device_->kernel().mmap(
        device_->fd(), plane.size, PROT_READ | PROT_WRITE, static_cast<off_t>(plane.offset));
    if (!mapping.address) {
      return device_->call_error(mapping.error, "mmap",
                                 "map plane " + std::to_string(i) + " of " + buffer_text(index) +
                                     ", " + std::to_string(plane.size) + " bytes");
    }
    plane.data = static_cast<uint8_t*>(mapping.address);
  }
  return {};
}

uint32_t BufferQueue::queued() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(buffers_, [](const Buffer& b) { return b.queued; }));
}

uint32_t BufferQueue::plane_size(uint32_t index, uint32_t plane) const {
  return index < count() && plane < plane_count_ ? buffers_[index].planes[plane].size : 0;
}

std::span<uint8_t> BufferQueue::plane(uint32_t index, uint32_t plane) const {
  if (index >= count() || plane >= plane_count_ || !buffers_[index].planes[plane].data)
    return {};
  return {buffers_[index].planes[plane].data, buffers_[index].planes[plane].size};
}

Result<void> BufferQueue::check_index(uint32_t index) const {
  if (index >= count())
    return Error(Error::Code::Invalid, device_->label() + ": there is no " + buffer_text(index));
  return {};
}

Result<UniqueFd> BufferQueue::export_plane(uint32_t index, uint32_t plane) const {
  if (Result<void> r = check_index(index); !r)
    return r.error();
  v4l2_exportbuffer raw{};
  raw.type = type_;
  raw.index = index;
  raw.plane = plane;
  raw.flags = O_CLOEXEC | O_RDWR;
  const std::string what = "export " + buffer_text(index) + " as a dmabuf";
  if (Result<void> r = device_->ioctl(VIDIOC_EXPBUF, &raw, what.c_str()); !r)
    return r.error();
  if (raw.fd < 0)
    return device_->nonsense("a dmabuf with the descriptor " + std::to_string(raw.fd));
  return UniqueFd(raw.fd);
}

Result<void> BufferQueue::queue(uint32_t index, std::span<const uint32_t> bytes_used) {
  if (Result<void> r = check_index(index); !r)
    return r;
  if (options_.memory != Memory::Mmap)
    return Error(Error::Code::WrongState, device_->label() + ": its buffers need a dmabuf each");
  Raw raw;
  prepare(raw, index);
  return enqueue(raw, bytes_used);
}

Result<void> BufferQueue::queue_dmabuf(uint32_t index, std::span<const DmaBufPlane> planes,
                                       std::span<const uint32_t> bytes_used) {
  if (Result<void> r = check_index(index); !r)
    return r;
  if (options_.memory != Memory::DmaBuf)
    return Error(Error::Code::WrongState, device_->label() + ": its buffers have memory already");
  if (planes.size() != plane_count_)
    return Error(Error::Code::Invalid, device_->label() + ": " + buffer_text(index) + " has " +
                                           std::to_string(plane_count_) + " planes, not " +
                                           std::to_string(planes.size()));
  Raw raw;
  prepare(raw, index);
  for (uint32_t i = 0; i < plane_count_; i++) {
    const uint32_t needed = buffers_[index].planes[i].size;
    if (planes[i].fd < 0 || planes[i].size < needed) {
      return Error(Error::Code::Invalid, device_->label() + ": plane " + std::to_string(i) +
                                             " needs a dmabuf of " + std::to_string(needed) +
                                             " bytes, not one of " +
                                             std::to_string(planes[i].size));
    }
    if (is_multiplanar(type_)) {
      raw.planes[i].m.fd = planes[i].fd;
      raw.planes[i].length = planes[i].size;
    } else {
      raw.buffer.m.fd = planes[i].fd;
      raw.buffer.length = planes[i].size;
    }
  }
  return enqueue(raw, bytes_used);
}

Result<void> BufferQueue::enqueue(Raw& raw, std::span<const uint32_t> bytes_used) {
  Buffer& buffer = buffers_[raw.buffer.index];
  if (buffer.queued) {
    return Error(Error::Code::WrongState, device_->label() + ": the driver has " +
                                              buffer_text(raw.buffer.index) + " already");
  }
  for (uint32_t i = 0; i < plane_count_ && i < bytes_used.size(); i++) {
    const uint32_t bytes = std::min(bytes_used[i], buffer.planes[i].size);
    if (is_multiplanar(type_))
      raw.planes[i].bytesused = bytes;
    else
      raw.buffer.bytesused = bytes;
  }
  if (Result<void> r = device_->ioctl(VIDIOC_QBUF, &raw.buffer, "queue a buffer"); !r)
    return r;
  buffer.queued = true;
  return {};
}

Result<std::optional<BufferQueue::Frame>> BufferQueue::dequeue() {
  Raw raw;
  prepare(raw, 0);
  const int result = device_->try_ioctl(VIDIOC_DQBUF, &raw.buffer);
  if (result == -EAGAIN)
    return std::optional<Frame>();
  if (result < 0)
    return device_->error(-result, VIDIOC_DQBUF, "get a frame");
  Result<Frame> frame = take(raw);
  if (!frame)
    return frame.error();
  return std::optional<Frame>(*frame);
}

Result<BufferQueue::Frame> BufferQueue::take(const Raw& raw) {
  const uint32_t index = raw.buffer.index;
  if (index >= count() || !buffers_[index].queued)
    return device_->nonsense(buffer_text(index) + ", which it did not have");
  Buffer& buffer = buffers_[index];
  buffer.queued = false;

  Frame frame;
  frame.index = index;
  frame.field = raw.buffer.field;
  frame.sequence = raw.buffer.sequence;
  frame.timestamp = monotonic_time(raw.buffer);
  frame.timestamp_is_start =
      (raw.buffer.flags & V4L2_BUF_FLAG_TSTAMP_SRC_MASK) == V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
  for (uint32_t i = 0; i < plane_count_; i++) {
    const uint32_t size = buffer.planes[i].size;
    const uint32_t used = is_multiplanar(type_) ? raw.planes[i].bytesused : raw.buffer.bytesused;
    const uint32_t offset = is_multiplanar(type_) ? raw.planes[i].data_offset : 0;
    // bytesused counts from the beginning of the plane, data_offset included.
    const uint32_t end = std::min(used, size);
    frame.planes[i].offset = std::min(offset, end);
    frame.planes[i].bytes = end - frame.planes[i].offset;
    if (frame.planes[i].bytes < std::max(options_.least_bytes[i], 1U) && !is_output(type_))
      frame.damage = Damage::Short;
  }
  if ((raw.buffer.flags & V4L2_BUF_FLAG_ERROR) != 0)
    frame.damage = Damage::Reported;
  count_frame(raw.buffer.sequence, frame);
  return frame;
}

/* Drivers count frames from anywhere, some not at all: what goes back or stays is one frame on. */
void BufferQueue::count_frame(uint32_t sequence, Frame& frame) {
  constexpr uint32_t kBackwards = UINT32_MAX / 2;
  if (counting_) {
    const uint32_t step = sequence - last_sequence_;
    frame.lost = step == 0 || step > kBackwards ? 0 : step - 1;
    frame.number = last_number_ + 1 + frame.lost;
  }
  counting_ = true;
  last_sequence_ = sequence;
  last_number_ = frame.number;
}

Result<void> BufferQueue::start() {
  if (streaming_)
    return Error(Error::Code::WrongState, device_->label() + ": streams already");
  int type = static_cast<int>(type_);
  if (Result<void> r = device_->ioctl(VIDIOC_STREAMON, &type, "start streaming"); !r)
    return r;
  streaming_ = true;
  counting_ = false;
  return {};
}

Result<void> BufferQueue::stop() {
  if (!streaming_ && queued() == 0)
    return {};
  streaming_ = false;
  for (Buffer& buffer : buffers_)
    buffer.queued = false;
  int type = static_cast<int>(type_);
  return device_->ioctl(VIDIOC_STREAMOFF, &type, "stop streaming");
}

Result<void> BufferQueue::release() {
  Result<void> result = stop();
  for (Buffer& buffer : buffers_) {
    for (Plane& plane : buffer.planes) {
      if (!plane.data)
        continue;
      const int unmapped = device_->kernel().munmap(plane.data, plane.size);
      plane.data = nullptr;
      if (unmapped < 0 && result)
        result = device_->call_error(-unmapped, "munmap", "unmap a buffer");
    }
  }
  buffers_.clear();
  if (!allocated_)
    return result;
  Result<void> freed = request(0);
  allocated_ = false;
  return result ? freed : result;
}

}  // namespace gstcam::v4l2
