/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SensorThread: the simulated sensor at work: a thread that starts frames, writes the sensor's
 * controls at their start and exposes them into a small pool of raw buffers.
 *
 * Live: frame k starts at t0 + k * frame duration of CLOCK_MONOTONIC, whether or not somebody wants
 * it; a frame for which there is no request or no raw buffer is not taken, and its number is
 * skipped. Fast: a frame starts as soon as there is a request and a buffer. In both the first frame
 * starts with the first request.
 *
 * Sensor controls that came of frame n are written at the start of frame n + kControlsAfter, so
 * that a run does not depend on timing: a fast sensor waits for them, a live one as long as it
 * still can finish the frame in its time (then they are written at the start of a later frame).
 *
 * All methods are called in the handler's context; Events come there too. Nothing is allocated,
 * copied or logged per frame.
 */
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/delayed-controls.h"
#include "core/wakeup.h"
#include "pipelines/simulated/sensor/sensor-model.h"
#include "pipelines/soft-isp/raw-source.h"

namespace gstcam::simulated {

class SensorThread final : public soft::RawSource {
 public:
  static constexpr uint32_t kControlsAfter = 2;
  static constexpr uint32_t kRawBuffers = 3;

  /** Keeps a reference to what it is given. The model is the thread's from prepare() to stop(). */
  static Result<std::unique_ptr<SensorThread>> create(const CameraDescription& description,
                                                      SensorModel& model, GMainContext* context,
                                                      Events& events);
  ~SensorThread() override;
  SensorThread(const SensorThread&) = delete;
  SensorThread& operator=(const SensorThread&) = delete;

  /** Begins to load the scene in this mode; prepared() waits for it. */
  void prepare(const SensorInfo& mode);
  Result<void> prepared();

  /** `controls` act from the first frame on. Prepared and stopped. */
  Result<void> start(const ControlList& controls);
  /** When it returns no frame is being taken and no event comes any more. */
  void stop();

  void queue(Request* request);
  /** After stop(): the requests of which no event told, oldest first; nullptr after the last. */
  Request* take_back();

  /* RawSource */
  void set_controls(uint32_t sequence, const ControlList& controls) override;
  [[nodiscard]] RawFrame raw(uint32_t index) const override;
  void release_raw(uint32_t index) override;

 private:
  enum class Command : uint8_t { Idle, Prepare, Run, Quit };
  struct Event {
    enum class Kind : uint8_t { Started, Exposed, Failed };
    Kind kind;
    Frame frame;
    SensorModel::Effective taken_with;
  };
  struct PendingControls {
    uint32_t of_frame = 0;
    ControlList controls;
  };
  /** Ring of fixed size; the counts never run over it because buffers and requests bound them. */
  template <typename T, uint32_t N>
  struct Ring {
    std::array<T, N> items{};
    uint32_t head = 0;
    uint32_t tail = 0;
    [[nodiscard]] bool empty() const { return head == tail; }
    [[nodiscard]] bool full() const { return tail - head == N; }
    T& front() { return items[head % N]; }
    T& push() { return items[tail++ % N]; }
    void pop() { head++; }
    void clear() { head = tail; }
  };

  SensorThread(const CameraDescription& description, SensorModel& model, GMainContext* context,
               Events& events);
  using Lock = std::unique_lock<std::mutex>;
  void main();
  Result<void> load(const SensorInfo& mode);
  void stream(Lock& lock);
  bool wait_for_frame(Lock& lock, uint32_t& sequence, int64_t t0);
  void wait_for_controls(Lock& lock, uint32_t sequence, int64_t start);
  void write_controls(uint32_t sequence);
  bool expose(Lock& lock, const Frame& frame, int64_t time);
  void emit(const Event& event);
  void dispatch();
  [[nodiscard]] ControlList taken_controls(const SensorModel::Effective& taken_with) const;
  [[nodiscard]] bool can_take() const { return !requests_.empty() && free_raws_ != 0; }

  const bool live_;
  const bool deterministic_;
  SensorModel& model_;
  Events& events_;
  Wakeup wakeup_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Command command_ = Command::Idle;
  bool stopping_ = false;
  std::optional<SensorInfo> wanted_mode_;
  std::optional<Error> prepare_error_;
  Ring<Request*, 64> requests_;
  Ring<Event, 16> queue_;
  std::optional<Error> failure_;
  uint32_t free_raws_ = 0;  // bit by index
  Ring<PendingControls, 8> controls_;
  /** Frames started whose controls have not come; at most kRawBuffers + the one awaiting metadata.
   */
  Ring<uint32_t, 8> awaited_;

  /* The thread's own, and the handler's while it is idle. */
  SensorInfo mode_;
  int64_t frame_duration_ = 0;
  int64_t expose_duration_ = 0;  // of the last frame
  size_t stride_ = 0;
  std::array<std::vector<uint16_t>, kRawBuffers> raws_;
  DelayedControls delayed_{0, 0};

  std::thread thread_;
};

}  // namespace gstcam::simulated
