/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BufferQueue: the buffers of a video or metadata node, from REQBUFS to STREAMOFF.
 *
 *     allocated --queue()--> queued at the driver --dequeue()--> ours again
 *     start() once all are queued: with fewer than a driver needs it begins later, inside of the
 *     queue() that makes them enough, and that is where its errors come then
 *     stop() makes all of them ours again, frames in them lost
 *
 * Owns the buffers and their mappings; memory exported as dmabufs outlives it. The device must stay
 * where it is (not be moved) and outlive it. Everything dequeue() tells is checked. A device that
 * is unplugged in mid-stream makes every call Lost; the queue is destroyed as any other.
 *
 * Not thread safe. queue() and dequeue() allocate nothing and never block.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/unique-fd.h"
#include "core/v4l2/device.h"
#include "core/v4l2/video-format.h"

namespace gstcam::v4l2 {

class BufferQueue {
 public:
  static constexpr uint32_t kMaxBuffers = 64;

  enum class Memory : uint8_t {
    Mmap,    // the driver's, mapped here
    DmaBuf,  // somebody else's, given with each queue_dmabuf()
  };

  struct Options {
    uint32_t count = 4;
    Memory memory = Memory::Mmap;
    bool map = true;  // Mmap only: false where exported dmabufs are all that is needed
    /** Bytes that the picture needs in each plane: a frame with fewer is damaged. 0: any number. */
    std::array<uint32_t, kMaxPlanes> least_bytes{};
  };

  struct DmaBufPlane {
    int fd = -1;  // borrowed until it is dequeued
    uint32_t size = 0;
  };

  enum class Damage : uint8_t {
    None,
    Reported,  // V4L2_BUF_FLAG_ERROR: the driver knows that data is missing or wrong
    Short,     // fewer bytes than least_bytes, or none
  };

  struct Frame {
    uint32_t index = 0;
    uint32_t number = 0;    // since start(), from 0, with the frames that were lost
    uint32_t lost = 0;      // frames between the last one and this
    uint32_t sequence = 0;  // the driver's own count, as its events have it
    /** CLOCK_MONOTONIC ns; none where the driver takes another clock, or nonsense. */
    std::optional<int64_t> timestamp;
    bool timestamp_is_start = false;  // of exposure; otherwise of the end of the frame
    Damage damage = Damage::None;
    uint32_t field = V4L2_FIELD_NONE;
    struct Plane {
      uint32_t offset = 0;  // where data begins in the plane
      uint32_t bytes = 0;   // of data; offset + bytes never exceeds the plane
    };
    std::array<Plane, kMaxPlanes> planes{};
  };

  /** `format` is what the device is set to. The driver may give more or fewer buffers than asked.
   */
  static Result<BufferQueue> allocate(Device& device, uint32_t buffer_type,
                                      const VideoFormat& format, const Options& options);
  BufferQueue(BufferQueue&& other) noexcept;
  BufferQueue& operator=(BufferQueue&& other) noexcept;
  BufferQueue(const BufferQueue&) = delete;
  BufferQueue& operator=(const BufferQueue&) = delete;
  ~BufferQueue();

  [[nodiscard]] uint32_t count() const { return static_cast<uint32_t>(buffers_.size()); }
  [[nodiscard]] uint32_t plane_count() const { return plane_count_; }
  [[nodiscard]] bool streaming() const { return streaming_; }
  /** How many the driver has. */
  [[nodiscard]] uint32_t queued() const;
  /** Bytes of one plane of a buffer. */
  [[nodiscard]] uint32_t plane_size(uint32_t index, uint32_t plane) const;
  /** Its memory, mapped for reading and writing; empty where it is not mapped. */
  [[nodiscard]] std::span<uint8_t> plane(uint32_t index, uint32_t plane) const;
  /** A dmabuf of a plane (Mmap only). Unsupported by some drivers. */
  [[nodiscard]] Result<UniqueFd> export_plane(uint32_t index, uint32_t plane) const;

  /** Gives a buffer to the driver. `bytes_used` a plane: for output queues only. */
  Result<void> queue(uint32_t index, std::span<const uint32_t> bytes_used = {});
  /** DmaBuf: one a plane, each at least plane_size(). */
  Result<void> queue_dmabuf(uint32_t index, std::span<const DmaBufPlane> planes,
                            std::span<const uint32_t> bytes_used = {});
  /** The oldest frame that is done; none where none is. After an error of code Failed (EIO) the
   * hardware may have stopped: stop() and start() again, or give up. */
  Result<std::optional<Frame>> dequeue();

  Result<void> start();
  /** After an error, too, nothing streams as far as this object goes. */
  Result<void> stop();
  /** Stops, unmaps and frees; the destructor does the same and leaves a remark at the device. */
  Result<void> release();

 private:
  struct Plane {
    uint32_t size = 0;
    uint32_t offset = 0;  // that mmap() takes
    uint8_t* data = nullptr;
  };
  struct Buffer {
    std::array<Plane, kMaxPlanes> planes{};
    bool queued = false;
  };
  /** A v4l2_buffer and what it points to. */
  struct Raw {
    v4l2_buffer buffer{};
    std::array<v4l2_plane, kMaxPlanes> planes{};
  };

  BufferQueue(Device& device, uint32_t buffer_type, const VideoFormat& format,
              const Options& options);
  Result<void> request(uint32_t count);
  Result<void> query(uint32_t index, const VideoFormat& format);
  Result<void> map(uint32_t index);
  void prepare(Raw& raw, uint32_t index) const;
  Result<void> enqueue(Raw& raw, std::span<const uint32_t> bytes_used);
  Result<Frame> take(const Raw& raw);
  void count_frame(uint32_t sequence, Frame& frame);
  [[nodiscard]] Result<void> check_index(uint32_t index) const;

  Device* device_;
  uint32_t type_;
  uint32_t plane_count_;
  Options options_;
  bool allocated_ = false;
  bool streaming_ = false;
  std::vector<Buffer> buffers_;
  /* Of the last frame dequeued since start(). */
  bool counting_ = false;
  uint32_t last_sequence_ = 0;
  uint32_t last_number_ = 0;
};

}  // namespace gstcam::v4l2
