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
  (void)close().ok();  // nobody is left to tell
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

Result<void> Capture::close() {
  Result<void> closed = stop();
  drop_buffers();
  std::shared_ptr<Camera> camera;
  {
    const std::lock_guard lock(mutex_);
    camera.swap(camera_);
  }
  if (!camera)
    return closed;
  const bool known = camera->hangs();
  camera->set_handlers({}, {});
  const bool left = camera->release(slots_) == Camera::Released::Left;
  if (left && !known)
    closed =
        Error(Error::Code::Timeout, "camera '" + camera->id() + "' hangs: it is left to itself",
              "unplug it, or load its driver anew");
  {
    const std::lock_guard lock(mutex_);
    if (left)
      slots_ = std::make_shared<Slots>();
    forget_queued();
  }
  drop_buffers();
  return closed;
}

/** What was queued is not any more, or is nothing of ours. */
void Capture::forget_queued() {
  for (Slot& slot : *slots_)
    slot.state = SlotState::Idle;
  queued_ = 0;
  first_completed_ = 0;
  completed_count_ = 0;
}

std::shared_ptr<Camera> Capture::camera() const {
  const std::lock_guard lock(mutex_);
  return camera_;
}

Result<void> Capture::start(const ControlList& controls, uint32_t slots,
                            std::chrono::nanoseconds silence) {
  const std::shared_ptr<Camera> open_camera = camera();
  if (!open_camera)
    return Error(Error::Code::WrongState, "no camera is open");
  {
    const std::lock_guard lock(mutex_);
    failed_ = false;
    released_ = false;
    slot_count_ = std::clamp<uint32_t>(slots, 1, kMaxSlots);
    running_ = true;
    silence_ = silence;
    silent_ = false;
    failing_ = false;
  }
  Result<void> started = open_camera->start(controls);
  if (!started) {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  return started;
}

Result<void> Capture::stop() {
  std::shared_ptr<Camera> open_camera;
  {
    const std::lock_guard lock(mutex_);
    if (!running_)
      return {};
    open_camera = camera_;
  }
  /* Comes back when every request has come back, unless the camera hangs. */
  Result<void> stopped = open_camera->stop();
  if (!stopped)
    GST_WARNING("cannot stop: %s", stopped.error().message.c_str());
  const bool hangs = open_camera->hangs();
  const std::lock_guard lock(mutex_);
  running_ = false;
  if (!hangs) {
    forget_queued();
    return {};
  }
  for (Slot& slot : *slots_) {
    if (slot.state != SlotState::Queued)
      slot.state = SlotState::Idle;
  }
  first_completed_ = 0;
  completed_count_ = 0;
  return stopped;
}

bool Capture::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

void Capture::drop_buffers() {
  for (Slot& slot : *slots_) {
    {
      const std::lock_guard lock(mutex_);
      if (slot.state != SlotState::Idle)
        continue;
    }
    slot.request.reuse(false);
    for (BufferPtr& buffer : slot.buffers)
      buffer.reset();
  }
}

Capture::Slot* Capture::idle_slot() {
  const std::lock_guard lock(mutex_);
  Slot* idle = nullptr;
  for (uint32_t i = 0; i < slot_count_; i++) {
    Slot& slot = (*slots_)[i];
    if (slot.state == SlotState::Idle && (!idle || slot.filled() > idle->filled()))
      idle = &slot;
  }
  return idle;
}

void Capture::expect_failure() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(failing_, true))
    heard_ = Clock::now();
}

BufferPtr Capture::take_spare(const Slot& slot, uint32_t stream) {
  const std::lock_guard lock(mutex_);
  for (uint32_t i = 0; i < slot_count_; i++) {
    Slot& other = (*slots_)[i];
    if (&other != &slot && other.state == SlotState::Idle && other.buffers[stream])
      return std::move(other.buffers[stream]);
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
    heard_ = Clock::now();
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
    const bool silent = wait_for_change(lock);
    wants_released_ = false;
    if (silent)
      return Event::Silent;
  }
}

/** Whether nothing changed for too long. */
bool Capture::wait_for_change(std::unique_lock<std::mutex>& lock) {
  /* Buffers that downstream has cannot be filled: their frames are not the camera's fault. */
  const bool due = queued_ > 0 && !wants_released_;
  if (!running_ || silent_ || !(due || failing_)) {
    changed_.wait(lock);
    return false;
  }
  const Clock::time_point limit = heard_ + silence_;
  if (changed_.wait_until(lock, limit) != std::cv_status::timeout || completed_count_ > 0)
    return false;
  /* The last frame may have come after the wait began. */
  silent_ = heard_ + silence_ <= Clock::now();
  return silent_;
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
  heard_ = Clock::now();
  silent_ = false;
  /* A camera that hung may still complete what it has. */
  if (request.status != Request::Status::Complete || !running_) {
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
