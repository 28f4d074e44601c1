/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker-process.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "base/glib-ptr.h"
#include "base/sanitizers.h"
#include "base/shared-memory.h"
#include "ipc/io-thread.h"

GST_DEBUG_CATEGORY_STATIC(ipa_worker_debug);
#define GST_CAT_DEFAULT ipa_worker_debug

namespace gstcam::ipc {

namespace {

/* What a worker may see of our environment; it is not its business what else is there. */
struct PassedVariable {
  const char* name;
  const char* why;
};
constexpr PassedVariable kPassed[] = {
    {"LANG", "texts of the system in messages"},
    {"LC_ALL", "the same"},
    {"TZ", "times in messages"},
    {"LD_LIBRARY_PATH", "libraries of an installation out of the way"},
    {"G_DEBUG", "debugging of modules"},
    {"G_MESSAGES_DEBUG", "the same"},
    {"MALLOC_PERTURB_", "tests"},
#ifdef GST_CAMERA_SANITIZER_BUILD
    /* LSAN_OPTIONS is not among them: it names a file that would be read at the end, when no file
     * can be opened. A worker loads little, and has no leak that is to be suppressed. */
    {"ASAN_OPTIONS", "what a sanitizer looks at"},
    {"UBSAN_OPTIONS", "the same"},
    {"TSAN_OPTIONS", "the same"},
#endif
    {"GCOV_PREFIX", "coverage builds"},
    {"LLVM_PROFILE_FILE", "the same"},
};

/* Not to be looked for by GIO: each costs time at the start, and a sandbox has none of them. */
constexpr std::pair<const char*, const char*> kSet[] = {
    {"GIO_MODULE_DIR", "/nonexistent"},
    {"GIO_USE_VFS", "local"},
    {"GSETTINGS_BACKEND", "memory"},
};

/** The worker sees what is in the tables above and nothing else. */
void set_environment(GSubprocessLauncher* launcher) {
  char* nothing[] = {nullptr};
  g_subprocess_launcher_set_environ(launcher, nothing);
  for (const PassedVariable& variable : kPassed) {
    if (const char* value = g_getenv(variable.name))
      g_subprocess_launcher_setenv(launcher, variable.name, value, TRUE);
  }
  for (const auto& [name, value] : kSet)
    g_subprocess_launcher_setenv(launcher, name, value, TRUE);
}

}  // namespace

Result<void> WorkerProcess::check_program(const std::string& program) {
  constexpr char kHint[] =
      "install gst-plugins-camera, or set GST_CAMERA_IPA_WORKER to the worker program";
  struct stat info {};
  if (stat(program.c_str(), &info) < 0)
    return Error::from_errno(errno, "IPA worker program '" + program + "'", kHint);
  if (!S_ISREG(info.st_mode) || access(program.c_str(), X_OK) < 0)
    return Error(Error::Code::Permission,
                 "IPA worker program '" + program + "' is no executable file", kHint);
  return {};
}

namespace {

/* As a shell, bubblewrap exits with 128 + the signal that killed what it started. */
constexpr int kKilled = 128;

int killed_by(int exit_status) {
  return exit_status > kKilled && exit_status <= kKilled + SIGRTMAX ? exit_status - kKilled : 0;
}

}  // namespace

/* What the IoThread works with. */
struct WorkerProcess::Shared : std::enable_shared_from_this<Shared> {
  std::shared_ptr<IoThread> io;
  ObjectPtr<GSubprocess> process;
  int pid = 0;
  bool bubblewrap = false;
  ObjectPtr<GCancellable> cancel = ObjectPtr<GCancellable>::adopt(g_cancellable_new());

  /* In the IoThread only. */
  UniqueFd output;
  SourcePtr output_source;
  std::string line;
  std::function<void(size_t)> output_handler;

  mutable std::mutex mutex;
  std::condition_variable changed;
  int worker = 0;       // of whom we know that bubblewrap started it
  UniqueFd worker_fd;   // a pidfd: kills that one and no other
  bool reaped = false;  // the worker was: bubblewrap is about to end, with its status
  bool exited = false;
  bool watched = true;  // a callback of the wait is to come
  std::function<void()> exit_handler;
  std::string tail;

  [[nodiscard]] int worker_pid() const {
    const std::lock_guard lock(mutex);
    return worker ? worker : pid;
  }
  void read_output();
  void add_output(const char* data, size_t size);
  void log_line();
  void watch();
  void ended();
};

void WorkerProcess::Shared::log_line() {
  if (!line.empty())
    GST_INFO("worker %d: %s", worker_pid(), line.c_str());
  line.clear();
}

void WorkerProcess::Shared::add_output(const char* data, size_t size) {
  {
    const std::lock_guard lock(mutex);
    tail.append(data, size);
    if (tail.size() > kTail)
      tail.erase(0, tail.size() - kTail);
  }
#ifdef GST_CAMERA_SANITIZER_BUILD
  (void)std::fwrite(data, 1, size, stderr);  // a report is longer than the tail
#endif
  if (output_handler)
    output_handler(size);
  constexpr size_t kMaxLine = 1024;
  for (size_t i = 0; i < size; i++) {
    if (data[i] == '\n' || line.size() >= kMaxLine)
      log_line();
    if (data[i] != '\n')
      line += data[i];
  }
}

void WorkerProcess::Shared::read_output() {
  std::array<char, 4096> buffer{};
  /* Bounded: a program that writes without end must not keep the thread. */
  for (int i = 0; i < 16; i++) {
    const ssize_t got = read(output.get(), buffer.data(), buffer.size());
    if (got > 0) {
      add_output(buffer.data(), static_cast<size_t>(got));
      continue;
    }
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && errno == EAGAIN)
      return;
    /* The end, or an error: nothing more comes. */
    log_line();
    g_source_destroy(output_source.get());
    return;
  }
}

void WorkerProcess::Shared::watch() {
  output_source.reset(g_unix_fd_source_new(output.get(), G_IO_IN));
  g_source_set_callback(output_source.get(),
                        G_SOURCE_FUNC(+[](int, GIOCondition, gpointer self) -> gboolean {
                          static_cast<Shared*>(self)->read_output();
                          return G_SOURCE_CONTINUE;
                        }),
                        this, nullptr);
  g_source_attach(output_source.get(), io->context());
  g_subprocess_wait_async(
      process.get(), cancel.get(),
      [](GObject* object, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<std::shared_ptr<Shared>> self(
            static_cast<std::shared_ptr<Shared>*>(data));
        ErrorOut error;
        const bool done =
            g_subprocess_wait_finish(reinterpret_cast<GSubprocess*>(object), result, &error);
        if (done)
          (*self)->ended();
        const std::lock_guard lock((*self)->mutex);
        (*self)->watched = false;
        (*self)->changed.notify_all();
      },
      new std::shared_ptr<Shared>(shared_from_this()));  // NOLINT: the callback takes it
}

#ifdef GST_CAMERA_SANITIZER_BUILD
/* What a sanitizer found in a worker, or that it could not look, is to fail the test that runs it,
 * however the worker went: a leak is found when all is over. */
void tell_what_sanitizers_found(const std::string& tail) {
  if (tail.find("Sanitizer") != std::string::npos)
    g_critical("a sanitizer found a mistake in an IPA worker, see above: %s", tail.c_str());
}
#endif

void WorkerProcess::Shared::ended() {
  /* Its last words are in the pipe now, if they were not read before. */
  if (!g_source_is_destroyed(output_source.get()))
    read_output();
#ifdef GST_CAMERA_SANITIZER_BUILD
  tell_what_sanitizers_found(tail);
#endif
  std::function<void()> handler;
  {
    const std::lock_guard lock(mutex);
    exited = true;
    handler = std::exchange(exit_handler, nullptr);
    changed.notify_all();
  }
  if (handler)
    handler();
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(Options&& options) {
  static std::once_flag once;
  std::call_once(once, [] {
    GST_DEBUG_CATEGORY_INIT(ipa_worker_debug, "camera-ipa-worker", 0, "Output of IPA workers");
  });
  if (Result<void> checked = check_program(options.program); !checked)
    return checked.error();
  std::array<int, 2> pipe_fds{};
  if (pipe2(pipe_fds.data(), O_CLOEXEC) < 0)
    return Error::from_errno(errno, "cannot make a pipe");
  UniqueFd output(pipe_fds[0]);
  UniqueFd input(pipe_fds[1]);
  UniqueFd input_too(fcntl(input.get(), F_DUPFD_CLOEXEC, 0));
  if (!input_too.valid() || fcntl(output.get(), F_SETFL, O_NONBLOCK) < 0)
    return Error::from_errno(errno, "cannot make a pipe");

  const auto launcher =
      ObjectPtr<GSubprocessLauncher>::adopt(g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE));
  set_environment(launcher.get());
  g_subprocess_launcher_take_stdout_fd(launcher.get(), input.release());
  g_subprocess_launcher_take_stderr_fd(launcher.get(), input_too.release());
  for (auto& [ours, theirs] : options.fds)
    g_subprocess_launcher_take_fd(launcher.get(), ours.release(), theirs);
  std::vector<const char*> argv{options.program.c_str()};
  for (const std::string& argument : options.arguments)
    argv.push_back(argument.c_str());
  argv.push_back(nullptr);

  /* A program that ends at once has no number in GSubprocess any more: it says it itself, before
   * it is what it is. */
  Result<SharedMemory> pid = SharedMemory::create("worker-pid", sizeof(pid_t));
  if (!pid)
    return pid.error();
  g_subprocess_launcher_set_child_setup(
      launcher.get(),
      [](gpointer memory) {
        const pid_t self = getpid();
        std::memcpy(memory, &self, sizeof(self));
      },
      pid->data(), nullptr);

  ErrorOut error;
  auto shared = std::make_shared<Shared>();
  Result<std::shared_ptr<IoThread>> io = IoThread::start();
  if (!io)
    return io.error().within("cannot start the IPA worker");
  shared->io = std::move(*io);
  shared->bubblewrap = options.bubblewrap;
  /* In the IoThread, which lives as long as this: bubblewrap dies with the *thread* that made it.
   */
  shared->io->run([&] {
    shared->process = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_launcher_spawnv(launcher.get(), argv.data(), &error));
  });
  /* Closes what the child has: or its end of the socket would stay open here. */
  g_subprocess_launcher_close(launcher.get());
  if (!shared->process)
    return Error(Error::Code::Failed,
                 std::string("cannot start the IPA worker: ") + error.message());
  std::memcpy(&shared->pid, pid->data(), sizeof(shared->pid));
  shared->output = std::move(output);
  shared->io->run([&] { shared->watch(); });
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(std::move(shared)));  // NOLINT
}

WorkerProcess::WorkerProcess(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

WorkerProcess::~WorkerProcess() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->exit_handler = nullptr;
  }
  if (!wait(std::chrono::milliseconds(0)))
    kill();
  /* One that the kernel holds (a page that does not come) is reaped by GLib, later. */
  if (!wait(std::chrono::milliseconds(2000))) {
    g_subprocess_force_exit(shared_->process.get());
    g_cancellable_cancel(shared_->cancel.get());
  }
  {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait(lock, [this] { return !shared_->watched; });
  }
  shared_->io->run([this] {
    shared_->output_handler = nullptr;
    g_source_destroy(shared_->output_source.get());
    shared_->output_source.reset();
    shared_->output.reset();
  });
}

int WorkerProcess::pid() const {
  return shared_->worker_pid();
}

void WorkerProcess::set_worker(int pid) {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->bubblewrap || pid <= 0)
    return;
  shared_->worker = pid;
  shared_->worker_fd.reset(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  shared_->reaped = !shared_->worker_fd.valid() && errno == ESRCH;
}

void WorkerProcess::on_exit(std::function<void()> handler) {
  const std::shared_ptr<Shared> shared = shared_;
  shared->io->run([&] {
    {
      const std::lock_guard lock(shared->mutex);
      if (!shared->exited) {
        shared->exit_handler = std::move(handler);
        return;
      }
    }
    handler();
  });
}

void WorkerProcess::on_output(const std::function<void(size_t)>& handler) {
  shared_->io->run([&] { shared_->output_handler = handler; });
}

bool WorkerProcess::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, limit, [this] { return shared_->exited; });
}

/* From the inside out, so that nothing is left when the outermost has gone; and bubblewrap, which
 * alone knows how a worker ended that has, is not killed before it has told. */
void WorkerProcess::kill() {
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->worker_fd.valid() &&
        (syscall(SYS_pidfd_send_signal, shared_->worker_fd.get(), SIGKILL, nullptr, 0) == 0 ||
         errno == ESRCH))
      return;
    if (shared_->reaped)
      return;
  }
  g_subprocess_force_exit(shared_->process.get());
}

int WorkerProcess::exit_status() const {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->exited || !g_subprocess_get_if_exited(shared_->process.get()))
    return -1;
  const int status = g_subprocess_get_exit_status(shared_->process.get());
  return shared_->bubblewrap && killed_by(status) ? -1 : status;
}

std::string WorkerProcess::how_it_ended() const {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->exited)
    return "is running";
  GSubprocess* process = shared_->process.get();
  int number = 0;
  if (g_subprocess_get_if_exited(process)) {
    const int status = g_subprocess_get_exit_status(process);
    number = shared_->bubblewrap ? killed_by(status) : 0;
    if (number == 0)
      return "exited with status " + std::to_string(status);
  } else {
    number = g_subprocess_get_term_sig(process);
  }
  return "was killed by signal " + std::to_string(number) + " (" + strsignal(number) + ")";
}

std::string WorkerProcess::epitaph() const {
  std::string text = "the IPA worker (pid " + std::to_string(pid()) + ") " + how_it_ended();
  const std::string last = tail();
  if (!last.empty())
    text += "; its last output:\n" + last;
  return text;
}

std::string WorkerProcess::tail() const {
  std::string text;
  {
    const std::lock_guard lock(shared_->mutex);
    text = shared_->tail;
  }
  const CharPtr valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
  text = valid.get();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' && c != '\n')
      c = ' ';
  }
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

}  // namespace gstcam::ipc
