/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sandbox of a worker: a module tries a table of forbidden things, with all layers and with
 * each of them alone, as root and (--as-user, where we are root) as an ordinary user.
 */
#include <netinet/in.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/sanitizers.h"
#include "ipc/worker-host.h"
#include "tests/ipc/as-user.h"
#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> kLayers = {"bubblewrap", "no-capabilities", "no-new-privs",
                                          "rlimits",    "landlock",        "seccomp"};

/* A worker with the probe module. */
struct Probe {
  ipc::WorkerHost::Options options;
  std::unique_ptr<ipc::WorkerHost> host;

  explicit Probe(SandboxOptions sandbox = {}) {
    options.interface = module_interface();
    options.sandbox = std::move(sandbox);
    /* To take all the memory there is takes longer the busier the machine is. */
    options.deadline = 20s;
    options.start_deadline = 20s;
  }
  Result<void> start() {
    Result<ipc::ModuleFile> module = ipc::open_module(module_path("probe"));
    ASSERT_OK(module);
    options.module = std::move(*module);
    auto started = ipc::WorkerHost::start(std::move(options), nullptr, {},
                                          [](ipc::Message) { return Result<void>(); });
    if (!started)
      return started.error();
    host = std::move(*started);
    ASSERT_OK(call(ipc::CallKind::Init, "Init", "thread"));
    return {};
  }
  Result<std::string> call(ipc::CallKind kind, const char* member, const char* order,
                           int argument = 0) {
    ipc::Message message{member, sink(g_variant_new("(si)", order, argument)), {}};
    return host->call<std::string>(
        kind, member, std::move(message), [](ipc::Message reply) -> Result<std::string> {
          if (!g_variant_is_of_type(reply.body.get(), G_VARIANT_TYPE("(s)")))
            return Error(Error::Code::Protocol, "no answer");
          const char* text = nullptr;
          g_variant_get(reply.body.get(), "(&s)", &text);
          return std::string(text);
        });
  }
  /** "done", the name of an errno, or "killed" by seccomp. */
  std::string attempt(const char* order, int argument) {
    const Result<std::string> answer = call(ipc::CallKind::Sync, "Try", order, argument);
    if (answer)
      return *answer;
    ASSERT_ERROR(answer, Error::Code::Lost);
    ASSERT_CONTAINS(answer.error().message, "was killed by signal 31 (Bad system call)");
    return "killed";
  }
};

/* A port of this machine at which somebody listens. */
struct Listener {
  UniqueFd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port = 0;
  Listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    g_assert_cmpint(bind(fd.get(), any, size), ==, 0);
    g_assert_cmpint(listen(fd.get(), 8), ==, 0);
    g_assert_cmpint(getsockname(fd.get(), any, &size), ==, 0);
    port = ntohs(address.sin_port);
  }
};

enum class Argument : uint8_t { None, Pid, Port };

struct Row {
  const char* order;
  bool killed;                          // with all layers; else it fails with an error
  std::vector<std::string> stopped_by;  // layers that stop it alone
  Argument argument = Argument::None;
};

const Row kRows[] = {
    {"open-passwd", false, {"bubblewrap", "landlock", "seccomp"}},
    {"open-home", false, {"bubblewrap", "landlock", "seccomp"}},
    {"open-device", false, {"bubblewrap", "landlock", "seccomp"}},
    {"open-sys", false, {"bubblewrap", "landlock", "seccomp"}},
    {"open-run", false, {"bubblewrap", "landlock", "seccomp"}},
    {"open-proc", false, {"bubblewrap", "landlock", "seccomp"}, Argument::Pid},
    {"write-file", false, {"bubblewrap", "landlock", "seccomp"}},
    {"socket-inet", false, {"seccomp"}},
    {"socket-unix", false, {"seccomp"}},
    {"socket-netlink", false, {"seccomp"}},
    {"socket-packet", false, {"bubblewrap", "seccomp"}},
    {"socket-vsock", false, {"seccomp"}},
    {"connect-tcp", false, {"bubblewrap", "landlock-4", "seccomp"}, Argument::Port},
    {"fork", true, {"seccomp"}},
    {"exec", true, {"bubblewrap", "seccomp", "landlock"}},
    {"clone-userns", true, {"bubblewrap", "seccomp"}},
    {"ptrace-host", true, {"bubblewrap", "seccomp"}, Argument::Pid},
    {"signal-host", true, {"bubblewrap", "landlock-6", "seccomp"}, Argument::Pid},
    {"read-host-memory", true, {"bubblewrap", "seccomp"}, Argument::Pid},
    {"mount", true, {"bubblewrap", "no-capabilities", "seccomp"}},
    {"chroot", true, {"bubblewrap", "no-capabilities", "seccomp"}},
    {"unshare", true, {"bubblewrap", "no-capabilities", "seccomp"}},
    {"keyctl", true, {"seccomp"}},
    {"bpf", true, {"seccomp"}},
    {"io-uring", true, {"seccomp"}},
    {"userfaultfd", true, {"seccomp"}},
    {"perf", true, {"seccomp"}},
    {"write-and-execute", true, {"seccomp"}},
    {"make-executable", true, {"seccomp"}},
    {"memory-as-code", false, {"seccomp"}},
    {"take-memory", false, {"rlimits"}},
    {"take-descriptors", false, {"rlimits"}},
    {"raise-limits", false, {"seccomp"}},
};

#ifdef GST_CAMERA_SANITIZER_BUILD
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

SandboxOptions only(const std::string& layer) {
  SandboxOptions sandbox;
  sandbox.policy = SandboxPolicy::Prefer;
  for (const std::string& other : kLayers) {
    /* Without no_new_privs the kernel allows an ordinary user neither Landlock nor seccomp. */
    if (other != layer && (other != "no-new-privs" || layer.empty()))
      sandbox.leave_out.push_back(other);
  }
  return sandbox;
}

void expect_same(const std::string& text, const std::string& wanted) {
  g_assert_cmpstr(text.c_str(), ==, wanted.c_str());
}
void expect_other(const std::string& text, const std::string& not_wanted) {
  g_assert_cmpstr(text.c_str(), !=, not_wanted.c_str());
}

int count = 0;
int blocked = 0;

/* "landlock-4" is Landlock from ABI 4 on. */
bool stops(const Row& row, const std::string& layer, int abi) {
  return std::any_of(row.stopped_by.begin(), row.stopped_by.end(), [&](const std::string& by) {
    return by == layer || (layer == "landlock" && by.starts_with("landlock-") &&
                           abi >= std::atoi(by.c_str() + std::strlen("landlock-")));
  });
}

int landlock_abi(const std::string& isolation_level) {
  constexpr std::string_view kName = "landlock-abi-";
  const size_t at = isolation_level.find(kName);
  return at == std::string::npos ? 0 : std::atoi(isolation_level.c_str() + at + kName.size());
}

void try_rows(const SandboxOptions& sandbox, const char* alone) {
  const Listener listener;
  auto probe = std::make_unique<Probe>(sandbox);
  ASSERT_OK(probe->start());
  const int abi = landlock_abi(probe->host->isolation_level());
  for (const Row& row : kRows) {
    if (alone && !stops(row, alone, abi))
      continue;
    if (!probe) {
      probe = std::make_unique<Probe>(sandbox);
      ASSERT_OK(probe->start());
    }
    const int argument = row.argument == Argument::Pid    ? getpid()
                         : row.argument == Argument::Port ? listener.port
                                                          : 0;
    const std::string what = probe->attempt(row.order, argument);
    g_test_message("%s (%s): %s", row.order, alone ? alone : "all layers", what.c_str());
    if (what == "done" || what == "ENOSYS" || (!alone && (what == "killed") != row.killed)) {
      g_test_message("not as it must be: %s", row.order);
      g_test_fail();
    } else {
      blocked++;
    }
    count++;
    if (what == "killed")
      probe.reset();
  }
}

void test_all_layers() {
  if (kSanitized) {
    g_test_skip("a sanitizer build has a looser table");
    return;
  }
  try_rows({}, nullptr);
}

void test_layer(gconstpointer data) {
  if (kSanitized) {
    g_test_skip("a sanitizer build has a looser table");
    return;
  }
  const auto* layer = static_cast<const char*>(data);
  try_rows(only(layer), layer);
}

/* The rows are worth something only if they succeed where nothing stops them. */
void test_no_layer() {
  SandboxOptions sandbox = only("");
  Probe probe(sandbox);
  ASSERT_OK(probe.start());
  const Listener listener;
  expect_same(probe.host->isolation_level(), kSanitized ? "sanitizer-build" : "");
  for (const char* order : {"open-passwd", "open-sys", "write-file", "socket-inet", "socket-unix",
                            "fork", "write-and-execute", "make-executable", "memory-as-code"})
    expect_same(probe.attempt(order, 0), "done");
  expect_same(probe.attempt("signal-host", getpid()), "done");
  expect_same(probe.attempt("connect-tcp", listener.port), "done");
  for (const std::string& layer : kLayers)
    ASSERT_CONTAINS(probe.host->isolation_warning(), layer);
  unlink("/tmp/gst-camera-escaped");
}

/* What an honest module needs still works. */
void test_honest() {
  Probe probe;
  ASSERT_OK(probe.start());
  expect_same(probe.attempt("thread", 0), "done");
}

/* Its constructor ran before we ever spoke to it. */
void test_constructor() {
  Probe probe;
  ASSERT_OK(probe.start());
  expect_other(probe.attempt("constructor", 0), "done");
}

std::string status_of(int pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(name + ":\t"))
      return line.substr(name.size() + 2);
  }
  return {};
}

/* What the kernel says of it, whatever it says of itself. */
void test_seen_from_outside() {
  Probe probe;
  ASSERT_OK(probe.start());
  const int pid = probe.host->pid();
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
    expect_same(status_of(pid, set), "0000000000000000");
  expect_same(status_of(pid, "NoNewPrivs"), "1");
  expect_same(status_of(pid, "Seccomp"), "2");
  for (const char* name : {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"}) {
    const std::string path = std::string("/ns/") + name;
    std::error_code error;
    const auto theirs = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + path, error);
    g_assert_false(static_cast<bool>(error));
    expect_other(theirs, std::filesystem::read_symlink("/proc/self" + path));
  }
  const std::string level = probe.host->isolation_level();
  g_test_message("%s", level.c_str());
  ASSERT_CONTAINS(level,
                  "bubblewrap,namespaces,no-capabilities,no-new-privs,rlimits,landlock-abi-");
  ASSERT_CONTAINS(level, ",seccomp");
  expect_same(probe.host->isolation_warning(), "");
}

/* The end of any of its processes is the end of all, at once, and known. */
void test_bubblewrap_killed() {
  Probe probe;
  ASSERT_OK(probe.start());
  const int worker = probe.host->pid();
  const int init = std::atoi(status_of(worker, "PPid").c_str());
  const int outer = std::atoi(status_of(init, "PPid").c_str());
  g_assert_cmpint(std::atoi(status_of(outer, "PPid").c_str()), ==, getpid());
  g_assert_cmpint(kill(outer, SIGKILL), ==, 0);
  g_assert_true(run_until([&] { return kill(worker, 0) < 0; }));
  const Result<std::string> answer = probe.call(ipc::CallKind::Sync, "Try", "thread");
  ASSERT_ERROR(answer, Error::Code::Lost);
}

void expect_refused(const SandboxOptions& sandbox, const char* text) {
  Probe probe(sandbox);
  const Result<void> started = probe.start();
  g_assert_false(started.ok());
  const std::string all = started.error().message + "; " + started.error().hint;
  g_test_message("%s", all.c_str());
  ASSERT_CONTAINS(all, text);
  ASSERT_CONTAINS(all, "ipa-sandbox=prefer");
}

void expect_less(SandboxOptions sandbox, const char* text) {
  sandbox.policy = SandboxPolicy::Prefer;
  Probe probe(sandbox);
  ASSERT_OK(probe.start());
  ASSERT_CONTAINS(probe.host->isolation_warning(), text);
  g_test_message("%s", probe.host->isolation_warning().c_str());
  /* The others hold. */
  expect_other(probe.attempt("open-passwd", 0), "done");
}

void test_no_bubblewrap() {
  SandboxOptions sandbox;
  sandbox.bubblewrap = "/nonexistent/bwrap";
  expect_refused(sandbox, "install bubblewrap");
  expect_less(sandbox, "install bubblewrap");
  const CharPtr path(g_strdup(g_getenv("PATH")));
  g_setenv("PATH", "/nonexistent", TRUE);
  expect_refused({}, "there is no bwrap in PATH");
  expect_less({}, "there is no bwrap in PATH");
  g_setenv("PATH", path.get(), TRUE);
}

/* One that the kernel refuses its namespaces. */
void test_no_namespaces() {
  const CharPtr name(g_build_filename(g_get_tmp_dir(), "gst-camera-bwrap-XXXXXX", nullptr));
  UniqueFd file(g_mkstemp_full(name.get(), O_RDWR | O_CLOEXEC, 0700));
  g_assert_true(file.valid());
  const std::string text =
      "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n";
  g_assert_cmpint(write(file.get(), text.data(), text.size()), ==,
                  static_cast<ssize_t>(text.size()));
  file.reset();
  SandboxOptions sandbox;
  sandbox.bubblewrap = name.get();
  expect_refused(sandbox, "No permissions to create new namespace");
  expect_refused(sandbox, "max_user_namespaces");
  expect_less(sandbox, "No permissions to create new namespace");
  unlink(name.get());
}

void test_layer_missing(gconstpointer data) {
  const auto* layer = static_cast<const char*>(data);
  SandboxOptions sandbox;
  sandbox.leave_out = {layer};
  expect_refused(sandbox, layer);
  expect_less(sandbox, layer);
}

/* Nothing more is allowed in it, and what would have been the end is told. */
void test_log_mode() {
  if (kSanitized) {
    g_test_skip("a sanitizer build has a looser table");
    return;
  }
  SandboxOptions sandbox;
  sandbox.log_mode = true;
  Probe probe(sandbox);
  ASSERT_OK(probe.start());
  ASSERT_CONTAINS(probe.host->isolation_level(), "seccomp-log");
  expect_same(probe.attempt("fork", 0), "EPERM");
  expect_same(probe.attempt("io-uring", 0), "EPERM");
  expect_same(probe.attempt("socket-inet", 0), "EACCES");
  const Result<std::string> end = probe.call(ipc::CallKind::Sync, "Try", "exit");
  ASSERT_ERROR(end, Error::Code::Lost);
  for (const char* name : {"clone() is not in the table", "io_uring_setup() is not in the table",
                           "socket() was refused"})
    ASSERT_CONTAINS(end.error().message, name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--as-user") == 0) {
    argv[1] = argv[0];
    if (access(module_path("probe").c_str(), R_OK) == 0)
      become_user(argv + 1);
    argc--;
    argv++;
  }
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_message("as user %u", geteuid());
  g_test_add_func("/ipc/sandbox/honest", test_honest);
  g_test_add_func("/ipc/sandbox/all-layers", test_all_layers);
  g_test_add_func("/ipc/sandbox/no-layer", test_no_layer);
  for (const std::string& layer : kLayers) {
    if (layer != "no-new-privs")
      g_test_add_data_func(("/ipc/sandbox/only/" + layer).c_str(), layer.c_str(), test_layer);
    g_test_add_data_func(("/ipc/sandbox/without/" + layer).c_str(), layer.c_str(),
                         test_layer_missing);
  }
  g_test_add_func("/ipc/sandbox/constructor", test_constructor);
  g_test_add_func("/ipc/sandbox/seen-from-outside", test_seen_from_outside);
  g_test_add_func("/ipc/sandbox/bubblewrap-killed", test_bubblewrap_killed);
  g_test_add_func("/ipc/sandbox/no-bubblewrap", test_no_bubblewrap);
  g_test_add_func("/ipc/sandbox/no-namespaces", test_no_namespaces);
  g_test_add_func("/ipc/sandbox/log-mode", test_log_mode);
  const int result = g_test_run();
  std::printf("# %d attempts, %d blocked\n", count, blocked);
  return result;
}
