/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst-camera-ipa-worker by hand: its command line, and the usual D-Bus tools on its socket.
 */
#include <csignal>

#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

struct Run {
  int status = -1;
  std::string output;  // stdout, then stderr
};

Run run(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  char* out = nullptr;
  char* err = nullptr;
  int status = 0;
  const bool spawned = g_spawn_sync(nullptr, argv.data(), nullptr, G_SPAWN_SEARCH_PATH, nullptr,
                                    nullptr, &out, &err, &status, nullptr);
  const CharPtr out_owner(out);
  const CharPtr err_owner(err);
  if (!spawned)
    return {};
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, std::string(out) + err};
}

std::string worker() {
  return g_getenv("GST_CAMERA_IPA_WORKER");
}

void test_command_line() {
  struct Case {
    std::vector<std::string> arguments;
    int status;
    std::string text;
  };
  const std::string echo = module_path("echo");
  const Case cases[] = {
      {{}, 2, "there is no --module"},
      {{"--module", echo}, 2, "give one of --fd and --listen"},
      {{"--module", echo, "--fd", "3", "--listen", "unix:path=/tmp/x"}, 2, "give one of"},
      {{"--module", echo, "--fd", "3", "--hash", "1"}, 2, "--interface and --hash go together"},
      {{"--module", echo, "--fd", "3", "more"}, 2, "unknown argument 'more'"},
      {{"--no-such-option"}, 2, "--no-such-option"},
      {{"--module", "/nonexistent.so", "--fd", "3"}, 3, "'/nonexistent.so'"},
      {{"--module", "/etc/passwd", "--fd", "3"}, 3, "cannot be loaded"},
      {{"--module-fd", "99", "--fd", "3"}, 3, "--module-fd 99"},
      {{"--module", echo, "--fd", "99"}, 4, "--fd 99"},
      {{"--module", echo, "--fd", "0"}, 4, "not a connected socket"},
      {{"--module", echo, "--listen", "nonsense"}, 4, "cannot listen at 'nonsense'"},
      {{"--module", echo, "--listen", "tcp:host=localhost"}, 4, "cannot listen at 'tcp:"},
      {{"--module", echo, "--listen", "unix:path=/nonexistent/socket"}, 4, "/nonexistent/socket"},
      {{"--module", echo, "--listen", "unix:path=/etc/passwd"}, 4, "not a dead worker's socket"},
      {{"--module", echo, "--listen", "unix:path=/tmp/x", "--allow-user", "no-such-user"},
       2,
       "no user 'no-such-user'"},
      {{"--module", echo, "--listen", "unix:path=/tmp/x", "--allow-group", "-1"},
       2,
       "no group '-1'"},
      {{"--module", echo, "--fd", "3", "--allow-user", "0"}, 2, "are for --listen"},
      {{"--module", echo, "--listen", "unix:path=/tmp/x", "--client-user", "0"}, 2, "is for --fd"},
      {{"--module", echo, "--listen", "systemd:"}, 4, "no socket was handed over"},
  };
  for (const Case& c : cases) {
    std::vector<std::string> arguments = {worker()};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    const Run result = run(arguments);
    g_test_message("%s", result.output.c_str());
    g_assert_cmpint(result.status, ==, c.status);
    ASSERT_CONTAINS(result.output, "gst-camera-ipa-worker: error: ");
    ASSERT_CONTAINS(result.output, c.text);
  }
  const Run help = run({worker(), "--help"});
  g_assert_cmpint(help.status, ==, 0);
  ASSERT_CONTAINS(help.output, "--listen=ADDRESS");
}

/* A worker that listens at a socket of its own. */
struct Listening {
  CharPtr folder{g_dir_make_tmp("gst-camera-worker-XXXXXX", nullptr)};
  std::string path = std::string(folder.get()) + "/socket";
  std::string address = "unix:path=" + path;
  ObjectPtr<GSubprocess> process;
  Listening() {
    ErrorOut error;
    process = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, worker().c_str(), "--module",
                         module_path("echo").c_str(), "--listen", address.c_str(), nullptr));
    g_assert_nonnull(process.get());
    /* It says where it listens as soon as it does. */
    const auto lines = ObjectPtr<GDataInputStream>::adopt(
        g_data_input_stream_new(g_subprocess_get_stdout_pipe(process.get())));
    const CharPtr line(g_data_input_stream_read_line(lines.get(), nullptr, nullptr, nullptr));
    g_assert_nonnull(line.get());
    ASSERT_CONTAINS(line.get(), address);
  }
  ~Listening() {
    g_subprocess_send_signal(process.get(), SIGTERM);
    g_assert_true(g_subprocess_wait(process.get(), nullptr, nullptr));
    g_assert_true(g_subprocess_get_if_exited(process.get()));
    g_assert_cmpint(g_subprocess_get_exit_status(process.get()), ==, 0);
    g_assert_cmpint(rmdir(folder.get()), ==, 0);  // it took its socket away
  }
};

void test_gdbus() {
  if (!CharPtr(g_find_program_in_path("gdbus"))) {
    g_test_skip("there is no gdbus (package libglib2.0-bin)");
    return;
  }
  const Listening listening;
  const Run result = run({"gdbus", "introspect", "--address", listening.address, "--dest", ":1.1",
                          "--object-path", "/org/freedesktop/GstCamera/Ipa"});
  g_assert_cmpint(result.status, ==, 0);
  ASSERT_CONTAINS(result.output, "interface org.freedesktop.GstCamera.Test {");
  ASSERT_CONTAINS(result.output, "EchoBytes(in  ay bytes,");
  const Run tree = run({"gdbus", "introspect", "--recurse", "--address", listening.address,
                        "--dest", ":1.1", "--object-path", "/"});
  ASSERT_CONTAINS(tree.output, "node /org/freedesktop/GstCamera/Ipa");
  const Run call = run({"gdbus", "call", "--address", listening.address, "--dest", ":1.1",
                        "--object-path", "/org/freedesktop/GstCamera/Ipa", "--method",
                        "org.freedesktop.GstCamera.Test.Fail", "no-space", "no room", "a hint"});
  g_assert_cmpint(call.status, !=, 0);
  ASSERT_CONTAINS(call.output, "org.freedesktop.GstCamera.Error.NoSpace: no room");
}

void test_busctl() {
  if (!CharPtr(g_find_program_in_path("busctl"))) {
    g_test_skip("there is no busctl (package systemd)");
    return;
  }
  const Listening listening;
  const Run result = run({"busctl", "--address", listening.address, "introspect", ":1.1",
                          "/org/freedesktop/GstCamera/Ipa"});
  g_assert_cmpint(result.status, ==, 0);
  ASSERT_CONTAINS(result.output, "org.freedesktop.GstCamera.Test");
  ASSERT_CONTAINS(result.output, ".Remember");
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/worker-program/command-line", test_command_line);
  g_test_add_func("/ipc/worker-program/gdbus", test_gdbus);
  g_test_add_func("/ipc/worker-program/busctl", test_busctl);
  return g_test_run();
}
