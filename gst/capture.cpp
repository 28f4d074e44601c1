/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gst/capture.h"

#include <algorithm>

#include "gst/debug.h"
#include "gst/frame-allocator.h"

namespace gstcam {

int Capture::Slot::filled() const {
  int count = 0;
  for (const BufferPtr& buffer : buffers)
    count += buffer ? 1 : 0;
  return count;
}

Capture::~Capture() {
  close();
}

Result<void> Capture::open(std::shared_ptr<Camera> camera, const CameraOptions& options,
                           Camera::FailedHandler on_failed, Camera::NoticeHandler on_notice) {
  if (Result<void> r = camera->acquire(options); !r)
    return r;
  /* Only now: before, the camera may have been somebody else's. It may keep its handlers a moment
   * longer than we live. */
  camera->set_handlers(
      [weak = weak_from_this()](Request& request) {
        if (const std::shared_ptr<Capture> self = weak.lock())
          self->request_completed(request);
      },
      [weak = weak_from_this(), on_failed = std::move(on_failed)](const Error& error) {
        on_failed(error);
        if (const std::shared_ptr<Capture> self = weak.lock())
          self->failed();
      },
      std::move(on_notice));
  const std::lock_guard lock(mutex_);
  camera_ = std::move(camera);
  return {};
}

void Capture::close() {
  stop();
  drop_buffers();
  std::shared_ptr<Camera> camera;
  {
    const std::lock_guard lock(mutex_);
    camera.swap(camera_);
  }
  if (!camera)
    return;
  camera->set_handlers({}, {});
  camera->release();
}

std::shared_ptr<Camera> Capture::camera() const {
  const std::lock_guard lock(mutex_);
  return camera_;
}

Result<void> Capture::start(const ControlList& controls, uint32_t slots) {
  const std::shared_ptr<Camera> open_camera = camera();
  if (!open_camera)
    return Error(Error::Code::WrongState, "no camera is open");
  {
    const std::lock_guard lock(mutex_);
    failed_ = false;
    released_ = false;
    slot_count_ = std::clamp<uint32_t>(slots, 1, kMaxSlots);
    running_ = true;
  }
  Result<void> started = open_camera->start(controls);
  if (!started) {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  return started;
}

void Capture::stop() {
  std::shared_ptr<Camera> open_camera;
  {
    const std::lock_guard lock(mutex_);
    if (!running_)
      return;
    open_camera = camera_;
  }
  /* Comes back when every request has come back. */
  if (Result<void> stopped = open_camera->stop(); !stopped)
    GST_WARNING("cannot stop: %s", stopped.error().message.c_str());
  const std::lock_guard lock(mutex_);
  running_ = false;
  for (Slot& slot : slots_)
    slot.state = SlotState::Idle;
  queued_ = 0;
  first_completed_ = 0;
  completed_count_ = 0;
}

bool Capture::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

void Capture::drop_buffers() {
  for (Slot& slot : slots_) {
    slot.request.reuse(false);
    for (BufferPtr& buffer : slot.buffers)
      buffer.reset();
  }
}

Capture::Slot* Capture::idle_slot() {
  const std::lock_guard lock(mutex_);
  Slot* idle = nullptr;
  for (uint32_t i = 0; i < slot_count_; i++) {
    if (slots_[i].state == SlotState::Idle && (!idle || slots_[i].filled() > idle->filled()))
      idle = &slots_[i];
  }
  return idle;
}

BufferPtr Capture::take_spare(const Slot& slot, uint32_t stream) {
  const std::lock_guard lock(mutex_);
  for (uint32_t i = 0; i < slot_count_; i++) {
    if (&slots_[i] != &slot && slots_[i].state == SlotState::Idle && slots_[i].buffers[stream])
      return std::move(slots_[i].buffers[stream]);
  }
  return {};
}

Result<void> Capture::queue(Slot& slot) {
  for (const BufferPtr& buffer : slot.buffers) {
    if (!buffer)
      continue;
    FrameBuffer* frame = frame_of_buffer(buffer.get());
    if (!frame)
      return Error(Error::Code::Failed, "a buffer of the camera's pool lost its memory");
    if (Result<void> r = slot.request.add_buffer(frame); !r)
      return r;
  }
  slot.request.user_data = &slot;
  std::shared_ptr<Camera> open_camera;
  {
    const std::lock_guard lock(mutex_);
    open_camera = camera_;
    slot.state = SlotState::Queued;
    queued_++;
  }
  Result<void> result = open_camera->queue_request(&slot.request);
  if (!result) {
    const std::lock_guard lock(mutex_);
    slot.state = SlotState::Idle;
    queued_--;
  }
  return result;
}

void Capture::recycle(Slot& slot) {
  const std::lock_guard lock(mutex_);
  slot.state = SlotState::Idle;
}

uint32_t Capture::queued() const {
  const std::lock_guard lock(mutex_);
  return queued_;
}

Capture::Event Capture::wait(bool want_released, Slot** slot) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (flushing_)
      return Event::Flushing;
    if (eos_)
      return Event::Eos;
    if (wake_) {
      wake_ = false;
      return Event::Wake;
    }
    if (playing_ != running_)
      return playing_ ? Event::Play : Event::Pause;
    if (completed_count_ > 0) {
      *slot = completed_[first_completed_];
      (*slot)->state = SlotState::Taken;
      first_completed_ = (first_completed_ + 1) % kMaxSlots;
      completed_count_--;
      return Event::Frame;
    }
    if (std::exchange(failed_, false))
      return Event::Failed;
    if (want_released && released_) {
      released_ = false;
      return Event::Released;
    }
    wants_released_ = want_released;
    changed_.wait(lock);
    wants_released_ = false;
  }
}

void Capture::forget_released() {
  const std::lock_guard lock(mutex_);
  released_ = false;
}

std::optional<guint32> Capture::take_eos() {
  const std::lock_guard lock(mutex_);
  return std::exchange(eos_, std::nullopt);
}

void Capture::set_flushing(bool flushing) {
  const std::lock_guard lock(mutex_);
  flushing_ = flushing;
  changed_.notify_all();
}

void Capture::set_playing(bool playing) {
  const std::lock_guard lock(mutex_);
  playing_ = playing;
  changed_.notify_all();
}

void Capture::request_eos(guint32 seqnum) {
  const std::lock_guard lock(mutex_);
  eos_ = seqnum;
  changed_.notify_all();
}

void Capture::reset() {
  const std::lock_guard lock(mutex_);
  eos_.reset();
  failed_ = false;
  wake_ = false;
}

void Capture::wake() {
  const std::lock_guard lock(mutex_);
  wake_ = true;
  changed_.notify_all();
}

void Capture::buffer_released() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  if (wants_released_)
    changed_.notify_all();
}

void Capture::request_completed(Request& request) {
  auto* slot = static_cast<Slot*>(request.user_data);
  const auto now = static_cast<int64_t>(gst_util_get_timestamp());
  const std::lock_guard lock(mutex_);
  queued_--;
  if (request.status != Request::Status::Complete) {
    slot->state = SlotState::Idle;
    return;
  }
  slot->arrived = now;
  slot->state = SlotState::Completed;
  completed_[(first_completed_ + completed_count_) % kMaxSlots] = slot;
  completed_count_++;
  changed_.notify_all();
}

void Capture::failed() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  changed_.notify_all();
}

}  // namespace gstcam
