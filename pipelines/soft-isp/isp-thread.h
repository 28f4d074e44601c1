/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IspThread: the software ISP in a thread of its own, one frame at a time.
 *
 * All methods are called in the handler's context, and the outcome comes there. Nothing is
 * allocated or copied per frame.
 */
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/isp/software-isp.h"
#include "core/wakeup.h"

namespace gstcam::soft {

class IspThread {
 public:
  using DoneHandler = std::function<void(const Result<void>& outcome)>;

  static Result<std::unique_ptr<IspThread>> create(GMainContext* context, DoneHandler on_done);
  ~IspThread();
  IspThread(const IspThread&) = delete;
  IspThread& operator=(const IspThread&) = delete;

  /** While nothing is developed. */
  Result<void> configure(const SoftwareIspConfiguration& configuration);
  /** Borrows all of these until the outcome comes, or stop() returns. One at a time. */
  void develop(const RawFrame& raw, const GstCameraIspParameters& parameters, uint8_t* out,
               GstCameraIspStatistics* statistics);
  /** Waits for the frame in work; no outcome comes after it. */
  void stop();

 private:
  struct Job {
    RawFrame raw;
    const GstCameraIspParameters* parameters;
    uint8_t* out;
    GstCameraIspStatistics* statistics;
  };
  IspThread(GMainContext* context, DoneHandler on_done);
  void main();
  void report();

  DoneHandler on_done_;
  Wakeup wakeup_;
  SoftwareIsp isp_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Job> job_;
  std::optional<Result<void>> outcome_;
  bool quit_ = false;

  std::thread thread_;
};

}  // namespace gstcam::soft
