/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/service.h"

#include <glib-unix.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "ipc/worker/exit-status.h"
#include "ipc/worker/orphans.h"

namespace gstcam::ipc {

namespace {

/* A worker ends by itself 2 s after its client (worker.cpp), where it can. */
constexpr guint kGraceSeconds = 3;

constexpr int kWorkerSocket = 3;
constexpr int kWorkerModule = 4;

SourcePtr attach(GSource* source, GSourceFunc callback, gpointer data) {
  SourcePtr owner(source);
  g_source_set_callback(source, callback, data, nullptr);
  g_source_attach(source, nullptr);
  return owner;
}

void drop(SourcePtr& source) {
  if (source)
    g_source_destroy(source.get());
  source.reset();
}

std::string describe(const PeerCredentials& peer) {
  return "user " + std::to_string(peer.uid) + ", pid " + std::to_string(peer.pid);
}

void log(const std::string& text) {
  std::fprintf(stderr, "gst-camera-ipa-worker: %s\n", text.c_str());
}

}  // namespace

bool AllowedClients::allow(const PeerCredentials& peer) const {
  const auto has = [](const auto& list, auto id) {
    return std::find(list.begin(), list.end(), id) != list.end();
  };
  return has(users, peer.uid) || std::any_of(peer.gids.begin(), peer.gids.end(),
                                             [&](gid_t gid) { return has(groups, gid); });
}

Service::Service(Options options) : options_(std::move(options)) {
  /* What a worker leaves running becomes our child, so that it can be ended. */
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Service::~Service() {
  drop(hang_up_);
  drop(grace_);
  for (SourcePtr& source : sources_)
    drop(source);
}

void Service::run() {
  /* Sockets that are accepted have it then too: a client's first byte, by which GDBus knows it, may
   * be there before its worker is. */
  const int on = 1;
  setsockopt(options_.socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
  sources_.push_back(attach(g_unix_fd_source_new(options_.socket.get(), G_IO_IN),
                            G_SOURCE_FUNC(+[](int, GIOCondition, gpointer self) -> gboolean {
                              static_cast<Service*>(self)->accept_all();
                              return G_SOURCE_CONTINUE;
                            }),
                            this));
  for (const int number : {SIGINT, SIGTERM}) {
    sources_.push_back(attach(
        g_unix_signal_source_new(number),
        [](gpointer self) -> gboolean {
          static_cast<Service*>(self)->stop();
          return G_SOURCE_CONTINUE;
        },
        this));
  }
  g_main_loop_run(loop_.get());
}

void Service::stop() {
  stopping_ = true;
  next_.reset();
  if (!worker_) {
    g_main_loop_quit(loop_.get());
    return;
  }
  ::shutdown(client_->socket.get(), SHUT_RDWR);
  client_left();
}

void Service::accept_all() {
  while (true) {
    UniqueFd socket(accept4(options_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid()) {
      if (errno == EINTR || errno == ECONNABORTED)
        continue;
      if (errno != EAGAIN)
        log(std::string("cannot accept a client: ") + std::strerror(errno));
      return;
    }
    Result<PeerCredentials> peer = peer_credentials(socket.get());
    if (!peer) {
      log(peer.error().message);
      continue;
    }
    if (!options_.allowed.allow(*peer)) {
      /* Not even an error: it would mean to read what it sends. */
      log("refused " + describe(*peer) + ": neither --allow-user nor --allow-group has it");
      continue;
    }
    admit({std::move(socket), std::move(*peer)});
  }
}

bool Service::client_is_there() const {
  pollfd state{client_->socket.get(), POLLRDHUP, 0};
  return poll(&state, 1, 0) == 0;
}

void Service::admit(Client client) {
  if (stopping_)
    return;
  if (!worker_) {
    start(std::move(client));
    return;
  }
  /* An application that closes the camera and opens it again is faster than a worker's end. */
  if (!next_ && !client_is_there()) {
    next_ = std::move(client);
    return;
  }
  const Client& first = next_ ? *next_ : *client_;
  refusals_.refuse(
      std::move(client.socket), client.peer.uid,
      Error(Error::Code::Busy, "it serves another application (" + describe(first.peer) + ")",
            "close the camera there, or run a service of another name"));
}

void Service::start(Client client) {
  const uid_t user = client.peer.uid;
  UniqueFd theirs(fcntl(client.socket.get(), F_DUPFD_CLOEXEC, 0));
  UniqueFd module(fcntl(options_.module.fd.get(), F_DUPFD_CLOEXEC, 0));
  const std::string socket_number = std::to_string(kWorkerSocket);
  const std::string module_number = std::to_string(kWorkerModule);
  const std::string user_number = std::to_string(user);
  std::vector<const char*> argv{
      "/proc/self/exe",      "--fd",     socket_number.c_str(),        "--module-fd",
      module_number.c_str(), "--module", options_.module.path.c_str(), "--client-user",
      user_number.c_str()};
  for (const std::string& argument : options_.worker_arguments)
    argv.push_back(argument.c_str());
  argv.push_back(nullptr);

  ErrorOut error;
  const auto launcher =
      ObjectPtr<GSubprocessLauncher>::adopt(g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE));
  if (theirs.valid() && module.valid()) {
    g_subprocess_launcher_take_fd(launcher.get(), theirs.release(), kWorkerSocket);
    g_subprocess_launcher_take_fd(launcher.get(), module.release(), kWorkerModule);
    worker_ = ObjectPtr<GSubprocess>::adopt(
        g_subprocess_launcher_spawnv(launcher.get(), argv.data(), &error));
    g_subprocess_launcher_close(launcher.get());
  }
  if (!worker_) {
    const std::string why = error ? error.message() : "no descriptors left";
    log("cannot start a worker: " + why);
    refusals_.refuse(std::move(client.socket), user,
                     Error(Error::Code::Failed, "it cannot start a worker: " + why));
    return;
  }
  client_ = std::move(client);
  g_subprocess_wait_async(
      worker_.get(), nullptr,
      [](GObject* object, GAsyncResult* result, gpointer self) {
        ErrorOut failed;
        g_subprocess_wait_finish(reinterpret_cast<GSubprocess*>(object), result, &failed);
        static_cast<Service*>(self)->worker_ended();
      },
      this);
  hang_up_ = attach(g_unix_fd_source_new(client_->socket.get(), G_IO_HUP),
                    G_SOURCE_FUNC(+[](int, GIOCondition, gpointer self) -> gboolean {
                      static_cast<Service*>(self)->client_left();
                      return G_SOURCE_REMOVE;
                    }),
                    this);
}

void Service::client_left() {
  drop(hang_up_);
  if (grace_)
    return;
  grace_ = attach(
      g_timeout_source_new_seconds(kGraceSeconds),
      [](gpointer self) -> gboolean {
        g_subprocess_force_exit(static_cast<Service*>(self)->worker_.get());
        return G_SOURCE_REMOVE;
      },
      this);
}

void Service::worker_ended() {
  drop(hang_up_);
  drop(grace_);
  const ObjectPtr<GSubprocess> worker = std::move(worker_);
  worker_.reset();
  Client client = std::move(*client_);
  client_.reset();
  end_orphans();

  const bool exited = g_subprocess_get_if_exited(worker.get()) != FALSE;
  const int status =
      exited ? g_subprocess_get_exit_status(worker.get()) : g_subprocess_get_term_sig(worker.get());
  if (!exited || status != kExitDone) {
    log("the worker of " + describe(client.peer) +
        (exited ? " exited with status " : " was killed by signal ") + std::to_string(status));
  }
  if (exited && (status == kExitModule || status == kExitSandbox) && !stopping_) {
    /* It has read nothing of what the client says: so we can answer. */
    const std::string module = "its IPA module '" + options_.module.path + "' ";
    refusals_.refuse(
        std::move(client.socket), client.peer.uid,
        status == kExitModule
            ? Error(Error::Code::Invalid, module + "cannot be used",
                    "the service's journal says why")
            : Error(Error::Code::Unsupported, module + "cannot be sandboxed",
                    "the service's journal says what is missing; --sandbox prefer does without"));
  } else {
    ::shutdown(client.socket.get(), SHUT_RDWR);
  }
  if (stopping_) {
    g_main_loop_quit(loop_.get());
    return;
  }
  if (next_) {
    Client next = std::move(*next_);
    next_.reset();
    start(std::move(next));
  }
}

}  // namespace gstcam::ipc
