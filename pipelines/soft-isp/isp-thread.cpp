/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/isp-thread.h"

#include <utility>

#include "base/thread.h"

namespace gstcam::soft {

IspThread::IspThread(GMainContext* context, DoneHandler on_done)
    : on_done_(std::move(on_done)), wakeup_(context, "isp", [this] { report(); }) {}

Result<std::unique_ptr<IspThread>> IspThread::create(GMainContext* context, DoneHandler on_done) {
  std::unique_ptr<IspThread> self(
      new IspThread(context, std::move(on_done)));  // NOLINT: private constructor
  Result<std::thread> thread = start_thread("camera-isp", [raw = self.get()] { raw->main(); });
  if (!thread)
    return thread.error();
  self->thread_ = std::move(*thread);
  return self;
}

IspThread::~IspThread() {
  if (!thread_.joinable())
    return;
  {
    std::lock_guard lock(mutex_);
    quit_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

Result<void> IspThread::configure(const SoftwareIspConfiguration& configuration) {
  std::lock_guard lock(mutex_);
  if (job_)
    return Error(Error::Code::WrongState, "the ISP is developing a frame");
  return isp_.configure(configuration);
}

void IspThread::develop(const RawFrame& raw, const GstCameraIspParameters& parameters, uint8_t* out,
                        GstCameraIspStatistics* statistics) {
  std::lock_guard lock(mutex_);
  job_ = Job{raw, &parameters, out, statistics};
  changed_.notify_all();
}

void IspThread::stop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !job_; });
  outcome_.reset();
  wakeup_.cancel();
}

void IspThread::main() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return quit_ || job_; });
    if (!job_)
      return;
    const Job job = *job_;
    lock.unlock();
    Result<void> outcome = isp_.process(job.raw, *job.parameters, job.out, job.statistics);
    lock.lock();
    outcome_.emplace(std::move(outcome));
    job_.reset();
    changed_.notify_all();
    wakeup_.signal();
  }
}

void IspThread::report() {
  std::optional<Result<void>> outcome;
  {
    std::lock_guard lock(mutex_);
    outcome.swap(outcome_);
  }
  if (outcome)
    on_done_(*outcome);
}

}  // namespace gstcam::soft
