/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A worker that is a service: sessions one after the other and none beside another, each with a
 * fresh IPA; ends of either side; who is let in, and whom a host takes for the service.
 *
 * This program is also the application that gets killed: "daemon-test --client ADDRESS".
 */
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "ipc/worker-address.h"
#include "ipc/worker-host.h"
#include "ipc/worker/orphans.h"
#include "tests/ipc/daemon-fixture.h"
#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

constexpr int kNobody = 65534;

Peer make_client(const std::string& address) {
  Peer peer(IpaIsolation::Auto);
  peer.options.address = address;
  peer.options.module.clear();  // it is the service's
  return peer;
}

/* Waits until a process that is not our child has ended. */
void wait_for_end(int pid) {
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid())
    return;  // it has, and was reaped
  pollfd end{process.get(), POLLIN, 0};
  g_assert_cmpint(poll(&end, 1, 20000), ==, 1);
}

void test_sessions_are_fresh() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  int last_pid = 0;
  for (int i = 0; i < 3; i++) {
    Peer peer = make_client(at.address);
    ASSERT_OK(peer.make());
    g_assert_cmpint(peer.ipa->kind(), ==, kIpaHostWorker);
    ASSERT_ERROR(peer.ipa->start(), Error::Code::WrongState);  // init comes first, every time
    ASSERT_OK(peer.init());
    const Result<uint32_t> runs = peer.ipa->start();
    ASSERT_OK(runs);
    g_assert_cmpuint(*runs, ==, 1);
    const auto nothing = peer.ipa->recall();
    ASSERT_OK(nothing);
    g_assert_cmpuint(nothing->size(), ==, 0);
    ASSERT_OK(peer.ipa->remember(7));
    ASSERT_OK(peer.ipa->count(0, 10));
    g_assert_true(run_until([&] { return peer.events.numbers.size() == 10; }));
    const auto who = peer.ipa->identify();
    ASSERT_OK(who);
    g_assert_cmpint(who->pid, ==, peer.ipa->pid());
    g_assert_cmpint(who->pid, !=, last_pid);
    g_assert_cmpint(who->pid, !=, daemon.pid());
    last_pid = who->pid;
    if (i != 1)
      ASSERT_OK(peer.ipa->stop());  // the second hangs up in the middle of its run
  }
  wait_for_end(last_pid);
}

/* Who closes and opens again at once is not taken for somebody else. */
void test_again_and_again() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  const std::string daemon_fds = "/proc/" + std::to_string(daemon.pid()) + "/fd";
  make_client(at.address).make_and_start();
  make_client(at.address).make_and_start();
  const int fds = count_fds();
  const int threads = count_threads();
  const int theirs = count_entries(daemon_fds.c_str());
  for (int i = 0; i < 20; i++)
    make_client(at.address).make_and_start();
  g_assert_cmpint(count_fds(), <=, fds);
  g_assert_cmpint(count_threads(), <=, threads);
  /* Up to a worker that is just ending. */
  g_assert_cmpint(count_entries(daemon_fds.c_str()), <=, theirs + 4);
}

void test_second_client() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  {
    Peer first = make_client(at.address);
    first.make_and_start();
    for (int i = 0; i < 12; i++) {  // more than are answered at a time
      Peer second = make_client(at.address);
      const Result<void> made = second.make();
      ASSERT_ERROR(made, Error::Code::Busy);
      ASSERT_CONTAINS(made.error().message, at.path);
      ASSERT_CONTAINS(made.error().message, "it serves another application (user " +
                                                std::to_string(geteuid()) + ", pid " +
                                                std::to_string(getpid()) + ")");
    }
    ASSERT_OK(first.ipa->count(0, 3));
    g_assert_true(run_until([&] { return first.events.numbers.size() == 3; }));
    g_assert_cmpuint(first.lost.size(), ==, 0);
  }
  Peer third = make_client(at.address);
  third.make_and_start();
}

void expect_lost(Peer& peer) {
  g_assert_true(run_until([&] { return !peer.lost.empty(); }));
  g_assert_cmpstr(to_string(peer.lost[0].code), ==, to_string(Error::Code::Lost));
  ASSERT_CONTAINS(peer.lost[0].message, "the IPA worker closed its connection");
  ASSERT_CONTAINS(peer.lost[0].hint, "the service was stopped or restarted");
  ASSERT_ERROR(peer.ipa->remember(1), Error::Code::Lost);
  ASSERT_ERROR(peer.ipa->recall(), Error::Code::Lost);
  run_pending();
  g_assert_cmpuint(peer.lost.size(), ==, 1);
}

void test_daemon_ends(gconstpointer data) {
  const bool killed = GPOINTER_TO_INT(data) != 0;
  const SocketFolder at;
  for (int i = 0; i < 3; i++) {
    Daemon daemon(at, module_path("echo"));  // where the killed one left its socket
    Peer peer = make_client(at.address);
    peer.make_and_start();
    const int worker = peer.ipa->pid();
    if (killed)
      daemon.kill();
    else
      daemon.end();
    expect_lost(peer);
    wait_for_end(worker);
    Peer again = make_client(at.address);
    ASSERT_ERROR(again.make(), killed ? Error::Code::Lost : Error::Code::NotFound);
  }
}

void test_worker_dies() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  for (int i = 0; i < 3; i++) {
    Peer peer = make_client(at.address);
    peer.make_and_start();
    kill(peer.ipa->pid(), SIGKILL);
    expect_lost(peer);
  }
  Peer peer = make_client(at.address);
  peer.make_and_start();
}

/* It does not answer, nor does it end when its client leaves. */
void test_worker_is_frozen() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  Peer peer = make_client(at.address);
  peer.options.call_deadline = 500ms;
  peer.make_and_start();
  const int worker = peer.ipa->pid();
  kill(worker, SIGSTOP);
  ASSERT_ERROR(peer.ipa->recall(), Error::Code::Timeout);
  g_assert_true(run_until([&] { return !peer.lost.empty(); }));
  ASSERT_CONTAINS(peer.lost[0].message, "recall() did not return within 500 ms");
  Peer next = make_client(at.address);
  next.options.start_deadline = 20s;
  next.make_and_start();
  wait_for_end(worker);
}

/* Serves as --client: says "ready" when its IPA runs, and then stays; or says why not. */
int be_client(const char* address) {
  Peer peer = make_client(address);
  Result<void> made = peer.make();
  if (made) {
    const Result<std::string> done = peer.init();
    made = done ? Result<void>() : Result<void>(done.error());
  }
  if (!made) {
    g_print("%s: %s (%s)\n", to_string(made.error().code), made.error().message.c_str(),
            made.error().hint.c_str());
    return 1;
  }
  const Result<uint32_t> started = peer.ipa->start();
  g_print("%s\n", started ? "ready" : started.error().message.c_str());
  run_until([] { return false; });
  return 0;
}

/* Another application; `said` is its first line. */
struct Application {
  ObjectPtr<GSubprocess> process;
  std::string said;
  Application(const std::string& address, const std::vector<std::string>& launcher) {
    std::vector<const char*> argv;
    argv.reserve(launcher.size() + 4);
    for (const std::string& word : launcher)
      argv.push_back(word.c_str());
    argv.insert(argv.end(), {"/proc/self/exe", "--client", address.c_str(), nullptr});
    const CharPtr self(g_file_read_link("/proc/self/exe", nullptr));
    argv[launcher.size()] = self.get();
    process = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_newv(argv.data(), G_SUBPROCESS_FLAGS_STDOUT_PIPE, nullptr));
    g_assert_nonnull(process.get());
    const auto lines = ObjectPtr<GDataInputStream>::adopt(
        g_data_input_stream_new(g_subprocess_get_stdout_pipe(process.get())));
    const CharPtr line(g_data_input_stream_read_line(lines.get(), nullptr, nullptr, nullptr));
    said = line ? line.get() : "";
  }
  ~Application() { kill(); }
  void kill() {
    g_subprocess_force_exit(process.get());
    g_assert_true(g_subprocess_wait(process.get(), nullptr, nullptr));
  }
};

void test_application_is_killed() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  for (int i = 0; i < 3; i++) {
    Application application(at.address, {});
    g_assert_cmpstr(application.said.c_str(), ==, "ready");
    Peer beside = make_client(at.address);
    ASSERT_ERROR(beside.make(), Error::Code::Busy);
    application.kill();
    Peer after = make_client(at.address);
    after.make_and_start();
  }
}

/* Who does not even authenticate does not keep others out for long. */
void test_silent_client() {
  const SocketFolder at;
  const Daemon daemon(at, module_path("echo"));
  Result<ipc::WorkerAddress> address = ipc::parse_worker_address(at.address);
  ASSERT_OK(address);
  const Result<UniqueFd> silent = ipc::connect_worker(*address);
  ASSERT_OK(silent);
  pollfd end{silent->get(), POLLIN | POLLRDHUP, 0};
  g_assert_cmpint(poll(&end, 1, 20000), ==, 1);
  Peer peer = make_client(at.address);
  peer.make_and_start();
}

Result<std::unique_ptr<ipc::WorkerHost>> open_host(const std::string& address,
                                                   ipc::ModuleInterface interface) {
  ipc::WorkerHost::Options options;
  options.address = address;
  options.interface = std::move(interface);
  return ipc::WorkerHost::start(std::move(options), nullptr, {},
                                [](ipc::Message) { return Result<void>(); });
}

void test_wrong_module() {
  const SocketFolder at;
  {
    const Daemon daemon(at, module_path("echo"));
    ipc::ModuleInterface interface = module_interface();
    const auto host = open_host(at.address, interface);
    ASSERT_OK(host);
    g_test_message("%s", (*host)->isolation_level().c_str());
    ASSERT_CONTAINS((*host)->isolation_level(), "service,");
    ASSERT_CONTAINS((*host)->isolation_level(), "seccomp");
    (*host)->close();
    interface.hash = "another";
    const auto version = open_host(at.address, interface);
    ASSERT_ERROR(version, Error::Code::Invalid);
    ASSERT_CONTAINS(version.error().message,
                    "built for another version of org.freedesktop.GstCamera.Test");
    interface.name = "org.freedesktop.GstCamera.Other";
    const auto other = open_host(at.address, interface);
    ASSERT_ERROR(other, Error::Code::Invalid);
    ASSERT_CONTAINS(other.error().message,
                    "a module of 'org.freedesktop.GstCamera.Test', expected "
                    "'org.freedesktop.GstCamera.Other'");
  }
  const Daemon broken(at, module_path("broken-abi"));
  const auto refused = open_host(at.address, module_interface());
  ASSERT_ERROR(refused, Error::Code::Invalid);
  ASSERT_CONTAINS(refused.error().message, "broken-abi.so' cannot be used");
}

void test_options() {
  Peer thread = make_client("unix:path=/nonexistent/socket");
  thread.options.isolation = IpaIsolation::Thread;
  const Result<void> both = thread.make();
  ASSERT_ERROR(both, Error::Code::Invalid);
  ASSERT_CONTAINS(both.error().hint, "ipa-isolation=thread and ipa-address");
  Peer nobody = make_client("unix:path=/nonexistent/socket");
  const Result<void> made = nobody.make();
  ASSERT_ERROR(made, Error::Code::NotFound);
  ASSERT_CONTAINS(made.error().message, "/nonexistent/socket");
  ASSERT_CONTAINS(made.error().hint, "systemctl start");
}

void test_addresses() {
  const auto address = ipc::parse_worker_address("unix:path=/a%20b%2c,user=root,user=7,guid=0");
  ASSERT_OK(address);
  g_assert_cmpstr(address->path.c_str(), ==, "/a b,");
  g_assert_cmpuint(address->users.size(), ==, 2);
  g_assert_cmpuint(address->users[0], ==, 0);
  g_assert_cmpuint(address->users[1], ==, 7);
  for (const char* wrong :
       {"", "unix:", "unix:path", "unix:path=", "unix:path=%2", "unix:path=%zz", "unix:path=a%00b",
        "unix:path=/a,path=/b", "unix:path=/a,mode=7", "unix:user=0", "tcp:host=localhost",
        "unix:abstract=a", "/run/socket"}) {
    ASSERT_ERROR(ipc::parse_worker_address(wrong), Error::Code::Invalid);
  }
  ASSERT_ERROR(ipc::parse_worker_address("unix:path=/" + std::string(108, 'a')),
               Error::Code::Invalid);
  ASSERT_ERROR(ipc::parse_worker_address("unix:path=/a,user=no-such-user"), Error::Code::NotFound);
  ASSERT_ERROR(ipc::parse_worker_address("unix:path=/a,user=4294967295"), Error::Code::NotFound);
}

const std::vector<std::string> kAsNobody = {"setpriv", "--reuid=65534", "--regid=65534",
                                            "--clear-groups"};

/* Whether user nobody can be tested with. */
bool skip_other_users() {
  if (geteuid() != 0) {
    g_test_skip("only root can run programs as another user");
    return true;
  }
  std::vector<std::string> words = kAsNobody;
  words.insert(words.end(), {"test", "-x", g_getenv("GST_CAMERA_IPA_WORKER")});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  int status = 0;
  if (!g_spawn_sync(nullptr, argv.data(), nullptr, G_SPAWN_SEARCH_PATH, nullptr, nullptr, nullptr,
                    nullptr, &status, nullptr) ||
      status != 0) {
    g_test_skip("there is no setpriv, or user 65534 cannot read the build folder");
    return true;
  }
  return false;
}

void test_daemon_of_another_user() {
  if (skip_other_users())
    return;
  const SocketFolder at;
  g_assert_cmpint(chown(at.folder.get(), kNobody, kNobody), ==, 0);
  const Daemon daemon(at, module_path("echo"), {}, kAsNobody);
  Peer doubtful = make_client(at.address);
  const Result<void> made = doubtful.make();
  ASSERT_ERROR(made, Error::Code::Permission);
  ASSERT_CONTAINS(made.error().message,
                  "run by user 65534, who is neither root nor ourselves (user 0)");
  ASSERT_CONTAINS(made.error().hint, "add ,user=65534 to the address");
  Peer trusted = make_client(at.address + ",user=65534");
  trusted.make_and_start();
}

void test_client_of_another_user() {
  if (skip_other_users())
    return;
  const SocketFolder at;
  const auto expect = [&at](const std::vector<std::string>& arguments,
                            const std::vector<std::string>& launcher, const std::string& text) {
    const Daemon daemon(at, module_path("echo"), arguments);
    const Application application(at.address, launcher);
    g_test_message("%s", application.said.c_str());
    ASSERT_CONTAINS(application.said, text);
  };
  /* The socket's mode keeps it out ... */
  expect({}, kAsNobody, "permission: cannot connect to the IPA worker");
  /* ... and where that is for everyone, what the kernel says of the peer. */
  expect({"--allow-user", "1"}, kAsNobody, "its service may not take user 65534");
  expect({"--allow-group", "1"}, kAsNobody, "its service may not take user 65534");
  expect({"--allow-user", "65534"}, kAsNobody, "ready");
  expect({"--allow-group", "65534"}, kAsNobody, "ready");
  expect({"--allow-group", "44"}, {"setpriv", "--reuid=65534", "--regid=65534", "--groups", "4,44"},
         "ready");
}

/* A socket that somebody else listens at, handed over as systemd does. */
void test_socket_activation() {
  const SocketFolder at;
  const std::string worker = g_getenv("GST_CAMERA_IPA_WORKER");
  const std::string echo = module_path("echo");
  Result<ipc::WorkerAddress> address = ipc::parse_worker_address(at.address);
  ASSERT_OK(address);
  Result<UniqueFd> listening = ipc::listen_worker(*address, false);
  ASSERT_OK(listening);
  const auto spawn = [&](const char* variables, int fd) {
    const auto launcher = ObjectPtr<GSubprocessLauncher>::adopt(
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_PIPE));
    if (fd >= 0)
      g_subprocess_launcher_take_fd(launcher.get(), fcntl(fd, F_DUPFD_CLOEXEC, 10), 3);
    const std::string script =
        std::string(variables) + " exec '" + worker + "' --module '" + echo + "' --listen systemd:";
    auto process = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_launcher_spawn(launcher.get(), nullptr, "sh", "-c", script.c_str(), nullptr));
    g_assert_nonnull(process.get());
    g_subprocess_launcher_close(launcher.get());
    return process;
  };
  const auto refused = [&](const char* variables, int fd, const char* text) {
    const ObjectPtr<GSubprocess> process = spawn(variables, fd);
    char* said = nullptr;
    g_assert_true(
        g_subprocess_communicate_utf8(process.get(), nullptr, nullptr, nullptr, &said, nullptr));
    const CharPtr owner(said);
    ASSERT_CONTAINS(said, text);
    g_assert_cmpint(g_subprocess_get_exit_status(process.get()), ==, 4);
  };
  refused("LISTEN_PID=1 LISTEN_FDS=1", listening->get(), "no socket was handed over");
  refused("LISTEN_FDS=1", listening->get(), "no socket was handed over");
  refused("LISTEN_PID=$$ LISTEN_FDS=", listening->get(), "no socket was handed over");
  refused("LISTEN_PID=$$ LISTEN_FDS=-1", listening->get(), "no socket was handed over");
  refused("LISTEN_PID=$$ LISTEN_FDS=2", listening->get(), "2 sockets were handed over");
  refused("LISTEN_PID=$$ LISTEN_FDS=1", -1, "no listening AF_UNIX stream socket");
  refused("LISTEN_PID=$$ LISTEN_FDS=1", GatePair().ours.get(), "no listening AF_UNIX stream");

  /* The socket stays, whoever serves it: a client may come before its service. */
  for (int i = 0; i < 2; i++) {
    Result<void> made;
    Peer peer = make_client(at.address);
    peer.options.start_deadline = 20s;
    std::thread client([&] { made = peer.make(); });
    const ObjectPtr<GSubprocess> process =
        spawn("LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=x", listening->get());
    client.join();
    ASSERT_OK(made);
    ASSERT_OK(peer.init());
    const auto who = peer.ipa->identify();
    ASSERT_OK(who);
    /* It is not for the worker. */
    const CharPtr environment([&] {
      char* text = nullptr;
      gsize size = 0;
      g_assert_true(g_file_get_contents(("/proc/" + std::to_string(who->pid) + "/environ").c_str(),
                                        &text, &size, nullptr));
      for (gsize k = 0; k < size; k++)
        text[k] = text[k] ? text[k] : '\n';
      return text;
    }());
    g_assert_null(strstr(environment.get(), "LISTEN_"));
    peer.ipa.reset();
    g_subprocess_send_signal(process.get(), SIGTERM);
    g_assert_true(g_subprocess_wait(process.get(), nullptr, nullptr));
    g_assert_cmpint(g_subprocess_get_exit_status(process.get()), ==, 0);
    g_assert_true(g_file_test(at.path.c_str(), G_FILE_TEST_EXISTS));
  }
}

/* What a worker leaves running ends with it. */
void test_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  int ends[2];
  g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; i++) {
      if (fork() == 0) {
        setsid();
        pause();
        _exit(0);
      }
    }
    _exit(0);
  }
  theirs.reset();
  g_assert_cmpint(waitpid(child, nullptr, 0), ==, child);
  g_assert_cmpint(count_children(), ==, 3);
  ipc::end_orphans();
  g_assert_cmpint(count_children(), ==, 0);
  char byte = 0;
  g_assert_cmpint(read(ours.get(), &byte, 1), ==, 0);  // nobody has the other end
  prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc == 3 && std::string(argv[1]) == "--client")
    return be_client(argv[2]);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/daemon/sessions-are-fresh", test_sessions_are_fresh);
  g_test_add_func("/ipc/daemon/again-and-again", test_again_and_again);
  g_test_add_func("/ipc/daemon/second-client", test_second_client);
  g_test_add_data_func("/ipc/daemon/stopped", GINT_TO_POINTER(0), test_daemon_ends);
  g_test_add_data_func("/ipc/daemon/killed", GINT_TO_POINTER(1), test_daemon_ends);
  g_test_add_func("/ipc/daemon/worker-dies", test_worker_dies);
  g_test_add_func("/ipc/daemon/worker-is-frozen", test_worker_is_frozen);
  g_test_add_func("/ipc/daemon/application-is-killed", test_application_is_killed);
  g_test_add_func("/ipc/daemon/silent-client", test_silent_client);
  g_test_add_func("/ipc/daemon/wrong-module", test_wrong_module);
  g_test_add_func("/ipc/daemon/options", test_options);
  g_test_add_func("/ipc/daemon/addresses", test_addresses);
  g_test_add_func("/ipc/daemon/daemon-of-another-user", test_daemon_of_another_user);
  g_test_add_func("/ipc/daemon/client-of-another-user", test_client_of_another_user);
  g_test_add_func("/ipc/daemon/socket-activation", test_socket_activation);
  g_test_add_func("/ipc/daemon/orphans", test_orphans);
  return g_test_run();
}
