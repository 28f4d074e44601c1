/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/lockdown.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/sanitizers.h"
#include "ipc/worker/landlock.h"
#include "ipc/worker/seccomp-table.h"

namespace gstcam::ipc {

namespace {

constexpr rlim_t kMiB = 1024UL * 1024UL;

struct Limit {
  __rlimit_resource resource;
  rlim_t value;
  const char* why;
};
constexpr Limit kLimits[] = {
    {RLIMIT_CORE, 0, "a core holds frames of the camera"},
#ifndef GST_CAMERA_SANITIZER_BUILD
    {RLIMIT_AS, sizeof(void*) == 8 ? 4096 * kMiB : 2048 * kMiB,
     "mapped buffers, and the address space that malloc reserves for each thread"},
    {RLIMIT_DATA, 512 * kMiB, "memory of its own: the bound of a memory bomb"},
#endif
    {RLIMIT_STACK, 8 * kMiB, "the usual; may have been unlimited"},
    {RLIMIT_NOFILE, 512, "64 a message, some messages waiting, mapped buffers"},
    {RLIMIT_FSIZE, 256 * kMiB, "there is no file to write; what growth of a memfd is left"},
    {RLIMIT_MEMLOCK, 0, "no page is pinned"},
    {RLIMIT_MSGQUEUE, 0, "no message queues"},
    {RLIMIT_SIGPENDING, 256, "timers and signals of its own"},
    {RLIMIT_RTPRIO, 0, "a loop at real-time priority would take the machine"},
    {RLIMIT_NICE, 0, "nor may it be nicer to itself than to others"},
};
/* Threads, in its own user namespace. (CPU time has no limit: a camera may run for months. A worker
 * that only burns it misses its deadlines.) */
constexpr rlim_t kProcesses = 64;

Result<void> limit(__rlimit_resource resource, rlim_t value) {
  struct rlimit limits {};
  if (getrlimit(resource, &limits) < 0)
    return Error::from_errno(errno, "cannot read a resource limit");
  limits.rlim_max = std::min(limits.rlim_max, value);
  limits.rlim_cur = std::min(limits.rlim_cur, limits.rlim_max);
  if (setrlimit(resource, &limits) < 0)
    return Error::from_errno(errno, "cannot set resource limit " + std::to_string(resource));
  return {};
}

/* For a user namespace of our own. Elsewhere all of the user's processes count, and what others of
 * his start later would keep us from making a thread: there seccomp alone keeps it from making
 * processes. Before Linux 5.14 they count in a namespace too: a trial tells. */
Result<void> limit_processes() {
  struct rlimit old {};
  if (getrlimit(RLIMIT_NPROC, &old) < 0)
    return Error::from_errno(errno, "cannot read a resource limit");
  struct rlimit trial = old;
  trial.rlim_cur = std::min(old.rlim_max, kProcesses);
  if (setrlimit(RLIMIT_NPROC, &trial) < 0)
    return Error::from_errno(errno, "cannot set the limit of processes");
  pthread_t thread{};
  const int failed = pthread_create(
      &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
  if (failed == 0) {
    pthread_join(thread, nullptr);
    return limit(RLIMIT_NPROC, kProcesses);
  }
  if (setrlimit(RLIMIT_NPROC, &old) < 0)
    return Error::from_errno(errno, "cannot set the limit of processes");
  return {};
}

Result<void> limit_resources(const LockdownOptions& options) {
  for (const Limit& entry : kLimits) {
    if (Result<void> limited = limit(entry.resource, entry.value); !limited)
      return limited;
  }
  return options.own_users ? limit_processes() : Result<void>();
}

Result<void> drop_capabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++) {
    /* EPERM: we have none, so this process can get none by an exec either (no_new_privs). */
    if (prctl(PR_CAPBSET_DROP, capability) < 0 && errno != EPERM)
      return Error::from_errno(errno, "cannot drop a capability");
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
    return Error::from_errno(errno, "cannot drop ambient capabilities");
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  std::array<__user_cap_data_struct, 2> none{};
  if (syscall(SYS_capset, &header, none.data()) < 0)
    return Error::from_errno(errno, "cannot drop capabilities");
  return {};
}

Result<void> forbid_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return Error::from_errno(errno, "cannot set no_new_privs");
  return {};
}

/* Where a module's libraries are: in the sandbox, and without it. */
std::vector<std::string> readable_folders() {
  std::vector<std::string> folders = {"/lib",       "/lib64",         "/usr/lib",
                                      "/usr/lib64", "/usr/local/lib", "/module.so"};
  if (const char* list = std::getenv("LD_LIBRARY_PATH")) {
    const std::string text(list);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(':', begin), text.size());
      if (text[begin] == '/' && end > begin + 1)
        folders.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
#ifdef GST_CAMERA_SANITIZER_BUILD
  folders.emplace_back("/proc");
#endif
  return folders;
}

class Locker {
 public:
  explicit Locker(const LockdownOptions& options) : options_(options) {}

  template <typename Apply>
  void layer(const std::string& name, Apply&& apply) {
    if (failed_)
      return;
    const auto& out = options_.leave_out;
    if (std::find(out.begin(), out.end(), name) != out.end()) {
      fail(name, Error(Error::Code::Unsupported, "left out on request"));
      return;
    }
    Result<std::string> held = apply();
    if (held)
      report_.layers.push_back(*held);
    else
      fail(name, held.error());
  }
  Result<LockdownReport> finish() {
    if (failed_)
      return *failed_;
    return std::move(report_);
  }

 private:
  void fail(const std::string& name, const Error& why) {
    if (options_.policy == SandboxPolicy::Require) {
      failed_ = Error(why.code, "layer '" + name + "' of the sandbox: " + why.message,
                      why.hint + (why.hint.empty() ? "" : ", or ") +
                          "set ipa-sandbox=prefer to run without it");
      return;
    }
    report_.missing.push_back(name + ": " + why.message +
                              (why.hint.empty() ? "" : "; " + why.hint));
  }

  const LockdownOptions& options_;
  LockdownReport report_;
  std::optional<Error> failed_;
};

Result<std::string> named(const Result<void>& applied, const char* name) {
  if (!applied)
    return applied.error();
  return std::string(name);
}

}  // namespace

Result<LockdownReport> lock_worker(const LockdownOptions& options) {
  Locker locker(options);
  locker.layer("no-capabilities", [] { return named(drop_capabilities(), "no-capabilities"); });
  locker.layer("no-new-privs", [] { return named(forbid_new_privileges(), "no-new-privs"); });
  locker.layer("rlimits", [&] { return named(limit_resources(options), "rlimits"); });
  locker.layer("landlock", [&]() -> Result<std::string> {
    const Result<int> abi = apply_landlock(readable_folders(), options.module_fd);
    if (!abi)
      return abi.error();
    return "landlock-abi-" + std::to_string(*abi);
  });
  locker.layer("seccomp", [&] {
    return named(apply_seccomp(SeccompStage::Load, options.log_mode),
                 options.log_mode ? "seccomp-log" : "seccomp");
  });
  Result<LockdownReport> report = locker.finish();
#ifdef GST_CAMERA_SANITIZER_BUILD
  if (report)
    report->layers.emplace_back("sanitizer-build");
#endif
  return report;
}

Result<void> tighten_worker(const LockdownOptions& options) {
  const auto& out = options.leave_out;
  if (std::find(out.begin(), out.end(), "seccomp") != out.end())
    return {};
  Result<void> applied = apply_seccomp(SeccompStage::Run, options.log_mode);
  if (!applied && options.policy == SandboxPolicy::Prefer)
    return {};  // lock_worker() has named it
  return applied;
}

}  // namespace gstcam::ipc
