/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests with a worker that is a service: starts gst-camera-ipa-worker --listen, at a socket of
 * its own, and ends it.
 */
#pragma once

#include <gio/gio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/glib-ptr.h"

namespace gstcam::test {

/** The folder that a service's socket is in; everyone may look into it. */
struct SocketFolder {
  CharPtr folder{g_dir_make_tmp("gst-camera-daemon-XXXXXX", nullptr)};
  std::string path = std::string(folder.get()) + "/socket";
  std::string address = "unix:path=" + path;
  SocketFolder() { g_assert_cmpint(chmod(folder.get(), 0755), ==, 0); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  ~SocketFolder() {
    unlink(path.c_str());  // a service that was killed leaves it
    g_assert_cmpint(rmdir(folder.get()), ==, 0);
  }
};

/** A service that listens when the constructor returns. */
class Daemon {
 public:
  Daemon(const SocketFolder& at, const std::string& module,
         const std::vector<std::string>& arguments = {},
         const std::vector<std::string>& launcher = {}) {
    std::vector<std::string> words = launcher;
    words.insert(words.end(),
                 {g_getenv("GST_CAMERA_IPA_WORKER"), "--module", module, "--listen", at.address});
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<const char*> argv;
    argv.reserve(words.size() + 1);
    for (const std::string& word : words)
      argv.push_back(word.c_str());
    argv.push_back(nullptr);
    ErrorOut error;
    const auto start = ObjectPtr<GSubprocessLauncher>::adopt(
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE));
    /* A test that fails leaves none behind. */
    g_subprocess_launcher_set_child_setup(
        start.get(), [](gpointer) { prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }, nullptr, nullptr);
    process_ = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_launcher_spawnv(start.get(), argv.data(), &error));
    if (!process_)
      g_error("%s: %s", argv[0], error.message());
    /* It says where it listens as soon as it does. */
    const auto lines = ObjectPtr<GDataInputStream>::adopt(
        g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_.get())));
    const CharPtr line(g_data_input_stream_read_line(lines.get(), nullptr, nullptr, nullptr));
    g_assert_cmpstr(line.get(), ==, at.address.c_str());
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    if (process_)
      end();
  }

  [[nodiscard]] int pid() const { return std::atoi(g_subprocess_get_identifier(process_.get())); }
  /** As a crash, or a service manager out of patience. */
  void kill() {
    g_subprocess_send_signal(process_.get(), SIGKILL);
    g_assert_true(g_subprocess_wait(process_.get(), nullptr, nullptr));
    process_.reset();
  }
  /** As a service manager that stops it. */
  void end() {
    g_subprocess_send_signal(process_.get(), SIGTERM);
    g_assert_true(g_subprocess_wait(process_.get(), nullptr, nullptr));
    g_assert_true(g_subprocess_get_if_exited(process_.get()));
    g_assert_cmpint(g_subprocess_get_exit_status(process_.get()), ==, 0);
    process_.reset();
  }

 private:
  ObjectPtr<GSubprocess> process_;
};

}  // namespace gstcam::test
