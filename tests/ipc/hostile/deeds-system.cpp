/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attempts on the rest of the system. What succeeds is undone or harmless. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/unique-fd.h"
#include "tests/ipc/hostile/deeds.h"

namespace gstcam::hostile {

namespace {

constexpr size_t kPage = 4096;

int outcome(int64_t result) {
  return result < 0 ? errno : 0;
}

int try_open(const char* path, int flags = O_RDONLY) {
  const UniqueFd fd(::open(path, flags | O_CLOEXEC, 0600));
  return outcome(fd.get());
}

int try_folder(const char* path) {
  DIR* dir = opendir(path);
  if (!dir)
    return errno;
  int entries = 0;
  while (const dirent* entry = readdir(dir))
    entries += entry->d_name[0] != '.';
  closedir(dir);
  return entries == 0 ? ENOENT : 0;  // an empty one tells nothing
}

int try_socket(int domain, int type, int protocol = 0) {
  const UniqueFd fd(::socket(domain, type | SOCK_CLOEXEC, protocol));
  return outcome(fd.get());
}

int try_fork() {
  const pid_t child = fork();
  if (child == 0)
    _exit(0);
  if (child < 0)
    return errno;
  waitpid(child, nullptr, 0);
  return 0;
}

int try_exec() {
  char name[] = "true";
  char* argv[] = {name, nullptr};
  char* none[] = {nullptr};
  execve("/bin/true", argv, none);
  return errno;
}

int try_map(int protection, int second) {
  void* memory = mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return errno;
  const int error = second ? outcome(mprotect(memory, kPage, second)) : 0;
  munmap(memory, kPage);
  return error;
}

/* A mapping of data from a file of its own making. */
int try_map_file() {
  const UniqueFd fd(static_cast<int>(syscall(SYS_memfd_create, "code", 0U)));
  if (!fd.valid() || ftruncate(fd.get(), kPage) < 0)
    return errno;
  void* memory = mmap(nullptr, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED)
    return errno;
  munmap(memory, kPage);
  return 0;
}

int try_much_memory() {
  constexpr size_t kMuch = size_t{64} << 30U;
  void* memory = mmap(nullptr, kMuch, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return errno;
  munmap(memory, kMuch);
  return 0;
}

int try_many_fds() {
  int made = 0;
  int error = 0;
  int fds[4096];
  for (; made < 4096; made++) {
    fds[made] = dup(2);
    if (fds[made] < 0) {
      error = errno;
      break;
    }
  }
  while (made > 0)
    close(fds[--made]);
  return error;
}

int try_trace_parent() {
  if (ptrace(PTRACE_SEIZE, getppid(), nullptr, nullptr) < 0)
    return errno;
  return 0;  // the kernel lets go of it with our end
}

int try_read_parent() {
  char byte = 0;
  iovec ours{&byte, 1};
  iovec theirs{reinterpret_cast<void*>(size_t{0x400000}), 1};
  return outcome(process_vm_readv(getppid(), &ours, 1, &theirs, 1, 0));
}

int try_bpf() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 4;
  attributes.max_entries = 1;
  const UniqueFd fd(
      static_cast<int>(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes))));
  return outcome(fd.get());
}

int try_io_uring() {
  io_uring_params parameters{};
  const UniqueFd fd(static_cast<int>(syscall(SYS_io_uring_setup, 4, &parameters)));
  return outcome(fd.get());
}

int try_perf() {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  const UniqueFd fd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0)));
  return outcome(fd.get());
}

int try_fd_call(int64_t result) {
  if (result < 0)
    return errno;
  close(static_cast<int>(result));
  return 0;
}

int try_realtime() {
  sched_param parameters{};
  parameters.sched_priority = 1;
  return outcome(sched_setscheduler(0, SCHED_FIFO, &parameters));
}

int try_raise_limit() {
  const rlimit limit{1U << 20U, 1U << 20U};
  return outcome(setrlimit(RLIMIT_NOFILE, &limit));
}

struct Attempt {
  const char* name;
  int (*function)();
};

/* clang-format off: one line each */
const Attempt kAttempts[] = {
    {"open-passwd", [] { return try_open("/etc/passwd"); }},
    {"open-shadow", [] { return try_open("/etc/shadow"); }},
    {"open-ssh", [] { return try_folder("/root/.ssh"); }},
    {"open-home", [] { return try_folder("/home"); }},
    {"open-root-home", [] { return try_folder("/root"); }},
    {"open-video", [] { return try_open("/dev/video0", O_RDWR); }},
    {"open-dri", [] { return try_folder("/dev/dri"); }},
    {"open-mem", [] { return try_open("/dev/mem"); }},
    {"open-tty", [] { return try_open("/dev/tty", O_RDWR); }},
    {"open-sys", [] { return try_folder("/sys/class"); }},
    {"open-run", [] { return try_folder("/run"); }},
    {"open-parent-environment",
     [] { return try_open(("/proc/" + std::to_string(getppid()) + "/environ").c_str()); }},
    {"open-parent-memory",
     [] { return try_open(("/proc/" + std::to_string(getppid()) + "/mem").c_str(), O_RDWR); }},
    {"open-parent-fds",
     [] { return try_folder(("/proc/" + std::to_string(getppid()) + "/fd").c_str()); }},
    {"open-own-memory", [] { return try_open("/proc/self/mem", O_RDWR); }},
    {"create-file-tmp",
     [] {
       const int e = try_open("/tmp/gst-camera-hostile", O_CREAT | O_WRONLY);
       if (e == 0)
         unlink("/tmp/gst-camera-hostile");
       return e;
     }},
    {"create-file-shm",
     [] {
       const int e = try_open("/dev/shm/gst-camera-hostile", O_CREAT | O_WRONLY);
       if (e == 0)
         unlink("/dev/shm/gst-camera-hostile");
       return e;
     }},
    {"socket-inet", [] { return try_socket(AF_INET, SOCK_STREAM); }},
    {"socket-inet-udp", [] { return try_socket(AF_INET, SOCK_DGRAM); }},
    {"socket-inet6", [] { return try_socket(AF_INET6, SOCK_STREAM); }},
    {"socket-unix", [] { return try_socket(AF_UNIX, SOCK_STREAM); }},
    {"socket-netlink", [] { return try_socket(AF_NETLINK, SOCK_RAW); }},
    {"socket-packet", [] { return try_socket(AF_PACKET, SOCK_RAW); }},
    {"socket-vsock", [] { return try_socket(AF_VSOCK, SOCK_STREAM); }},
    {"fork", try_fork},
    {"exec", try_exec},
    {"ptrace-parent", try_trace_parent},
    {"kill-parent", [] { return outcome(kill(getppid(), 0)); }},
    {"kill-all", [] { return outcome(kill(-1, 0)); }},
    {"read-parent", try_read_parent},
    {"pidfd-parent", [] { return try_fd_call(syscall(SYS_pidfd_open, getppid(), 0)); }},
    {"mount", [] { return outcome(mount("none", "/nonexistent", "tmpfs", 0, nullptr)); }},
    {"umount", [] { return outcome(umount2("/nonexistent", 0)); }},
    {"fsopen", [] { return try_fd_call(syscall(SYS_fsopen, "tmpfs", 0)); }},
    {"pivot-root", [] { return outcome(syscall(SYS_pivot_root, "/nonexistent", "/nonexistent")); }},
    {"chroot", [] { return outcome(chroot("/")); }},
    {"unshare-user", [] { return outcome(unshare(CLONE_NEWUSER)); }},
    {"unshare-net", [] { return outcome(unshare(CLONE_NEWNET)); }},
    {"unshare-mount", [] { return outcome(unshare(CLONE_NEWNS)); }},
    {"setns", [] { return outcome(setns(-1, 0)); }},
    {"keyctl",
     [] { return outcome(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1)); }},
    {"add-key",
     [] {
       return outcome(syscall(SYS_add_key, "user", "gst-camera", "x", 1, KEY_SPEC_PROCESS_KEYRING));
     }},
    {"bpf", try_bpf},
    {"io-uring", try_io_uring},
    {"userfaultfd", [] { return try_fd_call(syscall(SYS_userfaultfd, O_CLOEXEC)); }},
    {"perf", try_perf},
    {"map-write-exec", [] { return try_map(PROT_READ | PROT_WRITE | PROT_EXEC, 0); }},
    {"map-then-exec", [] { return try_map(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC); }},
    {"map-file-exec", try_map_file},
    {"map-much", try_much_memory},
    {"many-fds", try_many_fds},
    {"setuid", [] { return outcome(syscall(SYS_setuid, 0)); }},
    {"setgroups", [] { return outcome(syscall(SYS_setgroups, 0, nullptr)); }},
    {"personality", [] { return outcome(syscall(SYS_personality, 0x0040000)); }},
    {"realtime", try_realtime},
    {"raise-limit", try_raise_limit},
    {"inotify", [] { return try_fd_call(inotify_init1(IN_CLOEXEC)); }},
    {"open-by-handle", [] { return outcome(syscall(SYS_open_by_handle_at, -1, nullptr, 0)); }},
    {"kexec", [] { return outcome(syscall(SYS_kexec_load, 0, 0, nullptr, 1U << 31U)); }},
    {"init-module", [] { return outcome(syscall(SYS_init_module, nullptr, 0, "")); }},
    {"reboot", [] { return outcome(syscall(SYS_reboot, 0, 0, 0, nullptr)); }},
    {"type-into-terminal",
     [] {
       char c = '\n';
       return outcome(ioctl(2, TIOCSTI, &c));
     }},
    /* Its stderr is no terminal; so that no request gets through is seen of one that every file
     * has. */
    {"ioctl",
     [] {
       int bytes = 0;
       return outcome(ioctl(2, FIONREAD, &bytes));
     }},
};
/* clang-format on */

}  // namespace

bool attempt(std::string_view deed, int& error) {
  for (const Attempt& a : kAttempts) {
    if (deed == a.name) {
      error = a.function();
      return true;
    }
  }
  return false;
}

}  // namespace gstcam::hostile
