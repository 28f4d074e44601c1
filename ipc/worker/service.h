/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Service: a worker program that listens, and starts one worker a client.
 *
 *     listening --connect--> serving --hang-up or the worker's end--> listening ...
 *
 * The listening process never loads the module. Each client whose credentials are right gets a
 * worker of its own: this same program, started anew with the client's socket and the module's
 * descriptor, sandboxed like one that an application starts. It ends with its client. So nothing of
 * one client (memory, buffers, threads, what a module broke) can reach the next, and a module that
 * crashes, hangs or is taken over has neither the socket that listens nor a say in who comes next.
 *
 * One client is served at a time; another is told so (Busy). One who comes while the last worker is
 * still ending waits for that. A worker that does not end after its client is killed, and so is
 * whatever it left running.
 *
 * Thread: the main one, in whose default context everything happens.
 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/module-loader.h"
#include "ipc/worker-address.h"
#include "ipc/worker/refusals.h"

namespace gstcam::ipc {

/** Who may be a client: by user, or by being in a group. */
struct AllowedClients {
  std::vector<uid_t> users;
  std::vector<gid_t> groups;
  [[nodiscard]] bool allow(const PeerCredentials& peer) const;
};

class Service {
 public:
  struct Options {
    UniqueFd socket;  // listens, does not block
    ModuleFile module;
    std::vector<std::string> worker_arguments;  // more of them
    AllowedClients allowed;
  };

  explicit Service(Options options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /** Serves until SIGINT or SIGTERM, and then until the last worker has ended. */
  void run();

 private:
  struct Client {
    UniqueFd socket;
    PeerCredentials peer;
  };
  void accept_all();
  void admit(Client client);
  void start(Client client);
  void client_left();
  void worker_ended();
  void stop();
  [[nodiscard]] bool client_is_there() const;

  Options options_;
  const HandlePtr<GMainLoop, g_main_loop_unref> loop_{g_main_loop_new(nullptr, FALSE)};
  std::vector<SourcePtr> sources_;
  Refusals refusals_;
  bool stopping_ = false;

  /* Of the client that is served. */
  std::optional<Client> client_;
  ObjectPtr<GSubprocess> worker_;
  SourcePtr hang_up_;
  SourcePtr grace_;

  std::optional<Client> next_;  // waits for the last worker's end
};

}  // namespace gstcam::ipc
