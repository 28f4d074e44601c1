/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst-camera-ipa-worker: runs one IPA module in a process of its own.
 *
 * A host starts it with descriptors (--fd, --module-fd). With --listen it is a service, which
 * starts itself anew for each client (ipc/worker/service.h, docs/daemon.md):
 *
 *     gst-camera-ipa-worker --module simulated.so --listen unix:path=/tmp/ipa
 *     gdbus introspect --address unix:path=/tmp/ipa --dest :1.1
 *         --object-path /org/freedesktop/GstCamera/Ipa
 *     busctl --address unix:path=/tmp/ipa introspect :1.1 /org/freedesktop/GstCamera/Ipa
 *
 * Exit status: ipc/worker/exit-status.h. What goes wrong is one line on stderr, which the host
 * shows in its own error.
 */
#include <glib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "ipc/io-thread.h"
#include "ipc/module-loader.h"
#include "ipc/worker/exit-status.h"
#include "ipc/worker/lockdown.h"
#include "ipc/worker/service.h"
#include "ipc/worker/socket-activation.h"
#include "ipc/worker/worker.h"

namespace {

using namespace gstcam;
using namespace gstcam::ipc;

int fail(WorkerExitStatus status, const Error& error) {
  std::fprintf(stderr, "gst-camera-ipa-worker: error: %s%s%s\n", error.message.c_str(),
               error.hint.empty() ? "" : "; ", error.hint.c_str());
  return status;
}

using StringListPtr = HandlePtr<char*, g_strfreev>;

struct Arguments {
  int fd = -1;
  int module_fd = -1;
  int report_fd = -1;
  CharPtr module_file;
  CharPtr sandbox;
  bool sandbox_log = false;
  std::vector<std::string> leave_out;
  CharPtr module;
  CharPtr listen;
  CharPtr interface;
  CharPtr hash;
  CharPtr client_user;
  StringListPtr allow_users;
  StringListPtr allow_groups;
};

Result<Arguments> parse(int argc, char** argv) {
  Arguments a;
  char* module_file = nullptr;
  char* sandbox = nullptr;
  gboolean sandbox_log = FALSE;
  char** leave_out = nullptr;
  char* module = nullptr;
  char* listen = nullptr;
  char* interface = nullptr;
  char* hash = nullptr;
  char* client_user = nullptr;
  char** allow_users = nullptr;
  char** allow_groups = nullptr;
  const GOptionEntry entries[] = {
      {"module", 'm', 0, G_OPTION_ARG_FILENAME, &module, "The IPA module (.so)", "FILE"},
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &listen,
       "Serve clients at this D-Bus address, one at a time: unix:path=/tmp/ipa, or systemd: for a "
       "socket that was handed over",
       "ADDRESS"},
      {"allow-user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &allow_users,
       "A client may be this user (by default: root and our own)", "USER"},
      {"allow-group", 0, 0, G_OPTION_ARG_STRING_ARRAY, &allow_groups,
       "A client may be in this group", "GROUP"},
      {"fd", 0, 0, G_OPTION_ARG_INT, &a.fd, "Serve the host at this open socket", "N"},
      {"module-fd", 0, 0, G_OPTION_ARG_INT, &a.module_fd,
       "The module, open for reading; FILE is then its name in messages", "N"},
      {"module-file", 0, 0, G_OPTION_ARG_FILENAME, &module_file,
       "Where the module is in the sandbox; FILE is then its name in messages", "FILE"},
      {"sandbox", 0, 0, G_OPTION_ARG_STRING, &sandbox,
       "Lock ourselves (with --listen: each worker, by default) before the module is loaded; what "
       "if a layer cannot be had: 'require' it, "
       "or 'prefer' all and name those that are missing",
       "POLICY"},
      {"sandbox-log", 0, 0, G_OPTION_ARG_NONE, &sandbox_log,
       "Refuse and name system calls that one is killed for otherwise", nullptr},
      {"sandbox-leave-out", 0, 0, G_OPTION_ARG_STRING_ARRAY, &leave_out,
       "Do without this layer (counts as missing)", "LAYER"},
      {"report-fd", 0, 0, G_OPTION_ARG_INT, &a.report_fd, "Tell which layers hold at this socket",
       "N"},
      {"interface", 0, 0, G_OPTION_ARG_STRING, &interface, "Interface the module must have",
       "NAME"},
      {"hash", 0, 0, G_OPTION_ARG_STRING, &hash, "Hash its interface must have", "HASH"},
      {"client-user", 0, 0, G_OPTION_ARG_STRING, &client_user,
       "The host at --fd is a client of a service, this user", "UID"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr},
  };
  const HandlePtr<GOptionContext, g_option_context_free> context(
      g_option_context_new("- runs an image processing module of gst-plugins-camera"));
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  ErrorOut error;
  const bool parsed = g_option_context_parse(context.get(), &argc, &argv, &error);
  a.module_file.reset(module_file);
  a.sandbox.reset(sandbox);
  a.sandbox_log = sandbox_log;
  const HandlePtr<char*, g_strfreev> layers(leave_out);
  for (char** layer = leave_out; layer && *layer; layer++)
    a.leave_out.emplace_back(*layer);
  a.module.reset(module);
  a.listen.reset(listen);
  a.interface.reset(interface);
  a.hash.reset(hash);
  a.client_user.reset(client_user);
  a.allow_users.reset(allow_users);
  a.allow_groups.reset(allow_groups);
  const char* usage = "see gst-camera-ipa-worker --help";
  if (!parsed)
    return Error(Error::Code::Invalid, error.message(), usage);
  if (argc > 1)
    return Error(Error::Code::Invalid, std::string("unknown argument '") + argv[1] + "'", usage);
  if (!a.module && a.module_fd < 0)
    return Error(Error::Code::Invalid, "there is no --module", usage);
  if ((a.fd < 0) == !a.listen)
    return Error(Error::Code::Invalid, "give one of --fd and --listen", usage);
  const std::string_view policy(a.sandbox ? a.sandbox.get() : "prefer");
  if (policy != "require" && policy != "prefer")
    return Error(Error::Code::Invalid, "--sandbox is 'require' or 'prefer'", usage);
  if (!a.sandbox && !a.listen && (a.sandbox_log || !a.leave_out.empty() || a.report_fd >= 0))
    return Error(Error::Code::Invalid, "there is no --sandbox", usage);
  if (!a.interface != !a.hash)
    return Error(Error::Code::Invalid, "--interface and --hash go together", usage);
  if ((a.allow_users || a.allow_groups) && !a.listen)
    return Error(Error::Code::Invalid, "--allow-user and --allow-group are for --listen", usage);
  if (a.client_user && a.listen)
    return Error(Error::Code::Invalid, "--client-user is for --fd", usage);
  return a;
}

/* A descriptor somebody left open for us; not for what we might start. */
Result<UniqueFd> inherit(int number, const char* option) {
  if (fcntl(number, F_SETFD, FD_CLOEXEC) < 0)
    return Error::from_errno(errno, std::string(option) + " " + std::to_string(number));
  return UniqueFd(number);
}

Result<ModuleFile> open_file(const Arguments& a) {
  if (a.module_file) {
    Result<ModuleFile> file = open_module(a.module_file.get());
    if (file) {
      file->load_path = a.module_file.get();
      file->path = a.module ? a.module.get() : a.module_file.get();
    }
    return file;
  }
  if (a.module_fd < 0)
    return open_module(a.module.get());
  Result<UniqueFd> fd = inherit(a.module_fd, "--module-fd");
  if (!fd)
    return fd.error();
  return ModuleFile{std::move(*fd), a.module ? a.module.get() : "the module", {}};
}

Result<void> connect(Worker& worker, const Arguments& a) {
  Result<UniqueFd> socket = inherit(a.fd, "--fd");
  if (!socket)
    return socket.error();
  if (!a.client_user)
    return worker.serve_host(std::move(*socket), std::nullopt);
  const Result<uid_t> user = find_user(a.client_user.get());
  if (!user)
    return user.error();
  return worker.serve_host(std::move(*socket), *user);
}

Result<AllowedClients> allowed_clients(const Arguments& a) {
  AllowedClients allowed;
  allowed.users = {0, geteuid()};
  for (char** name = a.allow_users.get(); name && *name; name++) {
    const Result<uid_t> user = find_user(*name);
    if (!user)
      return user.error();
    allowed.users.push_back(*user);
  }
  for (char** name = a.allow_groups.get(); name && *name; name++) {
    const Result<gid_t> group = find_group(*name);
    if (!group)
      return group.error();
    allowed.groups.push_back(*group);
  }
  return allowed;
}

/* A service: never loads the module. */
int serve(const Arguments& a, ModuleFile module) {
  Result<AllowedClients> allowed = allowed_clients(a);
  if (!allowed)
    return fail(kExitUsage, allowed.error());
  const std::string text = a.listen.get();
  std::string path;  // where it is ours to remove
  Result<UniqueFd> socket = Error(Error::Code::Failed, "");
  if (text == "systemd:") {
    socket = take_activation_socket();
  } else {
    const Result<WorkerAddress> address = parse_worker_address(text);
    if (!address)
      return fail(kExitConnection, address.error().within("cannot listen at '" + text + "'"));
    socket = listen_worker(*address, a.allow_users || a.allow_groups);
    path = address->path;
  }
  if (!socket)
    return fail(kExitConnection, socket.error());
  Service::Options options{std::move(*socket), std::move(module), {}, std::move(*allowed)};
  options.worker_arguments = {"--sandbox", a.sandbox ? a.sandbox.get() : "require"};
  if (a.sandbox_log)
    options.worker_arguments.emplace_back("--sandbox-log");
  for (const std::string& layer : a.leave_out)
    options.worker_arguments.insert(options.worker_arguments.end(), {"--sandbox-leave-out", layer});
  if (a.interface) {
    options.worker_arguments.insert(options.worker_arguments.end(),
                                    {"--interface", a.interface.get(), "--hash", a.hash.get()});
  }
  Service service(std::move(options));
  if (!path.empty()) {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  }
  service.run();
  if (!path.empty())
    unlink(path.c_str());
  return kExitDone;
}

LockdownOptions lockdown_options(const Arguments& a, const ModuleFile& file) {
  LockdownOptions options;
  options.policy = std::string_view(a.sandbox.get()) == "require" ? SandboxPolicy::Require
                                                                  : SandboxPolicy::Prefer;
  options.log_mode = a.sandbox_log;
  options.module_fd = file.fd.get();
  options.own_users = a.module_file != nullptr;  // which bubblewrap alone puts there
  options.leave_out = a.leave_out;
  return options;
}

std::string list(const std::vector<std::string>& layers) {
  std::string text;
  for (const std::string& layer : layers)
    text += (text.empty() ? "" : ",") + layer;
  return text;
}

/* The layers in one line, what is missing in the others; then nobody has this socket any more. */
Result<void> report(const LockdownReport& held, const Arguments& a) {
  Result<UniqueFd> socket = inherit(a.report_fd, "--report-fd");
  if (!socket)
    return socket.error();
  std::string text = list(held.layers);
  for (const std::string& missing : held.missing)
    text += "\n" + missing;
  if (send(socket->get(), text.data(), text.size(), MSG_NOSIGNAL) < 0)
    return Error::from_errno(errno, "cannot tell that we are locked");
  return {};
}

Result<LockdownReport> lock(const LockdownOptions& options, const Arguments& a) {
  Result<LockdownReport> held = lock_worker(options);
  if (!held || a.report_fd < 0)
    return held;
  if (Result<void> told = report(*held, a); !told)
    return told.error();
  return held;
}

}  // namespace

/* The check does not see that a Result is asked only for what it holds, and so never throws. */
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): as said above
  Result<Arguments> arguments = parse(argc, argv);
  if (!arguments)
    return fail(kExitUsage, arguments.error());
  /* Control-C at a terminal is for the application, which then closes us. */
  if (arguments->fd >= 0)
    std::signal(SIGINT, SIG_IGN);
  /* The service goes, and we with it: it is its main thread that started us. */
  if (arguments->client_user)
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

  Result<ModuleFile> file = open_file(*arguments);
  if (!file)
    return fail(kExitModule, file.error());
  if (arguments->listen)
    return serve(*arguments, std::move(*file));
  LockdownOptions sandbox;
  LockdownReport held;
  if (arguments->sandbox) {
    sandbox = lockdown_options(*arguments, *file);
    Result<LockdownReport> locked = lock(sandbox, *arguments);
    if (!locked)
      return fail(kExitSandbox, locked.error());
    held = std::move(*locked);
  }
  Result<Module> module =
      arguments->interface ? Module::load(*file,
                                          {arguments->interface.get(), arguments->hash.get(), {}})
                           : Module::load(*file);
  if (!module)
    return fail(kExitModule, module.error());
  file->fd.reset();

  const Result<std::shared_ptr<IoThread>> io = IoThread::start();
  if (!io)
    return fail(kExitConnection, io.error());
  Worker worker;
  const GstCameraIpaModule& table = module->table();
  EventSink& sink = worker;
  const std::unique_ptr<void, void (*)(void*)> stub(table.create_stub(&sink), table.destroy_stub);
  if (!stub)
    return fail(kExitModule, Error(Error::Code::Failed,
                                   "IPA module '" + file->path + "': its IPA could not be made"));
  if (arguments->sandbox) {
    if (Result<void> tightened = tighten_worker(sandbox); !tightened)
      return fail(kExitSandbox, tightened.error());
  }
  if (Result<void> connected = connect(worker, *arguments); !connected)
    return fail(kExitConnection, connected.error());
  worker.run(*static_cast<Stub*>(stub.get()), {table.interface_hash, list(held.layers)});
  return kExitDone;
}
