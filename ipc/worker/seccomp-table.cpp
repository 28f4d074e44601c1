/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/seccomp-table.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/glib-ptr.h"
#include "base/sanitizers.h"

namespace gstcam::ipc {

namespace {

/* When a row holds. */
enum class At : uint8_t { Both, Load, Run };

struct Row {
  int call;
  const char* name;
  int error;  // 0: allowed
  const char* why;
  At at = At::Both;
  std::vector<scmp_arg_cmp> conditions = {};
};

#define CALL(name) SCMP_SYS(name), #name

/* An argument whose bits `mask` are `bits`. */
scmp_arg_cmp bits(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp is(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp is_not(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_NE, value, 0};
}

constexpr uint64_t kThread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
constexpr uint64_t kNotThread = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_VFORK |
                                CLONE_PTRACE;
constexpr int kSetVma = 0x53564d41;  // PR_SET_VMA of newer headers

/* Rows of one call must not overlap: which of two is taken is not defined. */
std::vector<Row> table() {
  const auto pid = static_cast<uint64_t>(getpid());
  std::vector<Row> rows = {
      // clang-format off
      /* Memory. Nothing is writable and executable, and nothing becomes executable that was not
       * mapped so of a file while the module was loaded. */
      {CALL(brk), 0, "malloc"},
      {CALL(mmap), 0, "malloc, stacks, shared buffers", At::Both, {bits(2, PROT_EXEC, 0)}},
      {CALL(mmap), 0, "code of libraries, from files", At::Load,
       {bits(2, PROT_EXEC | PROT_WRITE, PROT_EXEC), bits(3, MAP_ANONYMOUS, 0)}},
      {CALL(munmap), 0, "free"},
      {CALL(mremap), 0, "realloc"},
      {CALL(mprotect), 0, "relocated data, guard pages; never code", At::Both,
       {bits(2, PROT_EXEC, 0)}},
      {CALL(madvise), 0, "malloc gives memory back"},
      {CALL(msync), 0, "shared buffers; harmless"},
      {CALL(mlock), EPERM, "pins memory"},
      {CALL(mlock2), EPERM, "pins memory"},
      {CALL(mlockall), EPERM, "pins memory"},
      {CALL(munlock), EPERM, "as mlock"},
      {CALL(memfd_create), EPERM, "memory that counts for nobody; buffers come from the host"},
      /* Descriptors it has. */
      {CALL(read), 0, "its descriptors"},
      {CALL(write), 0, "stderr, its own pipes"},
      {CALL(readv), 0, "as read"},
      {CALL(writev), 0, "as write"},
      {CALL(pread64), 0, "tuning files, libraries"},
      {CALL(pwrite64), 0, "as write"},
      {CALL(lseek), 0, "tuning files"},
      {CALL(close), 0, "every descriptor"},
      {CALL(close_range), 0, "as close"},
      {CALL(dup), 0, "copies of descriptors"},
      {CALL(dup2), 0, "copies of descriptors"},
      {CALL(dup3), 0, "copies of descriptors"},
      {CALL(fcntl), 0, "flags", At::Both, {is(1, F_GETFD)}},
      {CALL(fcntl), 0, "flags", At::Both, {is(1, F_SETFD)}},
      {CALL(fcntl), 0, "flags", At::Both, {is(1, F_GETFL)}},
      {CALL(fcntl), 0, "O_NONBLOCK", At::Both, {is(1, F_SETFL)}},
      {CALL(fcntl), 0, "copies of descriptors", At::Both, {is(1, F_DUPFD)}},
      {CALL(fcntl), 0, "copies of descriptors", At::Both, {is(1, F_DUPFD_CLOEXEC)}},
      {CALL(fcntl), 0, "checks of shared memory", At::Both, {is(1, F_GET_SEALS)}},
      {CALL(fcntl), 0, "seals of shared memory", At::Both, {is(1, F_ADD_SEALS)}},
      {CALL(fstat), 0, "sizes of what it was given"},
      {CALL(newfstatat), 0, "fstat in the C library", At::Both,
       {bits(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}},
      {CALL(newfstatat), ENOENT, "a path", At::Both, {bits(3, AT_EMPTY_PATH, 0)}},
      {CALL(fstat64), 0, "fstat on 32 bit"},
      {CALL(ftruncate), 0, "memory of its own; what we share is sealed"},
      {CALL(ioctl), ENOTTY, "isatty() of the C library; no device has a right to be here"},
      {CALL(fsync), 0, "harmless"},
      {CALL(fadvise64), 0, "harmless"},
      {CALL(flock), EPERM, "files"},
      {CALL(pipe2), 0, "pipes between its threads"},
      {CALL(pipe), 0, "pipes between its threads"},
      {CALL(eventfd2), 0, "wake-ups of GLib"},
      {CALL(poll), 0, "main loops"},
      {CALL(ppoll), 0, "main loops"},
      {CALL(select), 0, "waiting of older code"},
      {CALL(pselect6), 0, "waiting of older code"},
      {CALL(epoll_create1), 0, "main loops of others"},
      {CALL(epoll_ctl), 0, "main loops of others"},
      {CALL(epoll_wait), 0, "main loops of others"},
      {CALL(epoll_pwait), 0, "main loops of others"},
      {CALL(timerfd_create), 0, "timers of others"},
      {CALL(timerfd_settime), 0, "timers of others"},
      {CALL(timerfd_gettime), 0, "timers of others"},
      /* The one socket. */
      {CALL(recvmsg), 0, "calls from the host"},
      {CALL(sendmsg), 0, "answers and events"},
      {CALL(recvfrom), 0, "recv()"},
      {CALL(sendto), 0, "send()", At::Both, {is(4, 0)}},
      {CALL(sendto), EACCES, "another address", At::Both, {is_not(4, 0)}},
      {CALL(shutdown), 0, "hanging up"},
      {CALL(getsockopt), 0, "GSocket"},
      {CALL(setsockopt), 0, "who the peer is", At::Both, {is(2, SO_PASSCRED)}},
      {CALL(setsockopt), EACCES, "other options, packet filters among them", At::Both,
       {is_not(2, SO_PASSCRED)}},
      {CALL(getsockname), 0, "GSocket"},
      {CALL(getpeername), 0, "GSocket"},
      {CALL(socket), EACCES, "sockets"},
      {CALL(socketpair), EACCES, "sockets"},
      {CALL(connect), EACCES, "sockets"},
      {CALL(bind), EACCES, "sockets"},
      {CALL(listen), EACCES, "sockets"},
      {CALL(accept), EACCES, "sockets"},
      {CALL(accept4), EACCES, "sockets"},
      {CALL(sendmmsg), EACCES, "sockets"},
      {CALL(recvmmsg), EACCES, "sockets"},
      {CALL(socketcall), EACCES, "sockets of 32 bit"},
      /* Paths: as if there were nothing. */
      {CALL(openat), 0, "libraries", At::Load, {bits(2, O_ACCMODE | O_CREAT, O_RDONLY)}},
      {CALL(openat), EACCES, "writing", At::Load, {bits(2, O_ACCMODE | O_CREAT, O_CREAT)}},
      {CALL(openat), EACCES, "writing", At::Load, {bits(2, O_ACCMODE, O_WRONLY)}},
      {CALL(openat), EACCES, "writing", At::Load, {bits(2, O_ACCMODE, O_RDWR)}},
      {CALL(openat), EACCES, "writing", At::Load, {bits(2, O_ACCMODE, O_ACCMODE)}},
      {CALL(openat), EACCES, "paths", At::Run},
      {CALL(openat2), ENOSYS, "paths; the C library falls back"},
      {CALL(getdents64), 0, "of an open folder; none can be opened later", At::Load},
      {CALL(getdents64), EACCES, "paths", At::Run},
      // clang-format on
  };
  const struct {
    int call;
    const char* name;
    int error;
  } paths[] = {
      {CALL(open), EACCES},       {CALL(creat), EACCES},         {CALL(stat), ENOENT},
      {CALL(lstat), ENOENT},      {CALL(statx), ENOENT},         {CALL(access), ENOENT},
      {CALL(faccessat), ENOENT},  {CALL(faccessat2), ENOENT},    {CALL(readlink), ENOENT},
      {CALL(readlinkat), ENOENT}, {CALL(getcwd), ENOENT},        {CALL(chdir), EACCES},
      {CALL(fchdir), EACCES},     {CALL(statfs), ENOENT},        {CALL(fstatfs), EACCES},
      {CALL(mkdir), EACCES},      {CALL(mkdirat), EACCES},       {CALL(mknod), EACCES},
      {CALL(mknodat), EACCES},    {CALL(rmdir), EACCES},         {CALL(unlink), EACCES},
      {CALL(unlinkat), EACCES},   {CALL(rename), EACCES},        {CALL(renameat), EACCES},
      {CALL(renameat2), EACCES},  {CALL(link), EACCES},          {CALL(linkat), EACCES},
      {CALL(symlink), EACCES},    {CALL(symlinkat), EACCES},     {CALL(truncate), EACCES},
      {CALL(chmod), EACCES},      {CALL(fchmodat), EACCES},      {CALL(fchmod), EACCES},
      {CALL(chown), EACCES},      {CALL(fchownat), EACCES},      {CALL(fchown), EACCES},
      {CALL(utimensat), EACCES},  {CALL(inotify_init1), EACCES}, {CALL(inotify_add_watch), EACCES},
      {CALL(getxattr), EACCES},   {CALL(setxattr), EACCES},      {CALL(listxattr), EACCES},
      {CALL(umask), EPERM},       {CALL(fallocate), EACCES},
  };
  for (const auto& path : paths)
    rows.push_back({path.call, path.name, path.error, "paths"});
  const Row more[] = {
      // clang-format off
      /* Threads. No other process can be made. */
      {CALL(clone), 0, "threads", At::Both, {bits(0, kThread | kNotThread, kThread)}},
      {CALL(clone3), ENOSYS, "its flags cannot be seen by a filter; the C library falls back"},
      {CALL(futex), 0, "locks"},
      {CALL(futex_waitv), ENOSYS, "of other systems' games"},
      {CALL(set_robust_list), 0, "start of a thread"},
      {CALL(set_tid_address), 0, "start of a thread"},
      {CALL(rseq), 0, "start of a thread"},
      {CALL(membarrier), 0, "of some libraries' locks"},
      {CALL(exit), 0, "end of a thread"},
      {CALL(exit_group), 0, "end of the process"},
      {CALL(gettid), 0, "threads"},
      {CALL(getpid), 0, "abort(), credentials"},
      {CALL(getppid), 0, "harmless"},
      {CALL(sched_yield), 0, "spinning"},
      {CALL(sched_getaffinity), 0, "how many processors"},
      {CALL(sched_getparam), 0, "start of a thread"},
      {CALL(sched_getscheduler), 0, "start of a thread"},
      {CALL(sched_get_priority_max), 0, "start of a thread"},
      {CALL(sched_get_priority_min), 0, "start of a thread"},
      {CALL(sched_getattr), 0, "threads of GLib's pools"},
      {CALL(sched_setattr), EPERM, "priority"},
      {CALL(sched_setscheduler), EPERM, "priority"},
      {CALL(sched_setparam), EPERM, "priority"},
      {CALL(sched_setaffinity), EPERM, "which processors"},
      {CALL(setpriority), EPERM, "priority"},
      {CALL(getpriority), 0, "harmless"},
      {CALL(getcpu), 0, "which processor"},
      {CALL(arch_prctl), EINVAL, "is asked for features by the loader"},
      {CALL(prctl), 0, "names of threads", At::Both, {is(0, PR_SET_NAME)}},
      {CALL(prctl), 0, "names of threads", At::Both, {is(0, PR_GET_NAME)}},
      {CALL(prctl), 0, "names of memory", At::Both, {is(0, kSetVma)}},
      {CALL(prctl), 0, "harmless", At::Both, {is(0, PR_GET_DUMPABLE)}},
      {CALL(seccomp), 0, "the second filter; a filter takes rights, it gives none", At::Load},
      /* Signals to itself. */
      {CALL(rt_sigaction), 0, "handlers"},
      {CALL(rt_sigprocmask), 0, "masks"},
      {CALL(rt_sigreturn), 0, "end of a handler"},
      {CALL(rt_sigpending), 0, "harmless"},
      {CALL(rt_sigsuspend), 0, "waiting"},
      {CALL(rt_sigtimedwait), 0, "waiting"},
      {CALL(sigaltstack), 0, "handlers"},
      {CALL(pause), 0, "waiting"},
      {CALL(restart_syscall), 0, "after SIGSTOP"},
      {CALL(kill), 0, "itself", At::Both, {is(0, pid)}},
      {CALL(tgkill), 0, "abort(), raise(): itself", At::Both, {is(0, pid)}},
      /* Time and what the system is. */
      {CALL(clock_gettime), 0, "time"},
      {CALL(clock_getres), 0, "time"},
      {CALL(clock_nanosleep), 0, "time"},
      {CALL(nanosleep), 0, "time"},
      {CALL(gettimeofday), 0, "time"},
      {CALL(time), 0, "time"},
      {CALL(times), 0, "time"},
      {CALL(getrandom), 0, "hash tables"},
      {CALL(uname), 0, "the system's name"},
      {CALL(sysinfo), 0, "how much memory"},
      {CALL(getrusage), 0, "its own use"},
      {CALL(prlimit64), 0, "reading limits", At::Both, {is(0, 0), is(2, 0)}},
      {CALL(prlimit64), EPERM, "limits", At::Both, {is_not(2, 0)}},
      {CALL(getrlimit), 0, "reading limits"},
      {CALL(setrlimit), EPERM, "limits"},
      {CALL(getuid), 0, "authentication"},
      {CALL(geteuid), 0, "authentication"},
      {CALL(getgid), 0, "authentication"},
      {CALL(getegid), 0, "authentication"},
      {CALL(getresuid), 0, "is it privileged (GLib)"},
      {CALL(getresgid), 0, "is it privileged (GLib)"},
      {CALL(capget), EPERM, "it has none"},
      // clang-format on
  };
  rows.insert(rows.end(), std::begin(more), std::end(more));
#ifdef GST_CAMERA_SANITIZER_BUILD
  /* What a sanitizer itself does, and a normal build kills for. isolation-level says so. */
  std::erase_if(rows, [](const Row& row) {
    for (const char* name :
         {"clone", "readlink", "readlinkat", "openat", "open", "stat", "newfstatat", "prctl",
          "mmap", "mprotect", "getcwd", "access", "getdents64"}) {
      if (std::strcmp(row.name, name) == 0)
        return true;
    }
    return false;
  });
  const Row sanitizer[] = {
      {CALL(clone), 0, "the leak checker's process"},
      {CALL(ptrace), 0, "it stops our threads"},
      {CALL(wait4), 0, "for it"},
      {CALL(getdents), 0, "which threads there are"},
      {CALL(getdents64), 0, "the same"},
      {CALL(process_vm_readv), 0, "reads stacks"},
      {CALL(openat), 0, "/proc/self/maps"},
      {CALL(open), 0, "/proc/self/maps"},
      {CALL(readlink), 0, "/proc/self/exe"},
      {CALL(readlinkat), 0, "/proc/self/exe"},
      {CALL(stat), 0, "suppressions"},
      {CALL(newfstatat), 0, "suppressions"},
      {CALL(access), 0, "the symbolizer"},
      {CALL(getcwd), 0, "suppressions"},
      {CALL(prctl), 0, "dumpable"},
      {CALL(mmap), 0, "shadow memory"},
      {CALL(mprotect), 0, "shadow memory"},
      {CALL(personality), 0, "randomisation"},
      {CALL(socketpair), 0, "checks of pointers"},
  };
  rows.insert(rows.end(), std::begin(sanitizer), std::end(sanitizer));
#endif
  return rows;
}

/* What the handler of log mode needs: made before, because it may call hardly anything. */
constexpr int kMaxCall = 1024;
struct LogEntry {
  std::array<char, 32> name;
  std::atomic<int> error;
  std::atomic<bool> told;
};
std::array<LogEntry, kMaxCall> log_entries;

void add_text(char*& to, const char* text) {
  while (*text)
    *to++ = *text++;
}

/* Of a call that is not allowed: it fails, and the first of its kind is told. */
void on_refused(int, siginfo_t* info, void* data) {
  const int number = info->si_syscall;
  int error = EPERM;
  if (number >= 0 && number < kMaxCall) {
    LogEntry& entry = log_entries[static_cast<size_t>(number)];
    const int known = entry.error.load(std::memory_order_relaxed);
    if (known)
      error = known;
    if (!entry.told.exchange(true)) {
      std::array<char, 160> line{};
      char* at = line.data();
      add_text(at, "gst-camera-ipa-worker: sandbox: ");
      add_text(at, entry.name.data());
      add_text(at, known ? "() was refused with an error, as it would be without log mode\n"
                         : "() is not in the table: without log mode it would be killed for it\n");
      /* An error leaves nothing to do: the line is lost. */
      const ssize_t written =
          write(STDERR_FILENO, line.data(), static_cast<size_t>(at - line.data()));
      (void)written;
    }
  }
  auto* context = static_cast<ucontext_t*>(data);
#if defined(__x86_64__)
  context->uc_mcontext.gregs[REG_RAX] = -error;
#elif defined(__i386__)
  context->uc_mcontext.gregs[REG_EAX] = -error;
#elif defined(__aarch64__)
  context->uc_mcontext.regs[0] = static_cast<unsigned long long>(-error);
#elif defined(__arm__)
  context->uc_mcontext.arm_r0 = static_cast<unsigned long>(-error);
#elif defined(__riscv)
  context->uc_mcontext.__gregs[REG_A0] = static_cast<unsigned long>(-error);
#else
  (void)context;
  _exit(128 + SIGSYS);  // log mode ends at the first on a machine we do not know
#endif
}

Result<void> prepare_log(const std::vector<Row>& rows) {
  for (int number = 0; number < kMaxCall; number++) {
    LogEntry& entry = log_entries[static_cast<size_t>(number)];
    // It comes of malloc(), which is what g_free() is for (GLib 2.46 and later).
    const CharPtr name(seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number));
    const std::string text = name ? name.get() : "system call " + std::to_string(number);
    text.copy(entry.name.data(), entry.name.size() - 1);
  }
  for (const Row& row : rows) {
    if (row.error && row.call >= 0 && row.call < kMaxCall)
      log_entries[static_cast<size_t>(row.call)].error = row.error;
  }
  struct sigaction action {};
  action.sa_sigaction = on_refused;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (sigaction(SIGSYS, &action, nullptr) < 0)
    return Error::from_errno(errno, "cannot watch for refused system calls");
  return {};
}

Error seccomp_error(int result, const std::string& what) {
  return Error::from_errno(-result, what,
                           "use a kernel with CONFIG_SECCOMP=y and CONFIG_SECCOMP_FILTER=y");
}

}  // namespace

Result<void> apply_seccomp(SeccompStage stage, bool log_mode) {
  const std::vector<Row> rows = table();
  if (log_mode && stage == SeccompStage::Load) {
    if (Result<void> prepared = prepare_log(rows); !prepared)
      return prepared;
  }
  const HandlePtr<void, seccomp_release> filter{
      seccomp_init(log_mode ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS)};
  if (!filter)
    return Error(Error::Code::NoSpace, "cannot make a seccomp filter");
  /* Another machine's calls (32 bit, x32) have other numbers: killed. no_new_privs is a layer of
   * its own. All threads: a constructor may have made some. */
  const struct {
    scmp_filter_attr attribute;
    uint32_t value;
  } attributes[] = {
      {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
      {SCMP_FLTATR_CTL_NNP, 0},
      {SCMP_FLTATR_CTL_TSYNC, 1},
      {SCMP_FLTATR_CTL_OPTIMIZE, 2},
  };
  for (const auto& [attribute, value] : attributes) {
    if (const int set = seccomp_attr_set(filter.get(), attribute, value); set < 0)
      return seccomp_error(set, "cannot set up the seccomp filter");
  }
  const At other = stage == SeccompStage::Load ? At::Run : At::Load;
  for (const Row& row : rows) {
    if (row.at == other || row.call == __NR_SCMP_ERROR)
      continue;
    const uint32_t action =
        row.error == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(static_cast<uint32_t>(row.error));
    /* The default tells. Not of what the C library falls back from: it does so with signals
     * blocked, where a trap is the end. */
    if (log_mode && row.error != 0 && row.error != ENOSYS)
      continue;
    const int added =
        seccomp_rule_add_array(filter.get(), action, row.call,
                               static_cast<unsigned>(row.conditions.size()), row.conditions.data());
    /* EDOM: this machine has no such call. */
    if (added < 0 && added != -EDOM)
      return seccomp_error(added, std::string("cannot add ") + row.name + " to the seccomp filter");
  }
  if (const int loaded = seccomp_load(filter.get()); loaded < 0)
    return seccomp_error(loaded, "cannot apply the seccomp filter");
  return {};
}

}  // namespace gstcam::ipc
