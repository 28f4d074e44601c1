/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/orphans.h"

#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace gstcam::ipc {

namespace {

/* A killed process hands its own children on to us: so again, but not for ever. */
constexpr int kRounds = 1000;

std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::error_code error;
  std::filesystem::directory_iterator task("/proc/self/task", error);
  for (; !error && task != std::filesystem::directory_iterator(); task.increment(error)) {
    std::ifstream list(task->path() / "children");
    pid_t pid = 0;
    while (list >> pid)
      found.push_back(pid);
  }
  return found;
}

}  // namespace

void end_orphans() {
  for (int i = 0; i < kRounds; i++) {
    const std::vector<pid_t> found = children();
    if (found.empty())
      return;
    for (const pid_t pid : found)
      ::kill(pid, SIGKILL);
    for (const pid_t pid : found)
      waitpid(pid, nullptr, 0);
  }
}

}  // namespace gstcam::ipc
