/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WorkerService: a worker that a service manager runs, from its host's side (docs/daemon.md).
 *
 * The process is not ours: its number is what it told, and no signal is ever sent to it. To be rid
 * of it is to hang up; the service then ends the worker that served us. How it ended is in its
 * journal, not here.
 */
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/unique-fd.h"
#include "ipc/io-thread.h"
#include "ipc/worker-life.h"

namespace gstcam::ipc {

class WorkerService final : public WorkerLife {
 public:
  /** `deadline` is that of greet(); `socket` a duplicate of the connection's, to shut it down. */
  WorkerService(std::string path, std::chrono::milliseconds deadline, UniqueFd socket);
  ~WorkerService() override;

  [[nodiscard]] int pid() const override { return pid_; }
  [[nodiscard]] bool ends_with_stream() const override { return true; }
  Result<std::string> greet(Transport& transport, const ModuleInterface& expected) override;
  void on_exit(std::function<void()> handler) override;
  [[nodiscard]] bool wait(std::chrono::milliseconds limit) override;
  void kill() override;
  [[nodiscard]] std::string epitaph() const override;
  [[nodiscard]] std::string hint() const override;

 private:
  /* What a call in the IoThread may outlive us with. */
  struct Exit {
    std::mutex mutex;
    std::function<void()> handler;
    bool parted = false;
    void report();
  };
  const std::string path_;
  const std::chrono::milliseconds deadline_;
  const UniqueFd socket_;
  int pid_ = 0;
  std::shared_ptr<IoThread> io_;
  std::shared_ptr<Exit> exit_ = std::make_shared<Exit>();
};

}  // namespace gstcam::ipc
