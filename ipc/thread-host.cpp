/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/thread-host.h"

#include <gst/gst.h>
#include <pthread.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_STATIC(ipa_thread_debug);
#define GST_CAT_DEFAULT ipa_thread_debug

namespace gstcam::ipc {

namespace {

/* The core whose drain() this thread is in: tells a call that it comes from the IPA itself. */
thread_local const void* current_core = nullptr;

/* Taken by who makes a task and by the task's thread: what the one wrote, the other sees. GStreamer
 * sees to that too, but with locks that ThreadSanitizer cannot know. */
std::mutex& handover() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

std::unique_ptr<Task> ThreadHost::Core::take_free() {
  {
    const std::lock_guard lock(mutex);
    if (std::unique_ptr<Task> task = free.pop())
      return task;
  }
  return std::make_unique<Task>();
}

Result<void> ThreadHost::Core::enqueue(std::unique_ptr<Task> task, const char* member,
                                       bool bounded) {
  std::unique_lock lock(mutex);
  if (ending) {
    lock.unlock();
    return Error(Error::Code::WrongState,
                 std::string(member) + "() is refused: the host is closed");
  }
  if (bounded && queue.size() >= kMaxQueued) {
    lock.unlock();
    return Error(Error::Code::Busy,
                 std::string(member) + "() is refused: the IPA has " + std::to_string(kMaxQueued) +
                     " calls to do",
                 "the IPA module is too slow, or hangs");
  }
  const bool was_empty = queue.empty();
  queue.push(std::move(task));
  lock.unlock();
  if (was_empty)
    wake.notify_one();
  return {};
}

void ThreadHost::Core::drain() {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  current_core = this;
  std::unique_lock lock(mutex);
  while (true) {
    wake.wait(lock, [this] { return ending || !queue.empty(); });
    if (ending)
      break;
    std::unique_ptr<Task> task = queue.pop();
    lock.unlock();
    task->run();
    task->reset();
    lock.lock();
    if (free.size() < kMaxFreeTasks)
      free.push_front(std::move(task));
  }
  TaskFifo dropped(std::move(queue));
  std::function<void()> last = std::exchange(finish, nullptr);
  lock.unlock();
  while (dropped.pop()) {
  }
  if (last)
    last();
  last = nullptr;
  current_core = nullptr;
  /* From inside, and not in close(): a task stopped before its thread came to life would never get
   * here, and `finish` would never run. */
  gst_task_stop(static_cast<GstTask*>(gst_task));
  lock.lock();
  finished = true;
  finished_cond.notify_all();
}

ThreadHost::ThreadHost(Options options, GMainContext* context, HostHandlers handlers)
    : state_(std::make_shared<HostState>(context, std::move(handlers))),
      core_(std::make_shared<Core>()),
      deadline_(options.deadline),
      start_deadline_(options.start_deadline) {
  static std::once_flag once;
  std::call_once(once, [] {
    GST_DEBUG_CATEGORY_INIT(ipa_thread_debug, "camera-ipa-thread", 0, "IPAs in threads");
  });
  {
    const std::lock_guard lock(core_->mutex);
    core_->name = options.name.empty() ? "ipa" : "ipa:" + std::move(options.name);
  }
  GstTask* task = gst_task_new(
      [](gpointer data) {
        handover().lock();
        handover().unlock();
        const std::shared_ptr<Core> core = *static_cast<std::shared_ptr<Core>*>(data);
        core->drain();
      },
      new std::shared_ptr<Core>(core_),  // NOLINT: GstTask owns it
      [](gpointer data) { delete static_cast<std::shared_ptr<Core>*>(data); });  // NOLINT
  gst_task_set_lock(task, &core_->task_lock);
  task_ = task;
  {
    const std::lock_guard lock(core_->mutex);
    core_->gst_task = task;
  }
  handover().lock();
  handover().unlock();
  gst_task_start(task);
}

ThreadHost::~ThreadHost() {
  close();
}

int ThreadHost::pid() const {
  return getpid();
}

bool ThreadHost::in_thread() const {
  return current_core == core_.get();
}

void ThreadHost::set_finish(std::function<void()> finish) {
  const std::lock_guard lock(core_->mutex);
  core_->finish = std::move(finish);
}

Error ThreadHost::timed_out(const char* member, std::chrono::milliseconds time) {
  const std::string text =
      std::string(member) + "() did not return within " + std::to_string(time.count()) + " ms";
  state_->lose(Error(Error::Code::Lost, "the IPA in thread '" + core_->name + "' hangs: " + text,
                     "this is an error in the IPA module"));
  return Error(Error::Code::Timeout, text, "the IPA is lost; make a new one");
}

void ThreadHost::close() {
  GstTask* task = static_cast<GstTask*>(std::exchange(task_, nullptr));
  if (!task)
    return;
  state_->close();
  bool finished = false;
  {
    std::unique_lock lock(core_->mutex);
    core_->ending = true;
    core_->wake.notify_one();
    /* From its own thread there is nothing to wait for: it ends when this returns. */
    if (!in_thread()) {
      const auto deadline = std::chrono::steady_clock::now() + deadline_;
      finished =
          core_->finished_cond.wait_until(lock, deadline, [this] { return core_->finished; });
    }
  }
  if (finished) {
    gst_task_join(task);
  } else if (!in_thread()) {
    GST_WARNING("the IPA in thread '%s' hangs and is left to itself", core_->name.c_str());
  }
  gst_object_unref(task);
}

}  // namespace gstcam::ipc
