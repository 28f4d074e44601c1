/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker-launcher.h"

#include <unistd.h>

#include <cstdlib>

#include "ipc/gdbus-transport.h"
#include "ipc/io-thread.h"
#include "ipc/sandbox/launch.h"
#include "ipc/worker-address.h"
#include "ipc/worker-process.h"
#include "ipc/worker-service.h"

namespace gstcam::ipc {

namespace {

std::string worker_program(const std::string& wanted) {
  if (!wanted.empty())
    return wanted;
  const char* environment = secure_getenv("GST_CAMERA_IPA_WORKER");
  return environment && *environment ? environment : IPA_WORKER;
}

Result<WorkerLink> start_process(const WorkerLaunch& launch) {
  const SandboxLaunch sandbox{.program = worker_program(launch.program),
                              .interface = &launch.interface,
                              .module = &launch.module,
                              .sandbox = launch.sandbox,
                              .deadline = launch.start_deadline};
  Result<SandboxedWorker> worker = launch_worker(sandbox);
  if (!worker)
    return std::move(worker).error();
  Result<std::unique_ptr<GdbusTransport>> transport =
      GdbusTransport::open(std::move(worker->socket), {.interface_name = launch.interface.name,
                                                       .server = true,
                                                       .handshake_deadline = launch.start_deadline,
                                                       .max_message = launch.budget.message_bytes});
  if (!transport)
    return launch_failure(sandbox, *worker->process, transport.error());
  return WorkerLink{std::move(worker->process), std::move(*transport),
                    std::move(worker->isolation_level), std::move(worker->warning)};
}

Result<WorkerLink> connect_to_service(const WorkerLaunch& launch) {
  const Result<WorkerAddress> address = parse_worker_address(launch.address);
  if (!address)
    return address.error();
  Result<UniqueFd> socket = connect_worker(*address);
  if (!socket)
    return std::move(socket).error();
  Result<UniqueFd> same = UniqueFd::duplicate(socket->get());
  if (!same)
    return std::move(same).error();
  auto life =
      std::make_unique<WorkerService>(address->path, launch.start_deadline, std::move(*same));
  Result<std::unique_ptr<GdbusTransport>> transport =
      GdbusTransport::open(std::move(*socket), {.interface_name = launch.interface.name,
                                                .server = false,
                                                .handshake_deadline = launch.start_deadline,
                                                .max_message = launch.budget.message_bytes});
  if (!transport) {
    return Error(transport.error().code,
                 "no IPA worker at '" + address->path + "' for us: " + transport.error().message,
                 "its service may not take user " + std::to_string(geteuid()) +
                     ", or fail to start: its journal says");
  }
  return WorkerLink{std::move(life), std::move(*transport), {}, {}};
}

}  // namespace

Result<WorkerLink> open_worker(const WorkerLaunch& launch) {
  /* Held until the link's parts hold it. */
  const Result<std::shared_ptr<IoThread>> io = IoThread::start();
  if (!io)
    return io.error();
  return launch.address.empty() ? start_process(launch) : connect_to_service(launch);
}

}  // namespace gstcam::ipc
