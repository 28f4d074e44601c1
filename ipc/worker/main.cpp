/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst-camera-ipa-worker: runs one IPA module in a process of its own.
 *
 * A host starts it with descriptors (--fd, --module-fd); by hand it takes a file and an address:
 *
 *     gst-camera-ipa-worker --module simulated.so --listen unix:path=/tmp/ipa
 *     gdbus introspect --address unix:path=/tmp/ipa --dest :1.1
 *         --object-path /org/freedesktop/GstCamera/Ipa
 *     busctl --address unix:path=/tmp/ipa introspect :1.1 /org/freedesktop/GstCamera/Ipa
 *
 * Exit status: 0 the host hung up, 2 usage, 3 the module is refused, 4 no connection, 5 the IPA did
 * not come back from a call after the host hung up, 6 a layer of the sandbox cannot be had. What
 * goes wrong is one line on stderr, which the host shows in its own error.
 */
#include <glib.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "ipc/module-loader.h"
#include "ipc/worker/lockdown.h"
#include "ipc/worker/worker.h"

namespace {

using namespace gstcam;
using namespace gstcam::ipc;

enum ExitStatus {
  kExitDone = 0,
  kExitUsage = 2,
  kExitModule = 3,
  kExitConnection = 4,
  kExitSandbox = 6
};

int fail(ExitStatus status, const Error& error) {
  std::fprintf(stderr, "gst-camera-ipa-worker: error: %s%s%s\n", error.message.c_str(),
               error.hint.empty() ? "" : "; ", error.hint.c_str());
  return status;
}

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
  const GOptionEntry entries[] = {
      {"module", 'm', 0, G_OPTION_ARG_FILENAME, &module, "The IPA module (.so)", "FILE"},
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &listen,
       "Serve connections at this D-Bus address: unix:path=/tmp/ipa", "ADDRESS"},
      {"fd", 0, 0, G_OPTION_ARG_INT, &a.fd, "Serve the host at this open socket", "N"},
      {"module-fd", 0, 0, G_OPTION_ARG_INT, &a.module_fd,
       "The module, open for reading; FILE is then its name in messages", "N"},
      {"module-file", 0, 0, G_OPTION_ARG_FILENAME, &module_file,
       "Where the module is in the sandbox; FILE is then its name in messages", "FILE"},
      {"sandbox", 0, 0, G_OPTION_ARG_STRING, &sandbox,
       "Lock ourselves before the module is loaded; what if a layer cannot be had: 'require' it, "
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
  if (a.sandbox && a.listen)
    return Error(Error::Code::Unsupported, "--sandbox is for a worker with a host (--fd)", usage);
  if (!a.sandbox && (a.sandbox_log || !a.leave_out.empty() || a.report_fd >= 0))
    return Error(Error::Code::Invalid, "there is no --sandbox", usage);
  if (!a.interface != !a.hash)
    return Error(Error::Code::Invalid, "--interface and --hash go together", usage);
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
  if (a.listen)
    return worker.listen(a.listen.get());
  Result<UniqueFd> socket = inherit(a.fd, "--fd");
  if (!socket)
    return socket.error();
  return worker.serve_host(std::move(*socket));
}

LockdownOptions lockdown_options(const Arguments& a, const ModuleFile& file) {
  LockdownOptions options;
  options.policy = std::string_view(a.sandbox.get()) == "require" ? SandboxPolicy::Require
                                                                  : SandboxPolicy::Prefer;
  options.log_mode = a.sandbox_log;
  options.module_fd = file.fd.get();
  options.leave_out = a.leave_out;
  return options;
}

/* The layers in one line, what is missing in the others; then nobody has this socket any more. */
Result<void> report(const LockdownReport& held, const Arguments& a) {
  Result<UniqueFd> socket = inherit(a.report_fd, "--report-fd");
  if (!socket)
    return socket.error();
  std::string text;
  for (const std::string& layer : held.layers)
    text += (text.empty() ? "" : ",") + layer;
  for (const std::string& missing : held.missing)
    text += "\n" + missing;
  if (send(socket->get(), text.data(), text.size(), MSG_NOSIGNAL) < 0)
    return Error::from_errno(errno, "cannot tell that we are locked");
  return {};
}

Result<void> lock(const LockdownOptions& options, const Arguments& a) {
  const Result<LockdownReport> held = lock_worker(options);
  if (!held)
    return held.error();
  return a.report_fd < 0 ? Result<void>() : report(*held, a);
}

}  // namespace

int main(int argc, char** argv) {
  Result<Arguments> arguments = parse(argc, argv);
  if (!arguments)
    return fail(kExitUsage, arguments.error());
  /* Control-C at a terminal is for the application, which then closes us. */
  if (arguments->fd >= 0)
    std::signal(SIGINT, SIG_IGN);

  Result<ModuleFile> file = open_file(*arguments);
  if (!file)
    return fail(kExitModule, file.error());
  LockdownOptions sandbox;
  if (arguments->sandbox) {
    sandbox = lockdown_options(*arguments, *file);
    if (Result<void> locked = lock(sandbox, *arguments); !locked)
      return fail(kExitSandbox, locked.error());
  }
  Result<Module> module =
      arguments->interface ? Module::load(*file,
                                          {arguments->interface.get(), arguments->hash.get(), {}})
                           : Module::load(*file);
  if (!module)
    return fail(kExitModule, module.error());
  file->fd.reset();

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
  worker.run(*static_cast<Stub*>(stub.get()));
  return kExitDone;
}
