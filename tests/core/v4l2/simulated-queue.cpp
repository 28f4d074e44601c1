/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/core/v4l2/simulated-queue.h"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace gstcam::v4l2::test {

namespace {

/* Where a plane is in the device's memory: far enough apart for the largest plane. */
constexpr uint32_t kOffsetStep = 0x10000;

uint32_t offset_of(uint32_t buffer, uint32_t plane) {
  return (buffer * kMaxPlanes + plane + 1) * kOffsetStep;
}

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::optional<int> SimulatedQueue::ioctl(const SimulatedFile& file, unsigned long request,
                                         void* argument, const VideoFormat& format) {
  switch (request) {
    case VIDIOC_REQBUFS:
      return this->request(file, *static_cast<v4l2_requestbuffers*>(argument), format);
    case VIDIOC_QUERYBUF:
      return query(*static_cast<v4l2_buffer*>(argument));
    case VIDIOC_QBUF:
      return enqueue(file, *static_cast<v4l2_buffer*>(argument));
    case VIDIOC_DQBUF:
      return dequeue(file, *static_cast<v4l2_buffer*>(argument));
    case VIDIOC_EXPBUF:
      return expose(*static_cast<v4l2_exportbuffer*>(argument));
    case VIDIOC_STREAMON:
      return *static_cast<int*>(argument) == static_cast<int>(type_) ? start(file) : -EINVAL;
    case VIDIOC_STREAMOFF:
      return *static_cast<int*>(argument) == static_cast<int>(type_) ? stop() : -EINVAL;
    default:
      return std::nullopt;
  }
}

int SimulatedQueue::request(const SimulatedFile& file, v4l2_requestbuffers& raw,
                            const VideoFormat& format) {
  if (raw.type != type_ || (raw.memory != V4L2_MEMORY_MMAP && raw.memory != V4L2_MEMORY_DMABUF))
    return -EINVAL;
  if ((owner_ && owner_ != &file) || streaming_)
    return -EBUSY;
  buffers_.clear();
  queued_.clear();
  done_.clear();
  owner_ = nullptr;
  if (raw.count == 0)
    return 0;
  memory_ = raw.memory;
  raw.count = std::min(raw.count, max_buffers);
  plane_count_ = is_multiplanar(type_) ? format.plane_count : 1;
  std::vector<Buffer> buffers(raw.count);
  for (Buffer& buffer : buffers) {
    for (uint32_t i = 0; i < plane_count_; i++) {
      Plane& plane = buffer.planes[i];
      plane.size = format.planes[i].size;
      if (memory_ != V4L2_MEMORY_MMAP)
        continue;
      plane.memory.reset(::memfd_create("simulated-buffer", MFD_CLOEXEC));
      if (!plane.memory.valid() || ::ftruncate(plane.memory.get(), plane.size) < 0)
        return -ENOMEM;
    }
  }
  buffers_ = std::move(buffers);
  owner_ = raw.count > 0 ? &file : nullptr;
  return 0;
}

void SimulatedQueue::describe(uint32_t index, v4l2_buffer& raw) const {
  const Buffer& buffer = buffers_[index];
  raw.index = index;
  raw.memory = memory_;
  raw.flags = buffer.flags | timestamp_flags;
  raw.field = V4L2_FIELD_NONE;
  raw.sequence = buffer.sequence;
  raw.timestamp.tv_sec = buffer.timestamp / 1000000000;
  raw.timestamp.tv_usec = buffer.timestamp % 1000000000 / 1000;
  if (is_multiplanar(type_)) {
    for (uint32_t i = 0; i < plane_count_ && i < raw.length; i++) {
      v4l2_plane& plane = raw.m.planes[i];
      plane.bytesused = buffer.planes[i].used;
      plane.length = buffer.planes[i].size;
      plane.data_offset = 0;
      if (memory_ == V4L2_MEMORY_MMAP)
        plane.m.mem_offset = offset_of(index, i);
    }
    raw.length = plane_count_;
    raw.bytesused = 0;
    return;
  }
  raw.bytesused = buffer.planes[0].used;
  raw.length = buffer.planes[0].size;
  if (memory_ == V4L2_MEMORY_MMAP)
    raw.m.offset = offset_of(index, 0);
}

int SimulatedQueue::query(v4l2_buffer& raw) const {
  if (raw.type != type_ || raw.index >= buffers_.size())
    return -EINVAL;
  if (is_multiplanar(type_) && (!raw.m.planes || raw.length < plane_count_))
    return -EINVAL;
  describe(raw.index, raw);
  return 0;
}

int SimulatedQueue::take_dmabuf(Plane& plane, int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size < 0)
    return -EBADF;
  if (static_cast<uint64_t>(size) < plane.size)
    return -EINVAL;
  Result<UniqueFd> copy = UniqueFd::duplicate(fd);
  if (!copy)
    return -EMFILE;
  plane.memory = std::move(copy).value();
  return 0;
}

int SimulatedQueue::enqueue(const SimulatedFile& file, v4l2_buffer& raw) {
  if (owner_ && owner_ != &file)
    return -EBUSY;
  if (raw.type != type_ || raw.memory != memory_ || raw.index >= buffers_.size())
    return -EINVAL;
  Buffer& buffer = buffers_[raw.index];
  if (buffer.state != Buffer::State::Idle)
    return -EINVAL;
  const bool planar = is_multiplanar(type_);
  if (planar && (!raw.m.planes || raw.length < plane_count_))
    return -EINVAL;
  for (uint32_t i = 0; i < plane_count_; i++) {
    Plane& plane = buffer.planes[i];
    if (memory_ == V4L2_MEMORY_DMABUF) {
      if (const int r = take_dmabuf(plane, planar ? raw.m.planes[i].m.fd : raw.m.fd))
        return r;
    }
    plane.used = planar ? raw.m.planes[i].bytesused : raw.bytesused;
  }
  buffer.state = Buffer::State::Queued;
  queued_.push_back(raw.index);
  describe(raw.index, raw);
  if (streaming_ && !begun_) {
    if (const int error = begin()) {
      queued_.pop_back();
      buffer.state = Buffer::State::Idle;
      return error;
    }
  }
  return 0;
}

int SimulatedQueue::dequeue(const SimulatedFile& file, v4l2_buffer& raw) {
  if (owner_ && owner_ != &file)
    return -EBUSY;
  if (raw.type != type_ || !streaming_)
    return -EINVAL;
  if (broken_)
    return -EIO;
  if (done_.empty())
    return -EAGAIN;
  const uint32_t index = done_.front();
  done_.pop_front();
  Buffer& buffer = buffers_[index];
  buffer.state = Buffer::State::Idle;
  describe(index, raw);
  if (memory_ == V4L2_MEMORY_DMABUF) {
    for (Plane& plane : buffer.planes)
      plane.memory.reset();
  }
  return 0;
}

int SimulatedQueue::expose(v4l2_exportbuffer& raw) const {
  if (!can_export)
    return -ENOTTY;
  if (raw.type != type_ || memory_ != V4L2_MEMORY_MMAP || raw.index >= buffers_.size() ||
      raw.plane >= plane_count_) {
    return -EINVAL;
  }
  Result<UniqueFd> copy = UniqueFd::duplicate(buffers_[raw.index].planes[raw.plane].memory.get());
  if (!copy)
    return -EMFILE;
  raw.fd = copy->release();
  return 0;
}

int SimulatedQueue::start(const SimulatedFile& file) {
  if (owner_ && owner_ != &file)
    return -EBUSY;
  if (buffers_.empty())
    return -EINVAL;
  if (streaming_)
    return 0;
  if (const int error = begin())
    return error;
  streaming_ = true;
  return 0;
}

int SimulatedQueue::begin() {
  if (queued_.size() < min_queued)
    return 0;
  if (const int error = on_start ? on_start() : 0)
    return -error;
  begun_ = true;
  sequence_ = 0;
  return 0;
}

int SimulatedQueue::stop() {
  streaming_ = false;
  begun_ = false;
  broken_ = false;
  queued_.clear();
  done_.clear();
  for (Buffer& buffer : buffers_) {
    buffer.state = Buffer::State::Idle;
    if (memory_ == V4L2_MEMORY_DMABUF) {
      for (Plane& plane : buffer.planes)
        plane.memory.reset();
    }
  }
  return 0;
}

short SimulatedQueue::poll(short events) const {
  if ((events & (POLLIN | POLLOUT)) == 0)
    return 0;
  if (!streaming_ || broken_)
    return POLLERR;
  const int ready = is_output(type_) ? POLLOUT : POLLIN;
  return static_cast<short>(done_.empty() ? 0 : ready & events);
}

SimulatedNode::Memory SimulatedQueue::memory(off_t offset) const {
  for (uint32_t i = 0; i < buffers_.size(); i++) {
    for (uint32_t k = 0; k < plane_count_; k++) {
      if (offset_of(i, k) == offset && memory_ == V4L2_MEMORY_MMAP)
        return {buffers_[i].planes[k].memory.get(), buffers_[i].planes[k].size};
    }
  }
  return {};
}

void SimulatedQueue::closed(const SimulatedFile& file) {
  if (owner_ != &file)
    return;
  stop();
  buffers_.clear();
  owner_ = nullptr;
}

bool SimulatedQueue::make_frame(const SimulatedFrame& frame) {
  if (!begun_)
    return false;
  const uint32_t sequence = sequence_ + frame.lost;
  sequence_ = sequence + 1;
  if (queued_.empty())
    return false;
  const uint32_t index = queued_.front();
  queued_.pop_front();
  done_.push_back(index);
  Buffer& buffer = buffers_[index];
  buffer.state = Buffer::State::Done;
  buffer.sequence = sequence;
  buffer.flags = frame.flags;
  buffer.timestamp = frame.timestamp.value_or(now());
  for (uint32_t i = 0; i < plane_count_; i++) {
    Plane& plane = buffer.planes[i];
    if (!is_output(type_))
      plane.used = frame.bytes.value_or(plane.size);
    void* address =
        ::mmap(nullptr, plane.size, PROT_READ | PROT_WRITE, MAP_SHARED, plane.memory.get(), 0);
    if (address == MAP_FAILED)
      return false;
    if (frame.fill)
      frame.fill(i, {static_cast<uint8_t*>(address), plane.size});
    else if (!is_output(type_))
      std::memset(address, static_cast<int>(sequence & 0xffU), plane.size);
    ::munmap(address, plane.size);
  }
  return true;
}

}  // namespace gstcam::v4l2::test
