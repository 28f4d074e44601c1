/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/sensor-thread.h"

#include <chrono>
#include <new>
#include <utility>

#include "base/thread.h"

namespace gstcam::simulated {

namespace {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

constexpr size_t kRowAlignment = 64;
constexpr uint32_t kAllRaws = (1U << SensorThread::kRawBuffers) - 1;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
      .count();
}

Clock::time_point at(int64_t ns) {
  return Clock::time_point(std::chrono::nanoseconds(ns));
}

}  // namespace

SensorThread::SensorThread(const CameraDescription& description, SensorModel& model,
                           GMainContext* context, Events& events)
    : live_(description.pace == CameraDescription::Pace::Live),
      deterministic_(description.deterministic),
      model_(model),
      events_(events),
      wakeup_(context, "sensor", [this] { dispatch(); }) {}

Result<std::unique_ptr<SensorThread>> SensorThread::create(const CameraDescription& description,
                                                           SensorModel& model,
                                                           GMainContext* context, Events& events) {
  std::unique_ptr<SensorThread> self(
      new SensorThread(description, model, context, events));  // NOLINT: private constructor
  Result<std::thread> thread = start_thread("camera-sensor", [raw = self.get()] { raw->main(); });
  if (!thread)
    return thread.error();
  self->thread_ = std::move(*thread);
  return self;
}

SensorThread::~SensorThread() {
  if (!thread_.joinable())
    return;
  stop();
  {
    Lock lock(mutex_);
    changed_.wait(lock, [this] { return command_ == Command::Idle; });
    command_ = Command::Quit;
    changed_.notify_all();
  }
  thread_.join();
}

void SensorThread::prepare(const SensorInfo& mode) {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return command_ == Command::Idle; });
  wanted_mode_ = mode;
  prepare_error_.reset();
  command_ = Command::Prepare;
  changed_.notify_all();
}

Result<void> SensorThread::prepared() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return command_ == Command::Idle; });
  if (prepare_error_)
    return *prepare_error_;
  return {};
}

Result<void> SensorThread::start(const ControlList& controls) {
  if (Result<void> r = prepared(); !r)
    return r;
  if (Result<void> r = model_.start(controls); !r)
    return r;
  Lock lock(mutex_);
  delayed_ = DelayedControls(mode_.exposure_delay, mode_.gain_delay);
  delayed_.reset(controls);
  expose_duration_ = 0;
  controls_.clear();
  awaited_.clear();
  queue_.clear();
  failure_.reset();
  free_raws_ = kAllRaws;
  stopping_ = false;
  command_ = Command::Run;
  changed_.notify_all();
  return {};
}

void SensorThread::stop() {
  Lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return command_ != Command::Run; });
  wakeup_.cancel();
}

void SensorThread::queue(Request* request) {
  Lock lock(mutex_);
  // The camera bounds the requests in flight by as many as the ring has room for.
  requests_.push() = request;
  changed_.notify_all();
}

Request* SensorThread::take_back() {
  Lock lock(mutex_);
  // Frames that started but were not told of yet come before those that did not start.
  while (!queue_.empty()) {
    const Event event = queue_.front();
    queue_.pop();
    if (event.kind == Event::Kind::Started)
      return event.frame.request;
  }
  if (requests_.empty())
    return nullptr;
  Request* request = requests_.front();
  requests_.pop();
  return request;
}

void SensorThread::set_controls(uint32_t sequence, const ControlList& controls) {
  Lock lock(mutex_);
  if (awaited_.empty() || awaited_.front() != sequence || controls_.full())
    return;  // the handler lets only the right one through
  awaited_.pop();
  PendingControls& pending = controls_.push();
  pending.of_frame = sequence;
  pending.controls = controls;
  changed_.notify_all();
}

RawFrame SensorThread::raw(uint32_t index) const {
  RawFrame frame;
  frame.data = raws_[index].data();
  frame.size = {mode_.width, mode_.height};
  frame.stride_bytes = static_cast<uint32_t>(stride_);
  frame.bits = mode_.bits_per_sample;
  frame.cfa = mode_.cfa_order;
  return frame;
}

void SensorThread::release_raw(uint32_t index) {
  Lock lock(mutex_);
  free_raws_ |= 1U << index;
  changed_.notify_all();
}

void SensorThread::main() {
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return command_ != Command::Idle; });
    if (command_ == Command::Quit)
      return;
    if (command_ == Command::Prepare) {
      const SensorInfo mode = *wanted_mode_;
      lock.unlock();
      Result<void> loaded = load(mode);
      lock.lock();
      if (!loaded)
        prepare_error_ = loaded.error();
    } else {
      stream(lock);
    }
    command_ = Command::Idle;
    changed_.notify_all();
  }
}

Result<void> SensorThread::load(const SensorInfo& mode) {
  frame_duration_ = static_cast<int64_t>(mode.frame_duration_min);
  const Size size = {mode.width, mode.height};
  const bool same = mode_.width == mode.width && mode_.height == mode.height;
  mode_ = mode;
  if (same)
    return {};
  mode_.width = 0;  // until it has worked
  if (Result<void> r = model_.configure(size); !r)
    return r;
  const size_t row = (size.width * sizeof(uint16_t) + kRowAlignment - 1) & ~(kRowAlignment - 1);
  try {
    for (std::vector<uint16_t>& raw : raws_)
      raw.assign(row / sizeof(uint16_t) * size.height, 0);
  } catch (const std::bad_alloc&) {
    return Error(Error::Code::NoSpace, "no memory for raw frames of " + std::to_string(size.width) +
                                           "x" + std::to_string(size.height));
  }
  stride_ = row;
  mode_.width = size.width;
  return {};
}

/* Until stop(): the lock is held except while a frame is exposed. */
void SensorThread::stream(Lock& lock) {
  changed_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
  const int64_t t0 = now_ns();
  for (uint32_t sequence = 0; wait_for_frame(lock, sequence, t0); sequence++) {
    // Time counts in frames where it can: then a run depends on no clock.
    const int64_t time = live_ || deterministic_ ? sequence * frame_duration_ : now_ns() - t0;
    Frame frame;
    frame.sequence = sequence;
    frame.request = requests_.front();
    frame.timestamp = t0 + time;
    frame.sensor_timestamp = deterministic_ ? time : frame.timestamp;
    frame.duration = frame_duration_;
    frame.wanted_at = frame.timestamp + frame_duration_;  // when a sensor would have read it out
    while ((free_raws_ & (1U << frame.raw)) == 0)
      frame.raw++;
    requests_.pop();
    free_raws_ &= ~(1U << frame.raw);
    awaited_.push() = sequence;
    emit({Event::Kind::Started, frame, {}});

    wait_for_controls(lock, sequence, frame.timestamp);
    if (stopping_)
      return;
    write_controls(sequence);
    if (!expose(lock, frame, time))
      return;
  }
}

/* Waits for the start of the next frame that can be taken; false when the sensor stops. */
bool SensorThread::wait_for_frame(Lock& lock, uint32_t& sequence, int64_t t0) {
  if (!live_) {
    changed_.wait(lock, [this] { return stopping_ || can_take(); });
    return !stopping_;
  }
  for (;; sequence++) {
    const int64_t start = t0 + sequence * frame_duration_;
    changed_.wait_until(lock, at(start), [this] { return stopping_; });
    if (stopping_)
      return false;
    // Frames that are over before they could be taken: the machine was too slow for them.
    const int64_t late = now_ns() - start;
    if (late >= frame_duration_)
      sequence += static_cast<uint32_t>(late / frame_duration_);
    if (can_take())
      return true;
    write_controls(sequence);
  }
}

void SensorThread::wait_for_controls(Lock& lock, uint32_t sequence, int64_t start) {
  auto arrived = [this, sequence] {
    return stopping_ || awaited_.empty() ||
           static_cast<int32_t>(awaited_.front() + kControlsAfter - sequence) > 0;
  };
  if (live_)
    changed_.wait_until(lock, at(start + frame_duration_ - 2 * expose_duration_), arrived);
  else
    changed_.wait(lock, arrived);
}

void SensorThread::write_controls(uint32_t sequence) {
  while (!controls_.empty() && static_cast<int32_t>(sequence - controls_.front().of_frame) >=
                                   static_cast<int32_t>(kControlsAfter)) {
    delayed_.push(controls_.front().controls);
    controls_.pop();
  }
  model_.set_controls(sequence, delayed_.frame_start(sequence));
}

bool SensorThread::expose(Lock& lock, const Frame& frame, int64_t time) {
  lock.unlock();
  const int64_t begin = now_ns();
  Result<void> exposed = model_.expose(frame.sequence, time, raws_[frame.raw].data(), stride_);
  const SensorModel::Effective taken_with = model_.effective(frame.sequence);
  expose_duration_ = now_ns() - begin;
  lock.lock();
  if (!exposed) {
    failure_ = exposed.error();
    emit({Event::Kind::Failed, frame, taken_with});
    changed_.wait(lock, [this] { return stopping_; });
    return false;
  }
  emit({Event::Kind::Exposed, frame, taken_with});
  return !stopping_;
}

void SensorThread::emit(const Event& event) {
  if (stopping_)
    return;
  queue_.push() = event;
  wakeup_.signal();
}

ControlList SensorThread::taken_controls(const SensorModel::Effective& taken_with) const {
  ControlList list = taken_with.controls();
  list.set(ControlId::FrameDuration, frame_duration_);
  return list;
}

void SensorThread::dispatch() {
  for (;;) {
    Event event;
    std::optional<Error> failure;
    {
      Lock lock(mutex_);
      if (queue_.empty())
        return;
      event = queue_.front();
      queue_.pop();
      if (event.kind == Event::Kind::Failed)
        failure = failure_;
    }
    switch (event.kind) {
      case Event::Kind::Started:
        events_.frame_started(event.frame);
        break;
      case Event::Kind::Exposed:
        events_.frame_exposed(event.frame.sequence, taken_controls(event.taken_with));
        break;
      case Event::Kind::Failed:
        if (failure)
          events_.source_failed(*failure);
        break;
    }
  }
}

}  // namespace gstcam::simulated
