/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SimulatedQueue: the buffers of a simulated video node, with the rules of the kernel's videobuf2:
 * owned by the file that allocated them, EBUSY while they are, POLLERR while nothing streams.
 *
 * Rules from Documentation/userspace-api/media/v4l/ (buffer.rst, vidioc-reqbufs.rst,
 * vidioc-qbuf.rst, func-poll.rst). Under the kernel's lock.
 */
#pragma once

#include <linux/videodev2.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/unique-fd.h"
#include "core/v4l2/video-format.h"
#include "tests/core/v4l2/simulated-kernel.h"

namespace gstcam::v4l2::test {

/** How a frame that the test makes looks. */
struct SimulatedFrame {
  uint32_t lost = 0;                 // sequence numbers to skip before it
  uint32_t flags = 0;                // added: V4L2_BUF_FLAG_ERROR ...
  std::optional<uint32_t> bytes;     // of each plane; all of it where not told
  std::optional<int64_t> timestamp;  // ns; now where not told
  /** Writes the picture; the memory is filled with the low byte of the sequence where empty. */
  std::function<void(uint32_t plane, std::span<uint8_t> memory)> fill;
};

class SimulatedQueue {
 public:
  explicit SimulatedQueue(uint32_t buffer_type) : type_(buffer_type) {}

  /** nullopt where the request is not the queue's. `format` is what the node is set to. */
  std::optional<int> ioctl(const SimulatedFile& file, unsigned long request, void* argument,
                           const VideoFormat& format);
  short poll(short events) const;
  SimulatedNode::Memory memory(off_t offset) const;
  void closed(const SimulatedFile& file);

  /** Fills the oldest buffer it has; false where it has none or does not stream: a lost frame. */
  bool make_frame(const SimulatedFrame& frame);
  /** The hardware failed: DQBUF answers EIO and poll() POLLERR until STREAMOFF. */
  void break_down() { broken_ = true; }

  [[nodiscard]] size_t count() const { return buffers_.size(); }
  [[nodiscard]] bool streaming() const { return streaming_; }
  [[nodiscard]] size_t queued() const { return queued_.size(); }

  /** Asked when streaming begins, at STREAMON or later; an errno refuses. */
  std::function<int()> on_start;
  /** Buffers it needs to begin: with fewer STREAMON succeeds, and a later QBUF begins or fails. */
  uint32_t min_queued = 1;
  /** The most buffers it gives. */
  uint32_t max_buffers = 32;
  bool can_export = true;
  uint32_t timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE;

 private:
  struct Plane {
    UniqueFd memory;  // memfd; the imported dmabuf for V4L2_MEMORY_DMABUF
    uint32_t size = 0;
    uint32_t used = 0;
  };
  struct Buffer {
    std::array<Plane, kMaxPlanes> planes;
    enum class State : uint8_t { Idle, Queued, Done } state = State::Idle;
    uint32_t sequence = 0;
    uint32_t flags = 0;
    int64_t timestamp = 0;
  };

  int request(const SimulatedFile& file, v4l2_requestbuffers& raw, const VideoFormat& format);
  int query(v4l2_buffer& raw) const;
  int enqueue(const SimulatedFile& file, v4l2_buffer& raw);
  int dequeue(const SimulatedFile& file, v4l2_buffer& raw);
  int expose(v4l2_exportbuffer& raw) const;
  int start(const SimulatedFile& file);
  int begin();
  int stop();
  void describe(uint32_t index, v4l2_buffer& raw) const;
  int take_dmabuf(Plane& plane, int fd);

  const uint32_t type_;
  uint32_t memory_ = V4L2_MEMORY_MMAP;
  const SimulatedFile* owner_ = nullptr;
  std::vector<Buffer> buffers_;
  uint32_t plane_count_ = 1;
  std::deque<uint32_t> queued_;
  std::deque<uint32_t> done_;
  uint32_t sequence_ = 0;
  bool streaming_ = false;
  bool begun_ = false;
  bool broken_ = false;
};

}  // namespace gstcam::v4l2::test
