/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/gdbus-transport.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "ipc/dbus-handshake.h"
#include "ipc/gdbus-message.h"
#include "ipc/io-thread.h"

namespace gstcam::ipc {

namespace {

Error lost_error() {
  return Error(Error::Code::Lost, "the peer closed the connection");
}

Error broken(const std::string& what) {
  return Error(Error::Code::Protocol, "the peer broke the protocol: " + what,
               "this is an error in the IPA worker or its module");
}

}  // namespace

/* What the stream's thread calls into; outlives the transport where it is late. */
struct GdbusTransport::Shared {
  /* Held while a handler runs: so close() waits for it. */
  std::mutex handler_mutex;
  EventHandler on_event;
  ClosedHandler on_closed;
  bool closed = false;  // no handler is called any more
  bool ended = false;   // close() was called

  /* A call that waits, in the frame of call(). */
  struct Waiter {
    guint32 serial;
    DBusMessagePtr reply;
    std::condition_variable answered;
  };
  std::mutex mutex;
  std::vector<Waiter*> waiters;
  std::deque<guint32> sync_serials;  // answers that are due, oldest first
  std::vector<guint32> late;         // answers that nobody waits for any more
  uint32_t unanswered = 0;           // posts since the last answer
  uint32_t since_sync = 0;
  guint32 last_serial = 0;
  bool gone = false;  // the stream ended

  std::string interface_name;

  /** Under mutex. */
  guint32 next_serial() { return ++last_serial == 0 ? ++last_serial : last_serial; }
  Result<void> receive(DBusMessagePtr message);
  Result<void> receive_event(GDBusMessage* message);
  Result<void> receive_reply(DBusMessagePtr reply);
  void finish(Error error);
};

void GdbusTransport::Shared::finish(Error error) {
  {
    const std::lock_guard lock(mutex);
    gone = true;
    for (Waiter* waiter : waiters)
      waiter->answered.notify_one();
  }
  const std::lock_guard lock(handler_mutex);
  if (std::exchange(closed, true))
    return;
  if (on_closed)
    on_closed(std::move(error));
}

Result<void> GdbusTransport::Shared::receive_event(GDBusMessage* message) {
  const char* interface = g_dbus_message_get_interface(message);
  const char* name = g_dbus_message_get_member(message);
  std::string member = name ? name : "";
  if (!interface || interface_name != interface)
    member = std::string(interface ? interface : "?") + "." + member;
  Result<Message> event = take_message(message, std::move(member));
  if (!event)
    return broken(event.error().message);
  const std::lock_guard lock(handler_mutex);
  if (!closed && on_event)
    on_event(std::move(*event));
  return {};
}

Result<void> GdbusTransport::Shared::receive_reply(DBusMessagePtr reply) {
  const guint32 serial = g_dbus_message_get_reply_serial(reply.get());
  const std::lock_guard lock(mutex);
  if (!sync_serials.empty() && sync_serials.front() == serial) {
    sync_serials.pop_front();
    unanswered -= kSyncInterval;
    return {};
  }
  for (Waiter* waiter : waiters) {
    if (waiter->serial != serial || waiter->reply)
      continue;
    waiter->reply = std::move(reply);
    waiter->answered.notify_one();
    return {};
  }
  if (std::erase(late, serial) == 0)
    return broken("it answered a call that does not wait for an answer");
  return {};
}

/* For every message, in order. */
Result<void> GdbusTransport::Shared::receive(DBusMessagePtr message) {
  switch (g_dbus_message_get_message_type(message.get())) {
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
      return receive_event(message.get());
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
    case G_DBUS_MESSAGE_TYPE_ERROR:
      return receive_reply(std::move(message));
    default:
      return broken("it made a call");
  }
}

GdbusTransport::GdbusTransport(Options options)
    : options_(std::move(options)), shared_(std::make_shared<Shared>()) {
  shared_->interface_name = options_.interface_name;
}

GdbusTransport::~GdbusTransport() {
  close();
}

Result<std::unique_ptr<GdbusTransport>> GdbusTransport::open(UniqueFd socket, Options options) {
  const int flags = fcntl(socket.get(), F_GETFL);
  if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    return Error::from_errno(errno, "cannot use the socket of an IPA worker");
  const Result<std::shared_ptr<IoThread>> io = IoThread::start();
  if (!io)
    return io.error();
  const Result<void> done = options.server ? accept_peer(socket.get(), options.handshake_deadline)
                                           : join_peer(socket.get(), options.handshake_deadline);
  if (!done)
    return done.error();
  std::unique_ptr<GdbusTransport> transport(new GdbusTransport(std::move(options)));  // NOLINT
  transport->stream_ = std::make_unique<MessageStream>(
      std::move(socket), MessageStream::Limits{transport->options_.max_message, kMaxFds});
  return transport;
}

void GdbusTransport::set_handlers(EventHandler on_event, ClosedHandler on_closed) {
  {
    const std::lock_guard lock(shared_->handler_mutex);
    shared_->on_event = std::move(on_event);
    shared_->on_closed = std::move(on_closed);
  }
  stream_->start({
      .on_message = [shared = shared_](
                        DBusMessagePtr message) { return shared->receive(std::move(message)); },
      .on_end = [shared = shared_](Error error) { shared->finish(std::move(error)); },
  });
}

DBusMessagePtr GdbusTransport::new_call(const std::string& member) const {
  const size_t dot = member.rfind('.');
  const bool full = dot != std::string::npos;
  return DBusMessagePtr::adopt(g_dbus_message_new_method_call(
      nullptr, kObjectPath, full ? member.substr(0, dot).c_str() : options_.interface_name.c_str(),
      full ? member.c_str() + dot + 1 : member.c_str()));
}

Result<Message> GdbusTransport::call(Message message, std::chrono::milliseconds deadline) {
  if (Result<void> allowed = check_limits(message); !allowed)
    return allowed.error();
  const std::string member = message.member;
  const DBusMessagePtr call = new_call(member);
  fill_message(call.get(), std::move(message));

  Shared& s = *shared_;
  Shared::Waiter waiter;
  std::unique_lock lock(s.mutex);
  if (s.gone)
    return lost_error();
  waiter.serial = s.next_serial();
  g_dbus_message_set_serial(call.get(), waiter.serial);
  s.waiters.push_back(&waiter);
  Result<void> sent = stream_->send(call.get());
  if (sent) {
    waiter.answered.wait_for(lock, deadline, [&] { return waiter.reply || s.gone; });
    if (!waiter.reply && !s.gone)
      s.late.push_back(waiter.serial);
  }
  std::erase(s.waiters, &waiter);
  const bool gone = s.gone;
  lock.unlock();
  if (!sent)
    return sent.error().code == Error::Code::Lost ? sent.error()
                                                  : sent.error().within(member + "()");
  if (!waiter.reply) {
    return gone ? lost_error()
                : Error(Error::Code::Timeout, member + "() was not answered within " +
                                                  std::to_string(deadline.count()) + " ms");
  }
  if (g_dbus_message_get_message_type(waiter.reply.get()) == G_DBUS_MESSAGE_TYPE_ERROR)
    return error_from_reply(waiter.reply.get());
  return take_message(waiter.reply.get(), member);
}

Result<void> GdbusTransport::post(Message message) {
  if (Result<void> allowed = check_limits(message); !allowed)
    return allowed;
  const std::string member = message.member;
  const DBusMessagePtr call = new_call(member);
  fill_message(call.get(), std::move(message));
  g_dbus_message_set_flags(call.get(), G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);

  Shared& s = *shared_;
  const std::lock_guard lock(s.mutex);
  if (s.gone)
    return lost_error();
  if (s.unanswered >= kMaxUnanswered) {
    return Error(
        Error::Code::Busy,
        member + "() is refused: the worker has " + std::to_string(kMaxUnanswered) + " calls to do",
        "the IPA module is too slow, or hangs");
  }
  g_dbus_message_set_serial(call.get(), s.next_serial());
  if (Result<void> sent = stream_->send(call.get()); !sent)
    return sent.error().code == Error::Code::Lost ? sent.error()
                                                  : sent.error().within(member + "()");
  s.unanswered++;
  if (++s.since_sync < kSyncInterval)
    return {};
  s.since_sync = 0;
  const auto sync = DBusMessagePtr::adopt(
      g_dbus_message_new_method_call(nullptr, kObjectPath, kWorkerInterface, kWorkerSync));
  g_dbus_message_set_serial(sync.get(), s.next_serial());
  s.sync_serials.push_back(s.last_serial);
  /* Where it fails the stream has ended, and that is reported by itself. */
  if (!stream_->send(sync.get()))
    s.sync_serials.pop_back();
  return {};
}

void GdbusTransport::close() {
  {
    const std::lock_guard lock(shared_->handler_mutex);
    shared_->closed = true;
    shared_->on_event = nullptr;
    shared_->on_closed = nullptr;
    if (std::exchange(shared_->ended, true))
      return;
  }
  if (stream_)
    stream_->close();
  const std::lock_guard lock(shared_->mutex);
  shared_->gone = true;
  for (Shared::Waiter* waiter : shared_->waiters)
    waiter->answered.notify_one();
}

}  // namespace gstcam::ipc
