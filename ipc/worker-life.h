/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WorkerLife: the process at the other end of a worker's connection, as far as its host has to do
 * with it. A child is ours: it is watched, killed and reaped (WorkerProcess). One that a service
 * manager runs is not: we can only part from it (WorkerService).
 */
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/result.h"
#include "ipc/module-loader.h"
#include "ipc/transport.h"

namespace gstcam::ipc {

class WorkerLife {
 public:
  WorkerLife() = default;
  WorkerLife(const WorkerLife&) = delete;
  WorkerLife& operator=(const WorkerLife&) = delete;
  virtual ~WorkerLife() = default;

  /** For people: of a service it is what the service says. */
  [[nodiscard]] virtual int pid() const = 0;
  /** Whether a closed stream is all that we shall ever learn of its end. */
  [[nodiscard]] virtual bool ends_with_stream() const = 0;
  /**
   * Before the first call. Ours was told what to load. A service is asked what it runs: Invalid
   * where that is another interface or version, or its refusal, in its words (Busy, Invalid).
   * The value is the layers that it says its worker is kept in.
   */
  virtual Result<std::string> greet(Transport& /*transport*/, const ModuleInterface& /*expected*/) {
    return std::string();
  }
  /** Called in an IoThread when it has ended for us; at once where it has. At most one. */
  virtual void on_exit(std::function<void()> handler) = 0;
  /** Called in an IoThread with the number of bytes, whenever it wrote some; never where we do not
   * read what it writes. At most one. */
  virtual void on_output(const std::function<void(size_t)>& handler) {}
  /** Whether there is nothing more to wait for, at most after `limit`. */
  [[nodiscard]] virtual bool wait(std::chrono::milliseconds limit) = 0;
  /** Kills a child; hangs up on a service. Any thread; does not block. */
  virtual void kill() = 0;

  /** "the IPA worker (pid 7) was killed by signal 9 (Killed)", and its last words where we know. */
  [[nodiscard]] virtual std::string epitaph() const = 0;
  /** The end of what it wrote, where that comes to us. */
  [[nodiscard]] virtual std::string last_words() const { return {}; }
  /** What to do about its end. */
  [[nodiscard]] virtual std::string hint() const = 0;
};

}  // namespace gstcam::ipc
