/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/driver-frames.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

namespace gstcam::v4l2 {

namespace {

/* What more there is than kLeast downstream may hold, or waits at the driver, which loses frames
 * where it has none when we are late. */
constexpr uint32_t kWanted = 10;
/* Of all buffers; fewer of very large frames. */
constexpr size_t kMemory = size_t{128} << 20U;

uint32_t worth_allocating(const VideoFormat& format) {
  const size_t fit = kMemory / std::max<size_t>(format.planes[0].size, 1);
  return static_cast<uint32_t>(std::clamp<size_t>(fit, DriverFrames::kLeast, kWanted));
}

}  // namespace

/* Which buffers are out. */
struct DriverFrames::Taken {
  std::mutex mutex;
  std::bitset<BufferQueue::kMaxBuffers> indices;
};

/* What a FrameBuffer holds on to: it is back when this goes. */
struct DriverFrames::Slot {
  std::shared_ptr<Taken> taken;
  uint32_t index;

  Slot(std::shared_ptr<Taken> t, uint32_t i) : taken(std::move(t)), index(i) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    const std::lock_guard lock(taken->mutex);
    taken->indices.reset(index);
  }
};

DriverFrames::DriverFrames(BufferQueue queue, const FrameLayout& layout, bool copies)
    : queue_(std::move(queue)),
      layout_(layout),
      copies_(copies),
      taken_(std::make_shared<Taken>()) {}

Result<DriverFrames> DriverFrames::allocate(Device& device, uint32_t buffer_type,
                                            const VideoFormat& format, const FrameLayout& layout) {
  BufferQueue::Options options;
  options.count = worth_allocating(format);
  options.map = false;
  /* A raw frame that is not whole is no frame. */
  if (layout.planes[0].stride > 0) {
    size_t whole = 0;
    for (uint32_t i = 0; i < layout.count; i++)
      whole = std::max(whole, layout.planes[i].offset + layout.planes[i].size);
    options.least_bytes[0] = static_cast<uint32_t>(std::min<size_t>(whole, UINT32_MAX));
  }
  Result<BufferQueue> queue = BufferQueue::allocate(device, buffer_type, format, options);
  if (!queue)
    return queue.error();
  const Result<UniqueFd> exported = queue->export_plane(0, 0);
  if (exported)
    return DriverFrames(std::move(*queue), layout, false);
  if (exported.error().code != Error::Code::Unsupported &&
      exported.error().code != Error::Code::Invalid)
    return exported.error();
  if (Result<void> released = queue->release(); !released)
    return released.error();
  options.map = true;
  queue = BufferQueue::allocate(device, buffer_type, format, options);
  if (!queue)
    return queue.error();
  return DriverFrames(std::move(*queue), layout, true);
}

Result<std::unique_ptr<FrameBuffer>> DriverFrames::hand_out(uint32_t stream) {
  uint32_t index = 0;
  {
    const std::lock_guard lock(taken_->mutex);
    while (index < count() && taken_->indices.test(index))
      index++;
    if (index >= count())
      return Error(Error::Code::NoSpace,
                   "all " + std::to_string(count()) + " buffers of the driver are in use",
                   "give some of them back first");
    taken_->indices.set(index);
  }
  auto slot = std::make_shared<Slot>(taken_, index);
  if (copies_) {
    Result<SharedMemory> memory = SharedMemory::create("gst-camera-frame", layout_.size);
    if (!memory)
      return memory.error();
    return std::make_unique<FrameBuffer>(stream, layout_, std::move(*memory), std::move(slot));
  }
  Result<UniqueFd> dmabuf = queue_.export_plane(index, 0);
  if (!dmabuf)
    return dmabuf.error();
  return std::make_unique<FrameBuffer>(stream, layout_, std::move(*dmabuf),
                                       queue_.plane_size(index, 0), std::move(slot));
}

uint32_t DriverFrames::index_of(const FrameBuffer& frame) {
  return static_cast<const Slot*>(frame.slot())->index;
}

void DriverFrames::store(const BufferQueue::Frame& from, FrameBuffer& frame) const {
  if (!copies_)
    return;
  const std::span<uint8_t> memory = queue_.plane(from.index, 0);
  const size_t bytes = std::min<size_t>(from.planes[0].bytes, frame.size());
  std::memcpy(frame.data(), memory.data() + from.planes[0].offset, bytes);
}

}  // namespace gstcam::v4l2
