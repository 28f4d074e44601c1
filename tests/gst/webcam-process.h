/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WebcamProcess: a webcam of tests/vm/webcam, plugged in until pull(), which pulls its cable: the
 * process is killed. Under a kernel of its own (tests/vm).
 */
#pragma once

#include <glib.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "base/glib-ptr.h"

namespace gstcam::test {

class WebcamProcess {
 public:
  /* Not a GSubprocess: GLib's own thread closes a descriptor of it some time after its end. */
  WebcamProcess(const char* program, const char* serial) {
    std::string words[] = {program, "--serial", serial};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    const auto flags =
        static_cast<GSpawnFlags>(G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL);
    ErrorOut error;
    if (!g_spawn_async(nullptr, arguments, nullptr, flags, nullptr, nullptr, &pid_, &error))
      g_error("%s: %s", program, error.message());
  }
  ~WebcamProcess() { pull(); }
  WebcamProcess(const WebcamProcess&) = delete;
  WebcamProcess& operator=(const WebcamProcess&) = delete;

  void pull() {
    const GPid pid = std::exchange(pid_, 0);
    if (pid == 0)
      return;
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR) {
    }
    g_assert_cmpint(ended, ==, pid);
  }

 private:
  GPid pid_ = 0;
};

}  // namespace gstcam::test
