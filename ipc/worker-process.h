/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WorkerProcess: starts a worker program and watches it: what it writes, that it ends, and how.
 *
 * The program gets the descriptors it is given and nothing else, an environment of a few variables,
 * and one pipe for stdout and stderr. The pipe is read whatever the user's threads do: its lines go
 * to the debug category camera-ipa-worker, its last kTail bytes are kept for errors. A process is
 * always reaped; with its object it is killed. Through bubblewrap, three processes are one to the
 * outside: the worker's end ends bubblewrap's, and any other end of them kills the worker.
 */
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/worker-life.h"

namespace gstcam::ipc {

class WorkerProcess final : public WorkerLife {
 public:
  static constexpr size_t kTail = 8192;

  struct Options {
    std::string program;
    std::vector<std::string> arguments;
    std::vector<std::pair<UniqueFd, int>> fds;  // ours, and the number it has there
    bool bubblewrap = false;  // the program is bwrap, which starts the worker and waits for it
  };

  /** NotFound, Permission: the program is not there or may not be run. */
  static Result<void> check_program(const std::string& program);

  /** Takes the descriptors over. Errors of check_program(), or what the system refused. */
  static Result<std::unique_ptr<WorkerProcess>> start(Options&& options);
  /** Kills it where it runs, and waits until it is gone. */
  ~WorkerProcess() override;

  /** Of the worker where that is known, else of the process that was started. */
  [[nodiscard]] int pid() const override;
  /** The process that bubblewrap started: what kill() and pid() are about from now on. */
  void set_worker(int pid);
  [[nodiscard]] bool ends_with_stream() const override { return false; }
  /** Called in an IoThread when the process has ended; at once where it has. At most one. */
  void on_exit(std::function<void()> handler) override;
  void on_output(const std::function<void(size_t)>& handler) override;
  /** Whether it ended, at most after `limit`. */
  [[nodiscard]] bool wait(std::chrono::milliseconds limit) override;
  void kill() override;
  [[nodiscard]] std::string epitaph() const override;
  [[nodiscard]] std::string last_words() const override { return tail(); }
  [[nodiscard]] std::string hint() const override { return "this is an error in the IPA module"; }

  /** Exit status where it exited by itself, -1 where it runs or was killed. */
  [[nodiscard]] int exit_status() const;
  /** "exited with status 3", "was killed by signal 11 (Segmentation fault)", "is running" */
  [[nodiscard]] std::string how_it_ended() const;
  /** The end of what it wrote: valid UTF-8, no control characters but line ends. */
  [[nodiscard]] std::string tail() const;

 private:
  struct Shared;
  explicit WorkerProcess(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace gstcam::ipc
