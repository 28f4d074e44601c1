/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker-service.h"

#include <sys/socket.h>

#include <utility>

#include "base/glib-ptr.h"
#include "ipc/gdbus-message.h"

namespace gstcam::ipc {

WorkerService::WorkerService(std::string path, std::chrono::milliseconds deadline, UniqueFd socket)
    : path_(std::move(path)),
      deadline_(deadline),
      socket_(std::move(socket)),
      io_(IoThread::get()) {}

WorkerService::~WorkerService() {
  const std::lock_guard lock(exit_->mutex);
  exit_->handler = nullptr;
}

/* In the IoThread. */
void WorkerService::Exit::report() {
  std::function<void()> now;
  {
    const std::lock_guard lock(mutex);
    if (parted)
      now = std::exchange(handler, nullptr);
  }
  if (now)
    now();
}

Result<std::string> WorkerService::greet(Transport& transport, const ModuleInterface& expected) {
  const std::string who = "the IPA worker at '" + path_ + "'";
  const Result<Message> reply =
      transport.call(Message{kHelloMember, sink(g_variant_new_tuple(nullptr, 0)), {}}, deadline_);
  if (!reply)
    return reply.error().within(who);
  if (!g_variant_is_of_type(reply->body.get(), G_VARIANT_TYPE("(ssis)")))
    return Error(Error::Code::Protocol, who + " answered Hello wrongly");
  const char* name = nullptr;
  const char* hash = nullptr;
  gint32 pid = 0;
  const char* layers = nullptr;
  g_variant_get(reply->body.get(), "(&s&si&s)", &name, &hash, &pid, &layers);
  constexpr size_t kMax = 256;
  if (expected.name != name) {
    return Error(Error::Code::Invalid,
                 who + " runs a module of '" + std::string(name).substr(0, kMax) + "', expected '" +
                     expected.name + "'",
                 "it is the worker of another camera: check ipa-address");
  }
  if (expected.hash != hash) {
    return Error(Error::Code::Invalid,
                 who + " runs a module that was built for another version of " + expected.name,
                 "install module and plugin of one version, and restart the service");
  }
  pid_ = pid;
  return std::string(layers).substr(0, kMax);
}

void WorkerService::on_exit(std::function<void()> handler) {
  {
    const std::lock_guard lock(exit_->mutex);
    exit_->handler = std::move(handler);
  }
  io_->run([exit = exit_] { exit->report(); });
}

bool WorkerService::wait(std::chrono::milliseconds /*limit*/) {
  return true;  // its end is the business of its service
}

void WorkerService::kill() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  {
    const std::lock_guard lock(exit_->mutex);
    exit_->parted = true;
  }
  io_->post([exit = exit_] { exit->report(); });
}

std::string WorkerService::epitaph() const {
  return "the IPA worker at '" + path_ + "' (pid " + std::to_string(pid_) +
         ") is a service, whose journal says more";
}

std::string WorkerService::hint() const {
  return "the service was stopped or restarted, or this is an error in its IPA module";
}

}  // namespace gstcam::ipc
