/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Task: one callable in a node that is used again and again, and TaskFifo: a list of such nodes.
 *
 * Calls and events of every frame travel in these between threads. A node keeps the storage of the
 * largest callable it held, so that in the steady state nothing is allocated. Not thread safe: the
 * owner of a fifo locks; filling a node (which may allocate, and copies arguments) is done outside
 * that lock.
 */
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace gstcam::ipc {

class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { reset(); }

  /** Takes a callable `void()`; the node must be empty. */
  template <typename F>
  void set(F&& callable) {
    using Callable = std::decay_t<F>;
    static_assert(alignof(Callable) <= alignof(std::max_align_t));
    if (capacity_ < sizeof(Callable)) {
      capacity_ = std::max(sizeof(Callable), kMinCapacity);
      storage_ = std::make_unique<std::byte[]>(capacity_);
    }
    ::new (storage_.get()) Callable(std::forward<F>(callable));
    run_ = [](std::byte* p) { (*std::launder(reinterpret_cast<Callable*>(p)))(); };
    destroy_ = [](std::byte* p) { std::launder(reinterpret_cast<Callable*>(p))->~Callable(); };
  }
  void run() { run_(storage_.get()); }
  /** Destroys the callable, keeps the storage. */
  void reset() {
    if (destroy_)
      destroy_(storage_.get());
    destroy_ = nullptr;
    run_ = nullptr;
  }

  uint64_t run_number = 0;  // the owner's: the run of start..stop this belongs to, 0 for none
  size_t cost = 0;          // the owner's: bytes it counts for

 private:
  friend class TaskFifo;
  /* Holds a call with a ControlList or two: nodes of one size for all but the rarest. */
  static constexpr size_t kMinCapacity = 4096;
  void (*run_)(std::byte*) = nullptr;
  void (*destroy_)(std::byte*) = nullptr;
  std::unique_ptr<std::byte[]> storage_;  // operator new aligns for max_align_t
  size_t capacity_ = 0;
  std::unique_ptr<Task> next_;
};

class TaskFifo {
 public:
  TaskFifo() = default;
  TaskFifo(const TaskFifo&) = delete;
  TaskFifo& operator=(const TaskFifo&) = delete;
  TaskFifo(TaskFifo&& other) noexcept
      : head_(std::move(other.head_)),
        tail_(std::exchange(other.tail_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  TaskFifo& operator=(TaskFifo&&) = delete;
  ~TaskFifo() {
    while (pop()) {  // one by one: a chain of unique_ptr would recurse
    }
  }

  [[nodiscard]] bool empty() const { return !head_; }
  [[nodiscard]] size_t size() const { return size_; }
  void push(std::unique_ptr<Task> task) {
    Task* last = task.get();
    if (tail_)
      tail_->next_ = std::move(task);
    else
      head_ = std::move(task);
    tail_ = last;
    size_++;
  }
  /** At the front: a free list wants the node used last, its storage is warm. */
  void push_front(std::unique_ptr<Task> task) {
    task->next_ = std::move(head_);
    head_ = std::move(task);
    if (!tail_)
      tail_ = head_.get();
    size_++;
  }
  /** nullptr where it is empty. */
  std::unique_ptr<Task> pop() {
    if (!head_)
      return nullptr;
    std::unique_ptr<Task> task = std::move(head_);
    head_ = std::move(task->next_);
    if (!head_)
      tail_ = nullptr;
    size_--;
    return task;
  }

 private:
  std::unique_ptr<Task> head_;
  Task* tail_ = nullptr;
  size_t size_ = 0;
};

/** Nodes kept for use again; beyond this many they are freed. */
inline constexpr size_t kMaxFreeTasks = 64;

}  // namespace gstcam::ipc
