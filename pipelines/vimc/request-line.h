/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RequestLine: the requests that a camera of several unsynchronised streams has, oldest first, each
 * with what has become of its buffers.
 *
 * The first stream leads: a request's frame is that of this stream. The others follow at their own
 * pace: a request's buffer goes to their driver when the frame before it is the leader's next, so
 * that the frames of one request are of about the same time, however fast a follower is. One that
 * has not begun gets one buffer more: drivers want two to begin.
 *
 *     idle --next_idle(), at_driver()--> at the driver --filled()--> has its frame
 *
 * Requests leave in order, when they have all their frames. One with a damaged frame, when it is
 * the oldest and has the leader's, is put back behind the others: its buffers that have frames are
 * idle again, and so numbers of the leader's frames only grow.
 *
 * Of fixed size; allocates nothing. One thread.
 */
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/camera.h"
#include "core/v4l2/buffer-queue.h"
#include "ipa/vimc-parameters.h"

namespace gstcam::vimc {

class RequestLine {
 public:
  static constexpr size_t kMaxStreams = Request::kMaxStreams;

  enum class Buffer : uint8_t { Idle, AtDriver, Filled };
  enum class Parameters : uint8_t { NotAsked, Asked, There, Applied };
  struct Entry {
    Request* request = nullptr;
    uint32_t frame = 0;  // as the IPA counts
    Parameters parameters_are = Parameters::NotAsked;
    GstCameraVimcParameters parameters{};
    bool damaged = false;  // in any stream
    bool bridged = false;  // its frame went without parameters of its own
    ControlList in_force;  // when its frame came
    std::array<Buffer, kMaxStreams> buffers{};
    std::array<uint32_t, kMaxStreams> indices{};  // of the drivers' buffers
    std::array<v4l2::BufferQueue::Frame, kMaxStreams> frames{};
  };

  /** Empty, for so many streams. */
  void start(size_t streams);
  [[nodiscard]] size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /** Oldest first. */
  [[nodiscard]] Entry& at(size_t position) { return entries_[(first_ + position) % kSize]; }

  /** nullptr where there are more than a camera can have. */
  Entry* add(Request* request);
  /** The entry whose buffer a stream's driver has under that index. */
  [[nodiscard]] std::optional<size_t> find(size_t stream, uint32_t index);
  /** The entry of that frame of the IPA. */
  [[nodiscard]] std::optional<size_t> find_frame(uint32_t frame);
  /** How many of the oldest have the leader's frame: the next one is being taken. */
  [[nodiscard]] size_t taken();
  /** The next buffer that this stream's driver should get. */
  [[nodiscard]] std::optional<size_t> next_idle(size_t stream);
  /** The stream has begun: it needs no buffer in advance. */
  void has_begun(size_t stream) { begun_[stream] = true; }
  /** Whether the oldest has all its frames. */
  [[nodiscard]] bool is_complete();
  /** Whether the oldest has to be put back. */
  [[nodiscard]] bool is_spoilt();
  /** Removes the oldest. */
  void pop();
  /** Makes the oldest the youngest. */
  void put_back();

 private:
  static constexpr size_t kSize = Camera::kMaxRequests;

  size_t streams_ = 1;
  std::array<bool, kMaxStreams> begun_{};
  std::array<Entry, kSize> entries_{};
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace gstcam::vimc
