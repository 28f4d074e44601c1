/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/request-queue.h"

#include <utility>

namespace gstcam {

void RequestQueue::open(Wakeup* wakeup) {
  std::lock_guard lock(mutex_);
  wakeup_ = wakeup;
}

void RequestQueue::close() {
  std::lock_guard lock(mutex_);
  wakeup_ = nullptr;
}

RequestQueue::Pushed RequestQueue::push(Request* request) {
  std::lock_guard lock(mutex_);
  if (!wakeup_)
    return Pushed::Closed;
  if (queued_ - done_ == kCapacity)
    return Pushed::Full;
  ring_[queued_++ % kCapacity] = request;
  // Under the lock: the wakeup lives only until close().
  wakeup_->signal();
  return Pushed::Yes;
}

Request* RequestQueue::hand_over() {
  std::lock_guard lock(mutex_);
  return handed_ == queued_ ? nullptr : ring_[handed_++ % kCapacity];
}

bool RequestQueue::pop(const Request* request) {
  std::lock_guard lock(mutex_);
  if (done_ == handed_ || ring_[done_ % kCapacity] != request)
    return false;
  done_++;
  return true;
}

bool RequestQueue::put_back(const Request* request) {
  std::lock_guard lock(mutex_);
  if (done_ == handed_ || ring_[done_ % kCapacity] != request)
    return false;
  for (uint32_t i = done_; i + 1 != handed_; i++)
    std::swap(ring_[i % kCapacity], ring_[(i + 1) % kCapacity]);
  return true;
}

Request* RequestQueue::pop_any() {
  std::lock_guard lock(mutex_);
  if (done_ == queued_)
    return nullptr;
  if (done_ == handed_)
    handed_++;
  return ring_[done_++ % kCapacity];
}

}  // namespace gstcam
