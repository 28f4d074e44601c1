/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/worker.h"

#include <unistd.h>

#include <exception>
#include <string_view>

#include "ipc/gdbus-auth.h"
#include "ipc/gdbus-message.h"
#include "ipc/worker/exit-status.h"
#include "ipc/worker/introspection.h"

namespace gstcam::ipc {

namespace {

/* How long an IPA may go on with its call when nobody listens any more. */
constexpr guint kLastCallSeconds = 2;
/* For a client to authenticate, while which nobody else is served. */
constexpr guint kHandshakeSeconds = 3;

void send(const ObjectPtr<GDBusConnection>& connection, GDBusMessage* message) {
  /* An error means that the peer is gone, which ends or drops the connection by itself. */
  g_dbus_connection_send_message(connection.get(), message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, nullptr,
                                 nullptr);
}

}  // namespace

Worker::Worker() : io_(IoThread::get()) {}

Worker::~Worker() {
  for (const ConnectionPtr& connection : connections_)
    g_dbus_connection_close_sync(connection.get(), nullptr, nullptr);
}

void Worker::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_.notify_one();
}

Result<void> Worker::serve_host(UniqueFd socket, std::optional<uid_t> client) {
  Result<ObjectPtr<GIOStream>> stream = make_stream(std::move(socket));
  if (!stream)
    return stream.error();
  ErrorOut error;
  ConnectionPtr connection;
  const CharPtr guid(client ? g_dbus_generate_guid() : nullptr);
  const ObjectPtr<GDBusAuthObserver> observer = client ? user_observer(*client) : nullptr;
  GSocket* gsocket =
      g_socket_connection_get_socket(reinterpret_cast<GSocketConnection*>(stream->get()));
  if (client)
    g_socket_set_timeout(gsocket, kHandshakeSeconds);
  /* In the IoThread, whose context then hears of the end. */
  io_->run([&] {
    connection = ConnectionPtr::adopt(g_dbus_connection_new_sync(
        stream->get(), guid.get(),
        static_cast<GDBusConnectionFlags>((client ? G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                                                  : G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT) |
                                          G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING),
        observer.get(), nullptr, &error));
    if (!connection)
      return;
    g_socket_set_timeout(gsocket, 0);
    g_dbus_connection_set_exit_on_close(connection.get(), FALSE);
    g_signal_connect(connection.get(), "closed",
                     G_CALLBACK(+[](GDBusConnection*, gboolean, GError*, gpointer self) {
                       static_cast<Worker*>(self)->end();
                       const SourcePtr limit(g_timeout_source_new_seconds(kLastCallSeconds));
                       g_source_set_callback(
                           limit.get(), [](gpointer) -> gboolean { _exit(kExitHung); }, nullptr,
                           nullptr);
                       g_source_attach(limit.get(), g_main_context_get_thread_default());
                     }),
                     this);
  });
  if (!connection)
    return Error(Error::Code::Lost, std::string("cannot authenticate: ") + error.message());
  add_connection(connection);
  return {};
}

void Worker::add_connection(const ConnectionPtr& connection) {
  g_dbus_connection_add_filter(
      connection.get(),
      [](GDBusConnection* from, GDBusMessage* message, gboolean incoming, gpointer self) {
        return incoming ? static_cast<Worker*>(self)->receive(from, message) : message;
      },
      this, nullptr);
  {
    const std::lock_guard lock(send_mutex_);
    std::erase_if(connections_, [](const ConnectionPtr& old) {
      return g_dbus_connection_is_closed(old.get()) != FALSE;
    });
    connections_.push_back(connection);
  }
  g_dbus_connection_start_message_processing(connection.get());
}

/* In GDBus's thread. */
GDBusMessage* Worker::receive(GDBusConnection* connection, GDBusMessage* message) {
  if (g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  const char* interface = g_dbus_message_get_interface(message);
  if (interface && std::string_view(interface) == "org.freedesktop.DBus.Peer")
    return message;
  const std::lock_guard lock(mutex_);
  const bool was_empty = calls_.empty();
  calls_.push_back({ConnectionPtr::ref(connection), ObjectPtr<GDBusMessage>::adopt(message)});
  if (was_empty)
    wake_.notify_one();
  return nullptr;
}

void Worker::run(Stub& stub, About about) {
  {
    const std::lock_guard lock(send_mutex_);
    interface_name_ = stub.interface_name();
    about_ = std::move(about);
  }
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ended_ || !calls_.empty(); });
    if (ended_)
      return;  // nobody waits for an answer
    const Call call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    serve(stub, call);
    lock.lock();
  }
}

void Worker::serve(Stub& stub, const Call& call) {
  const auto text = [](const char* s) { return std::string_view(s ? s : ""); };
  const std::string_view interface = text(g_dbus_message_get_interface(call.message.get()));
  const std::string_view path = text(g_dbus_message_get_path(call.message.get()));
  const std::string_view member = text(g_dbus_message_get_member(call.message.get()));
  if (path == kObjectPath && interface == stub.interface_name()) {
    serve_ipa(stub, call);
    return;
  }
  const bool own = path == kObjectPath && interface == kWorkerInterface;
  DBusMessagePtr reply;
  if (own && member == kWorkerSync)
    reply = DBusMessagePtr::adopt(g_dbus_message_new_method_reply(call.message.get()));
  else if (own && member == kWorkerHello)
    reply = say_hello(call.message.get());
  else
    reply = answer_standard_call(call.message.get(), stub.introspection_xml());
  send(call.connection, reply.get());
}

DBusMessagePtr Worker::say_hello(GDBusMessage* call) const {
  auto reply = DBusMessagePtr::adopt(g_dbus_message_new_method_reply(call));
  g_dbus_message_set_body(
      reply.get(), g_variant_new("(ssis)", interface_name_.c_str(), about_.hash.c_str(), getpid(),
                                 about_.layers.c_str()));
  return reply;
}

Result<Message> Worker::dispatch(Stub& stub, Message message) {
  try {
    return stub.dispatch(std::move(message));
  } catch (const std::exception& e) {
    return Error(Error::Code::Failed, std::string("the IPA threw: ") + e.what());
  } catch (...) {
    return Error(Error::Code::Failed, "the IPA threw something that is no std::exception");
  }
}

void Worker::serve_ipa(Stub& stub, const Call& call) {
  GDBusMessage* message = call.message.get();
  const std::string member = g_dbus_message_get_member(message);
  const bool wants_reply =
      !(g_dbus_message_get_flags(message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  /* Every interface has these two: the generator sees to it. */
  const bool starts = member == "Start";
  const bool stops = member == "Stop";

  Result<Message> taken = take_message(message, member);
  if (starts && taken) {
    const std::lock_guard lock(send_mutex_);
    running_ = true;
  }
  Result<Message> result = taken ? dispatch(stub, std::move(*taken)) : std::move(taken);
  if (stops || (starts && !result)) {
    const std::lock_guard lock(send_mutex_);
    running_ = false;
  }
  if (result && wants_reply) {
    if (Result<void> checked = check_limits(*result); !checked)
      result = checked.error();
  }
  if (!result) {
    if (wants_reply)
      send(call.connection, make_error_reply(message, result.error()).get());
    else
      send_call_failed(member, result.error());
    return;
  }
  if (!wants_reply)
    return;
  const auto reply = DBusMessagePtr::adopt(g_dbus_message_new_method_reply(message));
  fill_message(reply.get(), std::move(*result));
  send(call.connection, reply.get());
}

void Worker::send_to_all(const char* interface, const std::string& member, Message message) {
  const std::lock_guard lock(send_mutex_);
  if (!running_)
    return;
  const auto signal = DBusMessagePtr::adopt(g_dbus_message_new_signal(
      kObjectPath, interface ? interface : interface_name_.c_str(), member.c_str()));
  fill_message(signal.get(), std::move(message));
  for (size_t i = 0; i < connections_.size(); i++) {
    /* A message that was sent is locked and has its serial: every other peer gets a copy. */
    const DBusMessagePtr copy =
        i + 1 < connections_.size()
            ? DBusMessagePtr::adopt(g_dbus_message_copy(signal.get(), nullptr))
            : signal;
    if (copy)
      send(connections_[i], copy.get());
  }
}

void Worker::emit(Message event) {
  if (Result<void> checked = check_limits(event); !checked) {
    refuse(event.member.c_str(), checked.error());
    return;
  }
  const std::string member = event.member;
  send_to_all(nullptr, member, std::move(event));
}

void Worker::refuse(const char* member, Error why) {
  send_call_failed(member, why);
}

void Worker::send_call_failed(const std::string& member, const Error& error) {
  const CharPtr text(g_utf8_make_valid(error.message.c_str(), -1));
  const CharPtr hint(g_utf8_make_valid(error.hint.c_str(), -1));
  Message message;
  message.body =
      sink(g_variant_new("(ssss)", member.c_str(), to_string(error.code), text.get(), hint.get()));
  send_to_all(kWorkerInterface, kWorkerCallFailed, std::move(message));
}

}  // namespace gstcam::ipc
