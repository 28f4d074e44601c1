/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/request-line.h"

#include <algorithm>
#include <utility>

namespace gstcam::vimc {

void RequestLine::start(size_t streams) {
  streams_ = streams;
  begun_ = {};
  first_ = 0;
  count_ = 0;
}

RequestLine::Entry* RequestLine::add(Request* request) {
  if (count_ == kSize)
    return nullptr;
  Entry& entry = at(count_++);
  entry.request = request;
  entry.parameters_are = Parameters::NotAsked;
  entry.damaged = entry.bridged = false;
  entry.buffers = {};
  return &entry;
}

std::optional<size_t> RequestLine::find(size_t stream, uint32_t index) {
  for (size_t i = 0; i < count_; i++) {
    const Entry& entry = at(i);
    if (entry.buffers[stream] == Buffer::AtDriver && entry.indices[stream] == index)
      return i;
  }
  return std::nullopt;
}

std::optional<size_t> RequestLine::find_frame(uint32_t frame) {
  for (size_t i = 0; i < count_; i++) {
    if (at(i).frame == frame)
      return i;
  }
  return std::nullopt;
}

size_t RequestLine::taken() {
  size_t n = 0;
  while (n < count_ && at(n).buffers[0] == Buffer::Filled)
    n++;
  return n;
}

std::optional<size_t> RequestLine::next_idle(size_t stream) {
  const size_t ahead = begun_[stream] ? 1 : 2;
  const size_t end = stream == 0 ? count_ : std::min(count_, taken() + ahead);
  for (size_t i = 0; i < end; i++) {
    if (at(i).buffers[stream] == Buffer::Idle)
      return i;
  }
  return std::nullopt;
}

bool RequestLine::is_complete() {
  if (empty() || at(0).damaged)
    return false;
  const auto end = at(0).buffers.begin() + static_cast<ptrdiff_t>(streams_);
  return std::all_of(at(0).buffers.begin(), end, [](Buffer b) { return b == Buffer::Filled; });
}

bool RequestLine::is_spoilt() {
  return !empty() && at(0).damaged && at(0).buffers[0] == Buffer::Filled;
}

void RequestLine::pop() {
  first_ = (first_ + 1) % kSize;
  count_--;
}

void RequestLine::put_back() {
  for (size_t i = 0; i + 1 < count_; i++)
    std::swap(at(i), at(i + 1));
  Entry& entry = at(count_ - 1);
  entry.damaged = false;
  for (Buffer& buffer : entry.buffers) {
    if (buffer == Buffer::Filled)
      buffer = Buffer::Idle;
  }
}

}  // namespace gstcam::vimc
