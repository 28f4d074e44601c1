/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EventQueue: what a host has to say, delivered in the handler's GMainContext, in order.
 *
 * Any thread pushes; one GSource of the context runs what was pushed. An event belongs to a run
 * (start..stop): begin_run() opens one, end_run() closes it, and after end_run() returned no event
 * of it is delivered, also where another thread runs the context: then end_run() waits for the
 * handler that is being called (not where it is called from that handler itself).
 *
 * The queue is bounded: its peer may be hostile. Nothing is allocated in the steady state.
 */
#pragma once

#include <memory>

#include "base/glib-ptr.h"
#include "ipc/task.h"

namespace gstcam::ipc {

class EventQueue {
 public:
  /** Number of a run, never the same twice; kNoRun: delivered whatever the run. */
  using Run = uint64_t;
  static constexpr Run kNoRun = 0;
  static constexpr size_t kMaxEvents = 4096;
  static constexpr size_t kMaxCost = 64U << 20U;

  /** `context` nullptr: the default one. */
  explicit EventQueue(GMainContext* context);
  /** As close(). */
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  /** The run that is open; kNoRun where none is. Any thread. */
  [[nodiscard]] Run current_run() const;
  Run begin_run();
  void end_run();

  enum class Pushed { Yes, OutsideRun, Full };
  /**
   * `event` is a `void()`; `cost` counts bytes it holds. An event of a run that is not open is not
   * taken. Any thread, never blocks.
   */
  template <typename F>
  Pushed push(Run run, size_t cost, F&& event) {
    std::unique_ptr<Task> task = take_free();
    task->set(std::forward<F>(event));
    task->run_number = run;
    task->cost = cost;
    return enqueue(std::move(task), false);
  }
  /** An event of the run that is open. */
  template <typename F>
  Pushed push_in_run(size_t cost, F&& event) {
    const Run run = current_run();
    return run == kNoRun ? Pushed::OutsideRun : push(run, cost, std::forward<F>(event));
  }
  /** Of no run, and taken even where the queue is full: for the one notice that the peer is lost.
   */
  template <typename F>
  void push_last(F&& event) {
    std::unique_ptr<Task> task = take_free();
    task->set(std::forward<F>(event));
    task->run_number = kNoRun;
    task->cost = 0;
    enqueue(std::move(task), true);
  }

  /** Drops what waits; after it nothing is delivered (waits as end_run() does). */
  void close();

 private:
  struct State;
  std::unique_ptr<Task> take_free();
  Pushed enqueue(std::unique_ptr<Task> task, bool always);
  std::shared_ptr<State> state_;
};

}  // namespace gstcam::ipc
