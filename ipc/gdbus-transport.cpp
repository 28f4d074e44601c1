/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/gdbus-transport.h"

#include <gio/gio.h>
#include <gio/gunixconnection.h>
#include <gio/gunixfdlist.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "ipc/gdbus-auth.h"
#include "ipc/gdbus-message.h"

namespace gstcam::ipc {

namespace {

Error lost_error() {
  return Error(Error::Code::Lost, "the peer closed the connection");
}

/** Waits in the caller's thread for what the IoThread does. */
struct Handshake {
  std::mutex mutex;
  std::condition_variable cond;
  bool done = false;
  ObjectPtr<GDBusConnection> connection;
  std::optional<Error> error;
};

}  // namespace

/* What GDBus's thread and the IoThread call into; outlives the transport where they are late. */
struct GdbusTransport::Shared {
  /* Held while a handler runs: so close() waits for it. */
  std::mutex handler_mutex;
  EventHandler on_event;
  ClosedHandler on_closed;
  bool closed = false;         // no handler is called any more
  bool ended = false;          // close() was called
  std::optional<Error> early;  // what went wrong before there was a handler

  std::mutex flow_mutex;
  std::deque<guint32> sync_serials;  // answers that are due, oldest first
  uint32_t unanswered = 0;           // posts since the last answer
  uint32_t since_sync = 0;

  std::vector<guint32> awaited;  // serials of calls without a reply; GDBus's thread only

  std::string interface_name;
  std::atomic<int> socket{-1};  // borrowed from the stream

  GDBusMessage* filter(GDBusMessage* message);
  GDBusMessage* filter_outgoing(GDBusMessage* message);
  bool take_awaited(guint32 serial);
  void receive_event(GDBusMessage* message);
  void finish(Error error);
  std::optional<Error> take_early() {
    const std::lock_guard lock(handler_mutex);
    return std::exchange(early, std::nullopt);
  }
  void violated(const std::string& what) {
    finish(Error(Error::Code::Protocol, "the peer broke the protocol: " + what,
                 "this is an error in the IPA worker or its module"));
    /* Nothing else it says is of interest. */
    ::shutdown(socket, SHUT_RDWR);
  }
};

void GdbusTransport::Shared::finish(Error error) {
  const std::lock_guard lock(handler_mutex);
  if (closed)
    return;
  if (!on_closed) {
    if (!early)
      early = std::move(error);
    return;
  }
  closed = true;
  on_closed(std::move(error));
}

void GdbusTransport::Shared::receive_event(GDBusMessage* message) {
  const char* interface = g_dbus_message_get_interface(message);
  const char* name = g_dbus_message_get_member(message);
  std::string member = name ? name : "";
  if (!interface || interface_name != interface)
    member = std::string(interface ? interface : "?") + "." + member;
  Result<Message> event = take_message(message, std::move(member));
  if (!event) {
    violated(event.error().message);
    return;
  }
  const std::lock_guard lock(handler_mutex);
  if (!closed && on_event)
    on_event(std::move(*event));
}

bool GdbusTransport::Shared::take_awaited(guint32 serial) {
  const auto at = std::find(awaited.begin(), awaited.end(), serial);
  if (at == awaited.end())
    return false;
  awaited.erase(at);
  return true;
}

/* In GDBus's thread, before the message is written: so before it can be answered. */
GDBusMessage* GdbusTransport::Shared::filter_outgoing(GDBusMessage* message) {
  if (!(g_dbus_message_get_flags(message) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED))
    awaited.push_back(g_dbus_message_get_serial(message));
  return message;
}

/* In GDBus's thread, for every message, in order. What is taken here costs no further way. */
GDBusMessage* GdbusTransport::Shared::filter(GDBusMessage* message) {
  switch (g_dbus_message_get_message_type(message)) {
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
      receive_event(message);
      break;
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
    case G_DBUS_MESSAGE_TYPE_ERROR: {
      if (!take_awaited(g_dbus_message_get_reply_serial(message))) {
        violated("it answered a call that does not wait for an answer");
        break;
      }
      const std::lock_guard lock(flow_mutex);
      if (sync_serials.empty() || sync_serials.front() != g_dbus_message_get_reply_serial(message))
        return message;
      sync_serials.pop_front();
      unanswered -= kSyncInterval;
      break;
    }
    default:
      violated("it made a call");
      break;
  }
  g_object_unref(message);
  return nullptr;
}

GdbusTransport::GdbusTransport(Options options)
    : options_(std::move(options)), io_(IoThread::get()), shared_(std::make_shared<Shared>()) {
  shared_->interface_name = options_.interface_name;
}

GdbusTransport::~GdbusTransport() {
  close();
}

Result<std::unique_ptr<GdbusTransport>> GdbusTransport::open(UniqueFd socket, Options options) {
  std::unique_ptr<GdbusTransport> transport(new GdbusTransport(std::move(options)));  // NOLINT
  if (Result<void> done = transport->handshake(std::move(socket)); !done)
    return done.error();
  return transport;
}

Result<std::unique_ptr<GdbusTransport>> GdbusTransport::connect(const std::string& address,
                                                                Options options) {
  constexpr std::string_view kPath = "unix:path=";
  if (!address.starts_with(kPath)) {
    return Error(Error::Code::Invalid, "'" + address + "' is no address of an IPA worker",
                 "an address reads unix:path=/the/socket");
  }
  const std::string path = address.substr(kPath.size());
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof(to.sun_path))
    return Error(Error::Code::Invalid, "the path of the socket '" + path + "' is too long");
  std::memcpy(to.sun_path, path.c_str(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid())
    return Error::from_errno(errno, "cannot make a socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) < 0)
    return Error::from_errno(errno, "cannot connect to '" + path + "'", "is the worker running?");
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid())
    return Error(Error::Code::Permission, "the worker at '" + path + "' is another user's");
  options.server = false;
  return open(std::move(socket), std::move(options));
}

Result<void> GdbusTransport::handshake(UniqueFd socket) {
  Result<std::unique_ptr<MessageGate>> gate =
      MessageGate::open(std::move(socket), options_.server, {options_.max_message, kMaxFds},
                        [weak = std::weak_ptr(shared_)](const std::string& what) {
                          if (const std::shared_ptr<Shared> shared = weak.lock())
                            shared->violated(what);
                        });
  if (!gate)
    return gate.error();
  gate_ = std::move(*gate);
  Result<ObjectPtr<GIOStream>> stream = make_stream(gate_->take_inner());
  if (!stream)
    return stream.error();
  stream_ = std::move(*stream);
  shared_->socket = g_socket_get_fd(
      g_socket_connection_get_socket(reinterpret_cast<GSocketConnection*>(stream_.get())));

  const auto cancellable = ObjectPtr<GCancellable>::adopt(g_cancellable_new());
  Handshake state;
  io_->run([&] {
    const CharPtr guid(options_.server ? g_dbus_generate_guid() : nullptr);
    const ObjectPtr<GDBusAuthObserver> observer = own_user_observer();
    const auto flags = static_cast<GDBusConnectionFlags>(
        G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING |
        (options_.server ? G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                         : G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT));
    g_dbus_connection_new(
        stream_.get(), guid.get(), flags, observer.get(), cancellable.get(),
        [](GObject*, GAsyncResult* result, gpointer data) {
          auto* handshake = static_cast<Handshake*>(data);
          ErrorOut error;
          auto connection =
              ObjectPtr<GDBusConnection>::adopt(g_dbus_connection_new_finish(result, &error));
          const std::lock_guard lock(handshake->mutex);
          handshake->connection = std::move(connection);
          if (!handshake->connection) {
            const bool cancelled = g_error_matches(error.get(), G_IO_ERROR, G_IO_ERROR_CANCELLED);
            handshake->error = Error(cancelled ? Error::Code::Timeout : Error::Code::Lost,
                                     std::string("the peer did not authenticate: ") +
                                         (cancelled ? "the deadline passed" : error.message()));
          }
          handshake->done = true;
          handshake->cond.notify_one();
        },
        &state);
  });
  {
    std::unique_lock lock(state.mutex);
    if (!state.cond.wait_for(lock, options_.handshake_deadline, [&] { return state.done; })) {
      lock.unlock();
      g_cancellable_cancel(cancellable.get());
      lock.lock();
      state.cond.wait(lock, [&] { return state.done; });
    }
  }
  if (state.error)
    return *state.error;
  connection_ = std::move(state.connection);
  g_dbus_connection_set_exit_on_close(connection_.get(), FALSE);
  if (!(g_dbus_connection_get_capabilities(connection_.get()) &
        G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING))
    return Error(Error::Code::Protocol, "the peer does not take file descriptors");
  return {};
}

void GdbusTransport::set_handlers(EventHandler on_event, ClosedHandler on_closed) {
  {
    const std::lock_guard lock(shared_->handler_mutex);
    shared_->on_event = std::move(on_event);
    shared_->on_closed = std::move(on_closed);
  }
  /* The connection owns what its filter uses, not the filter: GDBus frees the data of a filter from
   * an idle source of the context that added it, which may never be iterated again. */
  auto* for_filter = new std::shared_ptr<Shared>(shared_);  // NOLINT
  g_object_set_data_full(
      G_OBJECT(connection_.get()), "gst-camera-filter", for_filter,
      [](gpointer data) { delete static_cast<std::shared_ptr<Shared>*>(data); });  // NOLINT
  g_dbus_connection_add_filter(
      connection_.get(),
      [](GDBusConnection*, GDBusMessage* message, gboolean incoming, gpointer data) {
        Shared& shared = **static_cast<std::shared_ptr<Shared>*>(data);
        return incoming ? shared.filter(message) : shared.filter_outgoing(message);
      },
      for_filter, nullptr);
  io_->run([this] {
    g_signal_connect_data(
        connection_.get(), "closed",
        G_CALLBACK(+[](GDBusConnection*, gboolean, GError*, gpointer data) {
          (*static_cast<std::shared_ptr<Shared>*>(data))->finish(lost_error());
        }),
        new std::shared_ptr<Shared>(shared_),  // NOLINT
        [](gpointer data, GClosure*) {
          delete static_cast<std::shared_ptr<Shared>*>(data);  // NOLINT
        },
        static_cast<GConnectFlags>(0));
    /* Its notice may have been before there was a handler. */
    if (const std::optional<Error> early = shared_->take_early())
      shared_->finish(*early);
    if (g_dbus_connection_is_closed(connection_.get()))
      shared_->finish(lost_error());
  });
  g_dbus_connection_start_message_processing(connection_.get());
}

DBusMessagePtr GdbusTransport::new_call(const std::string& member) const {
  const size_t dot = member.rfind('.');
  const bool full = dot != std::string::npos;
  return DBusMessagePtr::adopt(g_dbus_message_new_method_call(
      nullptr, kObjectPath, full ? member.substr(0, dot).c_str() : options_.interface_name.c_str(),
      full ? member.c_str() + dot + 1 : member.c_str()));
}

Result<Message> GdbusTransport::call(Message message, std::chrono::milliseconds deadline) {
  if (!connection_)
    return lost_error();
  if (Result<void> allowed = check_limits(message); !allowed)
    return allowed.error();
  const std::string member = message.member;
  const DBusMessagePtr call = new_call(member);
  fill_message(call.get(), std::move(message));

  ErrorOut error;
  /* It waits on a context of its own, and returns as soon as the stream ends. */
  const auto reply = DBusMessagePtr::adopt(g_dbus_connection_send_message_with_reply_sync(
      connection_.get(), call.get(), G_DBUS_SEND_MESSAGE_FLAGS_NONE,
      static_cast<int>(deadline.count()), nullptr, nullptr, &error));
  if (!reply) {
    if (g_error_matches(error.get(), G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) {
      return Error(Error::Code::Timeout, member + "() was not answered within " +
                                             std::to_string(deadline.count()) + " ms");
    }
    if (g_dbus_connection_is_closed(connection_.get()) ||
        g_error_matches(error.get(), G_IO_ERROR, G_IO_ERROR_CLOSED))
      return lost_error();
    return Error(Error::Code::Failed, member + "() could not be sent: " + error.message());
  }
  if (g_dbus_message_get_message_type(reply.get()) == G_DBUS_MESSAGE_TYPE_ERROR)
    return error_from_reply(reply.get());
  return take_message(reply.get(), member);
}

Result<void> GdbusTransport::post(Message message) {
  if (!connection_ || g_dbus_connection_is_closed(connection_.get()))
    return lost_error();
  if (Result<void> allowed = check_limits(message); !allowed)
    return allowed;
  const std::string member = message.member;
  const DBusMessagePtr call = new_call(member);
  fill_message(call.get(), std::move(message));
  g_dbus_message_set_flags(call.get(), G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);

  const std::lock_guard lock(shared_->flow_mutex);
  if (shared_->unanswered >= kMaxUnanswered) {
    return Error(
        Error::Code::Busy,
        member + "() is refused: the worker has " + std::to_string(kMaxUnanswered) + " calls to do",
        "the IPA module is too slow, or hangs");
  }
  ErrorOut error;
  if (!g_dbus_connection_send_message(connection_.get(), call.get(), G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                      nullptr, &error)) {
    if (g_dbus_connection_is_closed(connection_.get()))
      return lost_error();
    return Error(Error::Code::Failed, member + "() could not be sent: " + error.message());
  }
  shared_->unanswered++;
  if (++shared_->since_sync < kSyncInterval)
    return {};
  shared_->since_sync = 0;
  const auto sync = DBusMessagePtr::adopt(
      g_dbus_message_new_method_call(nullptr, kObjectPath, kWorkerInterface, kWorkerSync));
  guint32 serial = 0;
  /* Where it fails the connection is closed, and that is reported by itself. */
  if (g_dbus_connection_send_message(connection_.get(), sync.get(), G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                     &serial, nullptr))
    shared_->sync_serials.push_back(serial);
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
  if (!stream_)
    return;
  /* Before GDBus closes: it would first wait for a peer to read what it has to write. */
  ::shutdown(shared_->socket, SHUT_RDWR);
  if (connection_) {
    /* An error means that it was closed already. */
    g_dbus_connection_close_sync(connection_.get(), nullptr, nullptr);
  }
  g_io_stream_close(stream_.get(), nullptr, nullptr);
  gate_.reset();
}

}  // namespace gstcam::ipc
