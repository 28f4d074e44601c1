/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/sandbox/launch.h"

#include <gst/gst.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "ipc/sandbox/bubblewrap.h"

GST_DEBUG_CATEGORY_STATIC(sandbox_debug);
#define GST_CAT_DEFAULT sandbox_debug

namespace gstcam::ipc {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/* Numbers of the descriptors in the worker. */
constexpr int kWorkerSocket = 3;
constexpr int kWorkerModule = 4;
constexpr int kWorkerReport = 5;
/* Of its exit statuses (ipc/worker/main.cpp). */
constexpr int kExitModule = 3;
constexpr int kExitSandbox = 6;

/* How long a worker whose stream ended has to end by itself, so that we learn how. */
constexpr auto kLastBreath = 200ms;
/* How long the end of one that was killed, or could not be made, may take on a busy machine. */
constexpr auto kEnd = 2000ms;

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Pair> make_pair(int type) {
  std::array<int, 2> fds{};
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds.data()) < 0)
    return Error::from_errno(errno, "cannot make a socket for the IPA worker");
  return Pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/* The line a worker program ends with when it cannot go on; empty where there is none. */
std::string line_after(const std::string& tail, std::string_view prefix) {
  const size_t begin = tail.rfind(prefix);
  if (begin == std::string::npos || (begin > 0 && tail[begin - 1] != '\n'))
    return {};
  const size_t text = begin + prefix.size();
  return tail.substr(text, tail.find('\n', text) - text);
}

struct Report {
  int pid = 0;
  std::string layers;   // separated by commas
  std::string missing;  // a line each
};

/* The one message of the worker: its layers in the first line, what is missing in the others. */
Result<Report> read_report(int fd, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    pollfd item{fd, POLLIN, 0};
    const int ready = poll(&item, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready < 0)
      return Error::from_errno(errno, "cannot wait for the IPA worker");
    if (ready == 0)
      return Error(Error::Code::Timeout, "it did not start in time");
    break;
  }
  std::array<char, 8192> text{};
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
  if (got < 0)
    return Error::from_errno(errno, "cannot hear of the IPA worker");
  const cmsghdr* message = CMSG_FIRSTHDR(&header);
  if (got == 0 || !message || message->cmsg_type != SCM_CREDENTIALS)
    return Error(Error::Code::Lost, "it ended before it was locked");
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(message), sizeof(sender));
  const std::string all(text.data(), static_cast<size_t>(got));
  const size_t line = std::min(all.find('\n'), all.size());
  return Report{sender.pid, all.substr(0, line), line < all.size() ? all.substr(line + 1) : ""};
}

/* Harmless wherever it comes from: log mode allows nothing more. */
bool wants_log_mode() {
  const char* text = g_getenv("GST_CAMERA_IPA_SANDBOX_LOG");
  return text && std::strcmp(text, "1") == 0;
}

std::vector<std::string> worker_arguments(const SandboxLaunch& launch, bool in_bubblewrap) {
  std::vector<std::string> arguments = {
      "--fd",        std::to_string(kWorkerSocket),
      "--module",    launch.module->path,
      "--interface", launch.interface->name,
      "--hash",      launch.interface->hash,
      "--sandbox",   launch.sandbox.policy == SandboxPolicy::Require ? "require" : "prefer",
      "--report-fd", std::to_string(kWorkerReport),
  };
  if (in_bubblewrap)
    arguments.insert(arguments.end(), {"--module-file", kSandboxModule});
  else
    arguments.insert(arguments.end(), {"--module-fd", std::to_string(kWorkerModule)});
  if (launch.sandbox.log_mode || wants_log_mode())
    arguments.emplace_back("--sandbox-log");
  for (const std::string& layer : launch.sandbox.leave_out) {
    if (layer != "bubblewrap")
      arguments.insert(arguments.end(), {"--sandbox-leave-out", layer});
  }
  return arguments;
}

/* One attempt; `bubblewrap` is empty where it is done without. */
struct Attempt {
  std::unique_ptr<WorkerProcess> process;
  Result<SandboxedWorker> worker;
};

Attempt attempt(const SandboxLaunch& launch, const std::string& bubblewrap) {
  const auto fail = [](Error error) { return Attempt{nullptr, std::move(error)}; };
  const Clock::time_point end = Clock::now() + launch.deadline;
  if (Result<void> checked = WorkerProcess::check_program(launch.program); !checked)
    return fail(checked.error());
  Result<Pair> connection = make_pair(SOCK_STREAM);
  if (!connection)
    return fail(connection.error());
  Result<Pair> report = make_pair(SOCK_SEQPACKET);
  if (!report)
    return fail(report.error());
  const int on = 1;
  if (setsockopt(report->ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
    return fail(Error::from_errno(errno, "cannot make a socket for the IPA worker"));
  /* A description of its own: bubblewrap reads from its position. */
  const std::string path = "/proc/self/fd/" + std::to_string(launch.module->fd.get());
  UniqueFd module(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!module.valid())
    return fail(Error::from_errno(errno, "cannot pass the IPA module on"));

  WorkerProcess::Options options;
  options.program = launch.program;
  options.arguments = worker_arguments(launch, !bubblewrap.empty());
  if (!bubblewrap.empty()) {
    Result<std::vector<std::string>> arguments =
        bubblewrap_arguments(launch.program, module.get(), kWorkerModule);
    if (!arguments)
      return fail(arguments.error());
    options.program = bubblewrap;
    options.bubblewrap = true;
    options.arguments.insert(options.arguments.begin(), arguments->begin(), arguments->end());
  }
  options.fds.emplace_back(std::move(connection->theirs), kWorkerSocket);
  options.fds.emplace_back(std::move(module), kWorkerModule);
  options.fds.emplace_back(std::move(report->theirs), kWorkerReport);
  Result<std::unique_ptr<WorkerProcess>> process = WorkerProcess::start(std::move(options));
  if (!process)
    return fail(process.error());

  const Result<Report> locked = read_report(report->ours.get(), end);
  if (!locked)
    return Attempt{std::move(*process), locked.error()};
  (*process)->set_worker(locked->pid);
  SandboxedWorker worker;
  worker.socket = std::move(connection->ours);
  worker.isolation_level = (bubblewrap.empty() ? "" : "bubblewrap,namespaces,") + locked->layers;
  worker.warning = locked->missing;
  worker.process = std::move(*process);
  return Attempt{nullptr, std::move(worker)};
}

/* What bubblewrap itself could not do; empty where it got as far as the worker. */
std::string bubblewrap_complaint(WorkerProcess& process, const Error& why) {
  /* Its end of the socket that tells of the worker is closed: so it ends, or the worker does. */
  return process.wait(why.code == Error::Code::Lost ? kEnd : kLastBreath)
             ? line_after(process.tail(), "bwrap: ")
             : "";
}

Error no_bubblewrap(const std::string& complaint) {
  return Error(Error::Code::Unsupported,
               "the sandbox cannot be made: bubblewrap says: " + complaint,
               "allow user namespaces (sysctl user.max_user_namespaces, "
               "kernel.unprivileged_userns_clone=1, in a container its seccomp profile), or set "
               "ipa-sandbox=prefer to run without them");
}

}  // namespace

Error launch_failure(const SandboxLaunch& launch, WorkerProcess& process, const Error& why) {
  const bool ended = why.code != Error::Code::Timeout && process.wait(kLastBreath);
  /* To one that is ending this does nothing; then its end is what it made of it. */
  if (!ended && why.code != Error::Code::Timeout) {
    process.kill();
    (void)process.wait(kEnd);
  }
  const std::string tail = process.tail();
  const std::string complaint = ended ? line_after(tail, "gst-camera-ipa-worker: error: ") : "";
  if (!complaint.empty()) {
    const int status = process.exit_status();
    const Error::Code code = status == kExitModule    ? Error::Code::Invalid
                             : status == kExitSandbox ? Error::Code::Unsupported
                                                      : Error::Code::Failed;
    return Error(code, "the IPA worker did not start: " + complaint);
  }
  std::string text =
      "the IPA worker (pid " + std::to_string(process.pid()) + ") " + process.how_it_ended();
  if (!tail.empty())
    text += "; its last output:\n" + tail;
  return Error(why.code,
               "IPA worker program '" + launch.program +
                   "' did not start: " + (ended ? std::string() : why.message + ": ") + text,
               "check GST_CAMERA_IPA_WORKER and the module '" + launch.module->path + "'");
}

Result<SandboxedWorker> launch_worker(const SandboxLaunch& launch) {
  static std::once_flag once;
  std::call_once(once, [] {
    GST_DEBUG_CATEGORY_INIT(sandbox_debug, "camera-ipa-sandbox", 0, "Sandbox of IPA workers");
  });
  const bool require = launch.sandbox.policy == SandboxPolicy::Require;
  const auto& out = launch.sandbox.leave_out;
  Result<std::string> bubblewrap = find_bubblewrap(launch.sandbox);
  if (std::find(out.begin(), out.end(), "bubblewrap") != out.end())
    bubblewrap =
        Error(Error::Code::Unsupported, "the sandbox needs bubblewrap, left out on request",
              "set ipa-sandbox=prefer to run without it");
  if (!bubblewrap && require)
    return bubblewrap.error();
  std::string missing;
  if (!bubblewrap)
    missing = "bubblewrap: " + bubblewrap.error().message + "; " + bubblewrap.error().hint;

  Attempt first = attempt(launch, bubblewrap ? *bubblewrap : "");
  if (first.process && bubblewrap) {
    const std::string complaint = bubblewrap_complaint(*first.process, first.worker.error());
    if (!complaint.empty()) {
      const Error why = no_bubblewrap(complaint);
      if (require)
        return why;
      missing = "bubblewrap: " + why.message + "; " + why.hint;
      first = attempt(launch, "");
    }
  }
  if (first.process)
    return launch_failure(launch, *first.process, first.worker.error());
  if (!first.worker)
    return std::move(first.worker).error();
  SandboxedWorker worker = std::move(*first.worker);
  if (!missing.empty())
    worker.warning = missing + (worker.warning.empty() ? "" : "\n" + worker.warning);
  GST_INFO("worker %d: isolation level %s", worker.process->pid(), worker.isolation_level.c_str());
  if (!worker.warning.empty())
    GST_WARNING("worker %d runs without all of its sandbox: %s", worker.process->pid(),
                worker.warning.c_str());
  return worker;
}

}  // namespace gstcam::ipc
