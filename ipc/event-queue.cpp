/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/event-queue.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace gstcam::ipc {

struct EventQueue::State {
  std::mutex mutex;
  std::condition_variable idle;  // a handler returned
  TaskFifo queue;
  TaskFifo free;
  size_t cost = 0;
  Run last_run = kNoRun;
  std::atomic<Run> run{kNoRun};
  bool closed = false;
  bool dispatching = false;
  std::thread::id dispatcher;
  GSource* source = nullptr;  // owned; destroyed by close()

  void recycle(std::unique_ptr<Task> task) {
    if (free.size() < kMaxFreeTasks)
      free.push_front(std::move(task));
  }
  void wait_idle(std::unique_lock<std::mutex>& lock) {
    if (dispatcher == std::this_thread::get_id())
      return;
    idle.wait(lock, [this] { return !dispatching; });
  }
  void dispatch();
};

namespace {

struct QueueSource {
  GSource source;
  void* state;  // std::shared_ptr<State>*
};

}  // namespace

/* GLib never enters one source twice, so there is one dispatcher at most. Runs what is queued now;
 * what handlers cause in the meantime waits for the next turn, so that other sources of the context
 * get theirs. */
void EventQueue::State::dispatch() {
  std::unique_lock lock(mutex);
  size_t count = queue.size();
  while (count-- > 0 && !closed) {
    std::unique_ptr<Task> task = queue.pop();
    if (!task)
      break;
    cost -= task->cost;
    const Run of = task->run_number;
    const bool wanted = of == kNoRun || of == run.load(std::memory_order_relaxed);
    if (wanted) {
      dispatching = true;
      dispatcher = std::this_thread::get_id();
    }
    lock.unlock();
    if (wanted)
      task->run();
    task->reset();
    lock.lock();
    if (wanted) {
      dispatching = false;
      dispatcher = {};
      idle.notify_all();
    }
    recycle(std::move(task));
  }
  if (!queue.empty() && source)
    g_source_set_ready_time(source, 0);
}

EventQueue::EventQueue(GMainContext* context) : state_(std::make_shared<State>()) {
  static GSourceFuncs functions = {
      nullptr,
      nullptr,
      [](GSource* source, GSourceFunc, gpointer) -> gboolean {
        auto* shared =
            static_cast<std::shared_ptr<State>*>(reinterpret_cast<QueueSource*>(source)->state);
        const std::shared_ptr<State> state = *shared;  // a handler may end the queue
        g_source_set_ready_time(source, -1);
        state->dispatch();
        return G_SOURCE_CONTINUE;
      },
      [](GSource* source) {
        delete static_cast<std::shared_ptr<State>*>(  // NOLINT: made below, GLib holds it
            reinterpret_cast<QueueSource*>(source)->state);
      },
      nullptr,
      nullptr,
  };
  GSource* source = g_source_new(&functions, sizeof(QueueSource));
  reinterpret_cast<QueueSource*>(source)->state = new std::shared_ptr<State>(state_);  // NOLINT
  g_source_set_name(source, "gst-camera-ipa-events");
  g_source_set_ready_time(source, -1);
  {
    const std::lock_guard lock(state_->mutex);
    state_->source = source;
  }
  g_source_attach(source, context);
}

EventQueue::~EventQueue() {
  close();
}

EventQueue::Run EventQueue::current_run() const {
  return state_->run.load(std::memory_order_acquire);
}

EventQueue::Run EventQueue::begin_run() {
  const std::lock_guard lock(state_->mutex);
  const Run run = ++state_->last_run;
  state_->run.store(run, std::memory_order_release);
  return run;
}

void EventQueue::end_run() {
  std::unique_lock lock(state_->mutex);
  state_->run.store(kNoRun, std::memory_order_release);
  state_->wait_idle(lock);
}

std::unique_ptr<Task> EventQueue::take_free() {
  {
    const std::lock_guard lock(state_->mutex);
    if (std::unique_ptr<Task> task = state_->free.pop())
      return task;
  }
  return std::make_unique<Task>();
}

EventQueue::Pushed EventQueue::enqueue(std::unique_ptr<Task> task, bool always) {
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  Pushed result = Pushed::Yes;
  const Run of = task->run_number;
  if (s.closed || (of != kNoRun && of != s.run.load(std::memory_order_relaxed)))
    result = Pushed::OutsideRun;
  else if (!always && (s.queue.size() >= kMaxEvents || s.cost + task->cost > kMaxCost))
    result = Pushed::Full;
  if (result != Pushed::Yes) {
    lock.unlock();
    return result;  // the callable is destroyed outside the lock
  }
  const bool wake = s.queue.empty();
  s.cost += task->cost;
  s.queue.push(std::move(task));
  if (wake)
    g_source_set_ready_time(s.source, 0);
  return Pushed::Yes;
}

void EventQueue::close() {
  std::unique_lock lock(state_->mutex);
  if (state_->closed)
    return;
  state_->closed = true;
  state_->run.store(kNoRun, std::memory_order_release);
  state_->wait_idle(lock);
  TaskFifo dropped(std::move(state_->queue));
  state_->cost = 0;
  GSource* source = std::exchange(state_->source, nullptr);
  lock.unlock();
  g_source_destroy(source);
  g_source_unref(source);
}

}  // namespace gstcam::ipc
