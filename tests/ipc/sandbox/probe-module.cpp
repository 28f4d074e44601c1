/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module that tries what it is told and says what came of it: the call "Try" has an order and
 * answers "done" or the error. One order a line of the table below, each a few system calls.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ipa/module.h"
#include "ipc/stub.h"
#include "tests/ipc/test-ipa-interface.h"

namespace {

using gstcam::Error;
using gstcam::Result;
using gstcam::ipc::EventSink;
using gstcam::ipc::Message;

/* 0 or an errno. */
int outcome(long result) {
  return result < 0 ? errno : 0;
}

int open_path(const char* path, int flags = O_RDONLY) {
  const long fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600);
  const int result = outcome(fd);
  if (fd >= 0)
    close(static_cast<int>(fd));
  return result;
}

int make_socket(int family, int type, int protocol = 0) {
  const int fd = socket(family, type | SOCK_CLOEXEC, protocol);
  const int result = outcome(fd);
  if (fd >= 0)
    close(fd);
  return result;
}

/* To a port that `argument` says is open on this machine. */
int connect_tcp(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return errno;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = outcome(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
  close(fd);
  return result;
}

int make_process(long pid) {
  if (pid == 0)
    _exit(0);
  const int result = outcome(pid);
  if (pid > 0)
    waitpid(static_cast<pid_t>(pid), nullptr, 0);
  return result;
}

int write_and_execute() {
  void* page =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}

int make_executable() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : outcome(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

int map_code_of_memory() {
  const auto fd = static_cast<int>(syscall(SYS_memfd_create, "code", 0));
  if (fd < 0)
    return errno;
  void* page = ftruncate(fd, 4096) == 0
                   ? mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0)
                   : MAP_FAILED;
  const int result = page == MAP_FAILED ? errno : 0;
  close(fd);
  return result;
}

int take_memory() {
  constexpr size_t kBlock = 64UL << 20U;
  std::vector<std::unique_ptr<char, void (*)(void*)>> blocks;
  for (int i = 0; i < 16; i++) {  // 1 GiB, mapped and never touched
    blocks.emplace_back(static_cast<char*>(std::malloc(kBlock)), std::free);
    if (!blocks.back())
      return ENOMEM;
    *blocks.back() = 1;
  }
  return 0;
}

int take_descriptors() {
  std::vector<int> fds;
  int result = 0;
  for (int i = 0; i < 900 && result == 0; i++) {
    fds.push_back(dup(2));
    result = outcome(fds.back());
  }
  for (const int fd : fds)
    close(fd);
  return result;
}

int execute() {
  std::array<char*, 1> none{};
  execve("/bin/true", none.data(), none.data());
  return errno;
}

int attempt(const std::string& order, int argument) {
  if (order == "open-passwd")
    return open_path("/etc/passwd");
  if (order == "open-home")
    return open_path("/root", O_RDONLY | O_DIRECTORY) && open_path("/home", O_RDONLY | O_DIRECTORY);
  if (order == "open-device")
    return open_path("/dev/tty") && open_path("/dev/zero") && open_path("/dev/video0");
  if (order == "open-sys")
    return open_path("/sys/kernel", O_RDONLY | O_DIRECTORY);
  if (order == "open-run")
    return open_path("/run", O_RDONLY | O_DIRECTORY);
  if (order == "open-proc")
    return open_path(("/proc/" + std::to_string(argument) + "/environ").c_str()) &&
           open_path("/proc/self/maps");
  if (order == "write-file")
    return open_path("/tmp/gst-camera-escaped", O_WRONLY | O_CREAT) &&
           open_path("/gst-camera-escaped", O_WRONLY | O_CREAT);
  if (order == "socket-inet")
    return make_socket(AF_INET, SOCK_DGRAM);
  if (order == "socket-unix")
    return make_socket(AF_UNIX, SOCK_STREAM);
  if (order == "socket-netlink")
    return make_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  if (order == "socket-packet")
    return make_socket(AF_PACKET, SOCK_RAW);
  if (order == "socket-vsock")
    return make_socket(AF_VSOCK, SOCK_STREAM);
  if (order == "connect-tcp")
    return connect_tcp(argument);
  if (order == "fork")
    return make_process(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (order == "exec")
    return execute();
  if (order == "clone-userns")
    return make_process(
        syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (order == "ptrace-host")
    return outcome(ptrace(PTRACE_SEIZE, argument, nullptr, nullptr));
  if (order == "signal-host")
    return outcome(kill(argument, 0));
  if (order == "read-host-memory") {
    char byte = 0;
    iovec local{&byte, 1};
    iovec remote{&byte, 1};
    return outcome(process_vm_readv(argument, &local, 1, &remote, 1, 0));
  }
  if (order == "mount")
    return outcome(mount("none", "/", "tmpfs", 0, nullptr));
  if (order == "chroot")
    return outcome(chroot("/"));
  if (order == "unshare")
    return outcome(unshare(CLONE_NEWNS));
  if (order == "keyctl")
    return outcome(syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -4 /* user's */, 1));
  if (order == "bpf") {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = attributes.value_size = 4;
    attributes.max_entries = 1;
    return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)));
  }
  if (order == "io-uring") {
    std::array<char, 256> parameters{};
    return outcome(syscall(SYS_io_uring_setup, 1, parameters.data()));
  }
  if (order == "userfaultfd")
    return outcome(syscall(SYS_userfaultfd, 1 /* user mode only */));
  if (order == "perf")
    return outcome(syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
  if (order == "write-and-execute")
    return write_and_execute();
  if (order == "make-executable")
    return make_executable();
  if (order == "memory-as-code")
    return map_code_of_memory();
  if (order == "take-memory")
    return take_memory();
  if (order == "take-descriptors")
    return take_descriptors();
  if (order == "raise-limits") {
    const std::array<uint64_t, 2> limits{100000, 100000};
    return outcome(syscall(SYS_prlimit64, 0, 7 /* NOFILE */, limits.data(), nullptr));
  }
  if (order == "thread") {
    int done = EAGAIN;
    std::thread([&done] { done = 0; }).join();
    return done;
  }
  if (order == "exit") {
    _exit(7);
  }
  return ENOSYS;
}

int constructor_outcome = 0;
__attribute__((constructor)) void construct() {
  constructor_outcome = open_path("/etc/passwd");
}

class ProbeStub final : public gstcam::ipc::Stub {
 public:
  const char* interface_name() const override { return gstcam::test::kInterfaceName; }
  const char* introspection_xml() const override { return "<node></node>"; }

  Result<Message> dispatch(Message call) override {
    if (!g_variant_is_of_type(call.body.get(), G_VARIANT_TYPE("(si)")))
      return Error(Error::Code::Invalid, "no order");
    const char* order = nullptr;
    int argument = 0;
    g_variant_get(call.body.get(), "(&si)", &order, &argument);
    const int result =
        std::strcmp(order, "constructor") == 0 ? constructor_outcome : attempt(order, argument);
    const std::string text = result == 0 ? "done" : strerrorname_np(result);
    return Message{"", gstcam::sink(g_variant_new("(s)", text.c_str())), {}};
  }
};

void* create(void*) {
  return nullptr;
}
void destroy(void*) {}
void* create_stub(void*) {
  return static_cast<gstcam::ipc::Stub*>(std::make_unique<ProbeStub>().release());
}
void destroy_stub(void* stub) {
  std::unique_ptr<gstcam::ipc::Stub>(static_cast<gstcam::ipc::Stub*>(stub)).reset();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const GstCameraIpaModule gst_camera_ipa_module;
const GstCameraIpaModule gst_camera_ipa_module = {
    GST_CAMERA_IPA_MODULE_ABI,
    sizeof(GstCameraIpaModule),
    gstcam::test::kInterfaceName,
    gstcam::test::kInterfaceHash,
    "probe",
    "1.0",
    create,
    destroy,
    create_stub,
    destroy_stub,
};
