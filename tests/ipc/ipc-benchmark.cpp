/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the border costs, as JSON lines: sync calls through thread and worker beside a bare GDBus
 * peer call of the same size in the same run, async calls with their event, the same with and
 * without the sandbox, a worker's start, its memory and what it does when it has nothing to do.
 */
#include <sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>

#include "ipc/gdbus-auth.h"
#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

constexpr char kBarePath[] = "/bare";
constexpr char kBareInterface[] = "org.example.Bare";

double now_us() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/* Several things in turn, so that what else the machine does hits all of them. */
std::vector<double> medians(int rounds, const std::vector<std::function<void()>>& bodies) {
  std::vector<std::vector<double>> times(bodies.size());
  for (int i = 0; i < rounds; i++) {
    for (size_t b = 0; b < bodies.size(); b++) {
      const double begin = now_us();
      bodies[b]();
      if (i >= rounds / 10)
        times[b].push_back(now_us() - begin);
    }
  }
  std::vector<double> result;
  for (std::vector<double>& t : times)
    result.push_back(median(std::move(t)));
  return result;
}

/* The other end of the bare connection: what a program with plain GDBus does. */
[[noreturn]] void run_bare_peer(UniqueFd socket) {
  static const GDBusInterfaceVTable vtable = {
      [](GDBusConnection*, const gchar*, const gchar*, const gchar*, const gchar* method,
         GVariant* parameters, GDBusMethodInvocation* invocation, gpointer) {
        if (std::string_view(method) == "EchoFd") {
          GUnixFDList* fds =
              g_dbus_message_get_unix_fd_list(g_dbus_method_invocation_get_message(invocation));
          g_dbus_method_invocation_return_value_with_unix_fd_list(invocation, parameters, fds);
        } else {
          g_dbus_method_invocation_return_value(invocation, parameters);
        }
      },
      nullptr,
      nullptr,
      {}};
  Result<ObjectPtr<GIOStream>> stream = ipc::make_stream(std::move(socket));
  GDBusConnection* connection = g_dbus_connection_new_sync(
      stream->get(), nullptr,
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                        G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING),
      nullptr, nullptr, nullptr);
  GDBusNodeInfo* info = g_dbus_node_info_new_for_xml(
      "<node><interface name='org.example.Bare'>"
      "<method name='Echo'><arg type='ay' direction='in'/><arg type='ay' direction='out'/></method>"
      "<method name='EchoFd'><arg type='ah' direction='in'/><arg type='ah' direction='out'/>"
      "</method></interface></node>",
      nullptr);
  g_dbus_connection_register_object(connection, kBarePath, info->interfaces[0], &vtable, nullptr,
                                    nullptr, nullptr);
  g_dbus_connection_start_message_processing(connection);
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  g_signal_connect_swapped(connection, "closed", G_CALLBACK(g_main_loop_quit), loop);
  g_main_loop_run(loop);
  _exit(0);
}

class BarePeer {
 public:
  /** Forks: before there are threads. */
  BarePeer() {
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    socket_.reset(fds[0]);
    UniqueFd theirs(fds[1]);
    pid_ = fork();
    if (pid_ == 0) {
      socket_.reset();
      run_bare_peer(std::move(theirs));
    }
  }
  ~BarePeer() {
    g_dbus_connection_close_sync(connection_, nullptr, nullptr);
    g_object_unref(connection_);
    waitpid(pid_, nullptr, 0);
  }
  void connect() {
    Result<ObjectPtr<GIOStream>> stream = ipc::make_stream(std::move(socket_));
    const CharPtr guid(g_dbus_generate_guid());
    connection_ = g_dbus_connection_new_sync(stream->get(), guid.get(),
                                             G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER,
                                             ipc::user_observer(getuid()).get(), nullptr, nullptr);
    g_assert_nonnull(connection_);
  }
  /* As a program would that keeps its bytes in C++ and not in a GVariant. */
  void echo(const std::vector<uint8_t>& bytes) {
    const VariantPtr reply(g_dbus_connection_call_sync(
        connection_, nullptr, kBarePath, kBareInterface, "Echo",
        g_variant_new(
            "(@ay)", g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes.data(), bytes.size(), 1)),
        G_VARIANT_TYPE("(ay)"), G_DBUS_CALL_FLAGS_NONE, -1, nullptr, nullptr));
    const VariantPtr array(g_variant_get_child_value(reply.get(), 0));
    size_t size = 0;
    const auto* data =
        static_cast<const uint8_t*>(g_variant_get_fixed_array(array.get(), &size, 1));
    const std::vector<uint8_t> back(data, data + size);
    g_assert_cmpuint(back.size(), ==, bytes.size());
  }
  void echo_fd(int fd) {
    const auto fds = ObjectPtr<GUnixFDList>::adopt(g_unix_fd_list_new());
    const int handle = g_unix_fd_list_append(fds.get(), fd, nullptr);
    GVariantBuilder builder;
    g_variant_builder_init(&builder, G_VARIANT_TYPE("ah"));
    g_variant_builder_add(&builder, "h", handle);
    GUnixFDList* out = nullptr;
    const VariantPtr reply(g_dbus_connection_call_with_unix_fd_list_sync(
        connection_, nullptr, kBarePath, kBareInterface, "EchoFd", g_variant_new("(ah)", &builder),
        G_VARIANT_TYPE("(ah)"), G_DBUS_CALL_FLAGS_NONE, -1, fds.get(), &out, nullptr, nullptr));
    const UniqueFd back(g_unix_fd_list_get(out, 0, nullptr));
    g_assert_true(back.valid());
    g_object_unref(out);
  }

 private:
  UniqueFd socket_;
  pid_t pid_ = 0;
  GDBusConnection* connection_ = nullptr;
};

void bench_sync_calls(BarePeer& bare, Peer& thread, Peer& worker) {
  for (const size_t size : {size_t{64}, size_t{4096}, size_t{65536}}) {
    const std::vector<uint8_t> bytes(size, 7);
    const std::vector<double> us = medians(
        3000, {[&] { ASSERT_OK(thread.ipa->echo_bytes(bytes)); },
               [&] { ASSERT_OK(worker.ipa->echo_bytes(bytes)); }, [&] { bare.echo(bytes); }});
    std::printf(
        "{\"benchmark\": \"ipc-sync-call\", \"bytes\": %zu, \"thread_us\": %.1f, "
        "\"worker_us\": %.1f, \"bare_gdbus_us\": %.1f, \"worker_to_bare\": %.2f}\n",
        size, us[0], us[1], us[2], us[1] / us[2]);
  }
  std::vector<UniqueFd> fds;
  fds.push_back(make_file("x"));
  const std::vector<double> us = medians(
      3000, {[&] { ASSERT_OK(thread.ipa->echo_fds(fds)); },
             [&] { ASSERT_OK(worker.ipa->echo_fds(fds)); }, [&] { bare.echo_fd(fds[0].get()); }});
  std::printf(
      "{\"benchmark\": \"ipc-sync-call\", \"fds\": 1, \"thread_us\": %.1f, "
      "\"worker_us\": %.1f, \"bare_gdbus_us\": %.1f, \"worker_to_bare\": %.2f}\n",
      us[0], us[1], us[2], us[1] / us[2]);
}

double async_round_us(Peer& peer, int rounds) {
  return medians(rounds, {[&] {
                   const size_t before = peer.events.numbers.size();
                   ASSERT_OK(peer.ipa->count(1, 1));
                   while (peer.events.numbers.size() == before)
                     g_main_context_iteration(nullptr, TRUE);
                 }})[0];
}

void bench_async_calls(Peer& thread, Peer& worker, const char* cpus) {
  for (Peer* peer : {&thread, &worker})
    peer->events.numbers.reserve(100000), peer->events.threads.reserve(100000);
  std::printf(
      "{\"benchmark\": \"ipc-async-call-and-event\", \"cpus\": \"%s\", "
      "\"thread_us\": %.1f, \"worker_us\": %.1f}\n",
      cpus, async_round_us(thread, 20000), async_round_us(worker, 5000));
}

/* Every layer left out. */
SandboxOptions no_sandbox() {
  SandboxOptions sandbox;
  sandbox.policy = SandboxPolicy::Prefer;
  sandbox.leave_out = {"bubblewrap", "no-capabilities", "no-new-privs",
                       "rlimits",    "landlock",        "seccomp"};
  return sandbox;
}

void count_once(Peer& peer) {
  const size_t before = peer.events.numbers.size();
  ASSERT_OK(peer.ipa->count(1, 1));
  while (peer.events.numbers.size() == before)
    g_main_context_iteration(nullptr, TRUE);
}

void bench_sandbox() {
  Peer sandboxed(IpaIsolation::Worker);
  Peer bare(IpaIsolation::Worker);
  bare.options.sandbox = no_sandbox();
  sandboxed.make_and_start();
  bare.make_and_start();
  for (const size_t size : {size_t{64}, size_t{4096}}) {
    const std::vector<uint8_t> bytes(size, 7);
    const std::vector<double> us =
        medians(3000, {[&] { ASSERT_OK(sandboxed.ipa->echo_bytes(bytes)); },
                       [&] { ASSERT_OK(bare.ipa->echo_bytes(bytes)); }});
    std::printf(
        "{\"benchmark\": \"ipc-sandbox-cost\", \"call\": \"sync\", \"bytes\": %zu, "
        "\"sandboxed_us\": %.1f, \"bare_us\": %.1f, \"ratio\": %.3f}\n",
        size, us[0], us[1], us[0] / us[1]);
  }
  for (Peer* peer : {&sandboxed, &bare})
    peer->events.numbers.reserve(10000), peer->events.threads.reserve(10000);
  const std::vector<double> us =
      medians(3000, {[&] { count_once(sandboxed); }, [&] { count_once(bare); }});
  std::printf(
      "{\"benchmark\": \"ipc-sandbox-cost\", \"call\": \"async-and-event\", "
      "\"sandboxed_us\": %.1f, \"bare_us\": %.1f, \"ratio\": %.3f}\n",
      us[0], us[1], us[0] / us[1]);
  const auto start = [](const SandboxOptions& sandbox) {
    Peer peer(IpaIsolation::Worker);
    peer.options.sandbox = sandbox;
    ASSERT_OK(peer.make());
  };
  const std::vector<double> starts =
      medians(20, {[&] { start({}); }, [&] { start(no_sandbox()); }});
  std::printf(
      "{\"benchmark\": \"ipc-sandbox-cost\", \"call\": \"start-and-end\", "
      "\"sandboxed_ms\": %.2f, \"bare_ms\": %.2f, \"ratio\": %.3f}\n",
      starts[0] / 1e3, starts[1] / 1e3, starts[0] / starts[1]);
}

void bench_start() {
  std::vector<double> start;
  std::vector<double> end;
  for (int i = 0; i < 30; i++) {
    Peer peer(IpaIsolation::Worker);
    double begin = now_us();
    ASSERT_OK(peer.make());
    start.push_back(now_us() - begin);
    begin = now_us();
    peer.ipa.reset();
    end.push_back(now_us() - begin);
  }
  std::printf("{\"benchmark\": \"ipc-worker-start\", \"start_ms\": %.2f, \"end_ms\": %.2f}\n",
              median(start) / 1e3, median(end) / 1e3);
}

/* Nanoseconds on a processor of all threads of a process. */
double cpu_ns(int pid) {
  double total = 0;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  const HandlePtr<GDir, g_dir_close> dir(g_dir_open(folder.c_str(), 0, nullptr));
  while (const char* name = g_dir_read_name(dir.get())) {
    double ns = 0;
    std::ifstream(folder + "/" + name + "/schedstat") >> ns;
    total += ns;
  }
  return total;
}

long rss_kib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:"))
      return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return -1;
}

void bench_idle(Peer& worker) {
  const int pid = worker.ipa->pid();
  const double begin = cpu_ns(pid);
  const double begin_us = now_us();
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  g_timeout_add(
      1000,
      [](gpointer data) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(data));
        return G_SOURCE_REMOVE;
      },
      loop);
  g_main_loop_run(loop);
  g_main_loop_unref(loop);
  const double used = (cpu_ns(pid) - begin) / 1e3 / (now_us() - begin_us) * 100;
  std::printf("{\"benchmark\": \"ipc-worker-idle\", \"rss_mib\": %.1f, \"cpu_percent\": %.4f}\n",
              static_cast<double>(rss_kib(pid)) / 1024, used);
}

void use_one_cpu() {
  cpu_set_t set;
  sched_getaffinity(0, sizeof(set), &set);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &set))
    cpu++;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

}  // namespace

int main(int argc, char** argv) {
  BarePeer bare;
  gst_init(&argc, &argv);
  bare.connect();
  bench_start();
  bench_sandbox();
  {
    Peer thread(IpaIsolation::Thread);
    Peer worker(IpaIsolation::Worker);
    thread.make_and_start();
    worker.make_and_start();
    bench_idle(worker);
    bench_sync_calls(bare, thread, worker);
    bench_async_calls(thread, worker, "all");
  }
  /* Threads and workers that are made from here on have the one processor, too. */
  use_one_cpu();
  Peer thread(IpaIsolation::Thread);
  Peer worker(IpaIsolation::Worker);
  thread.make_and_start();
  worker.make_and_start();
  bench_async_calls(thread, worker, "one");
  return 0;
}
