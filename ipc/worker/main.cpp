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
 * not come back from a call after the host hung up. What goes wrong is one line on stderr, which
 * the host shows in its own error.
 */
#include <glib.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>

#include "ipc/module-loader.h"
#include "ipc/worker/worker.h"

namespace {

using namespace gstcam;
using namespace gstcam::ipc;

enum ExitStatus { kExitDone = 0, kExitUsage = 2, kExitModule = 3, kExitConnection = 4 };

int fail(ExitStatus status, const Error& error) {
  std::fprintf(stderr, "gst-camera-ipa-worker: error: %s%s%s\n", error.message.c_str(),
               error.hint.empty() ? "" : "; ", error.hint.c_str());
  return status;
}

struct Arguments {
  int fd = -1;
  int module_fd = -1;
  CharPtr module;
  CharPtr listen;
  CharPtr interface;
  CharPtr hash;
};

Result<Arguments> parse(int argc, char** argv) {
  Arguments a;
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
  if (a.module_fd < 0)
    return open_module(a.module.get());
  Result<UniqueFd> fd = inherit(a.module_fd, "--module-fd");
  if (!fd)
    return fd.error();
  return ModuleFile{std::move(*fd), a.module ? a.module.get() : "the module"};
}

Result<void> connect(Worker& worker, const Arguments& a) {
  if (a.listen)
    return worker.listen(a.listen.get());
  Result<UniqueFd> socket = inherit(a.fd, "--fd");
  if (!socket)
    return socket.error();
  return worker.serve_host(std::move(*socket));
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
  if (Result<void> connected = connect(worker, *arguments); !connected)
    return fail(kExitConnection, connected.error());
  worker.run(*static_cast<Stub*>(stub.get()));
  return kExitDone;
}
