/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/refusals.h"

#include <sys/socket.h>

#include <algorithm>

#include "ipc/gdbus-auth.h"
#include "ipc/gdbus-message.h"

namespace gstcam::ipc {

/* Used by a callback of GDBus's after its end: so shared. */
struct Refusals::Refusal {
  explicit Refusal(Error error) : why(std::move(error)) {}
  ~Refusal() {
    if (timer)
      g_source_destroy(timer.get());
  }
  Refusal(const Refusal&) = delete;
  Refusal& operator=(const Refusal&) = delete;

  const Error why;
  int socket = -1;  // borrowed from the stream
  ObjectPtr<GIOStream> stream;
  ObjectPtr<GDBusConnection> connection;
  SourcePtr timer;
  bool over = false;

  void connected(GAsyncResult* result);
  void end() {
    over = true;
    ::shutdown(socket, SHUT_RDWR);
  }
};

namespace {

/* In GDBus's thread. */
GDBusMessage* answer(GDBusConnection* connection, GDBusMessage* message, const Error& why) {
  if (g_dbus_message_get_message_type(message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL) {
    const DBusMessagePtr reply = make_error_reply(message, why);
    /* Where it fails the peer is gone. */
    g_dbus_connection_send_message(connection, reply.get(), G_DBUS_SEND_MESSAGE_FLAGS_NONE, nullptr,
                                   nullptr);
  }
  g_object_unref(message);
  return nullptr;
}

}  // namespace

Refusals::Refusals() = default;

Refusals::~Refusals() {
  for (const std::shared_ptr<Refusal>& refusal : refusals_)
    refusal->end();
}

void Refusals::Refusal::connected(GAsyncResult* result) {
  ErrorOut error;
  connection = ObjectPtr<GDBusConnection>::adopt(g_dbus_connection_new_finish(result, &error));
  if (!connection || over) {
    end();
    return;
  }
  g_dbus_connection_set_exit_on_close(connection.get(), FALSE);
  g_signal_connect(connection.get(), "closed",
                   G_CALLBACK(+[](GDBusConnection*, gboolean, GError*, gpointer data) {
                     *static_cast<bool*>(data) = true;
                   }),
                   &over);
  g_dbus_connection_add_filter(
      connection.get(),
      [](GDBusConnection* from, GDBusMessage* message, gboolean incoming, gpointer data) {
        return incoming ? answer(from, message, *static_cast<Error*>(data)) : message;
      },
      new Error(why),                                            // NOLINT
      [](gpointer data) { delete static_cast<Error*>(data); });  // NOLINT
  g_dbus_connection_start_message_processing(connection.get());
}

void Refusals::refuse(UniqueFd socket, uid_t user, const Error& why) {
  std::erase_if(refusals_, [](const std::shared_ptr<Refusal>& refusal) { return refusal->over; });
  if (refusals_.size() >= kMax)
    return;
  auto refusal = std::make_shared<Refusal>(why);
  refusal->socket = socket.get();
  Result<ObjectPtr<GIOStream>> stream = make_stream(std::move(socket));
  if (!stream)
    return;
  refusal->stream = std::move(*stream);
  refusal->timer.reset(g_timeout_source_new_seconds(kSeconds));
  g_source_set_callback(
      refusal->timer.get(),
      [](gpointer data) -> gboolean {
        static_cast<Refusal*>(data)->end();
        return G_SOURCE_REMOVE;
      },
      refusal.get(), nullptr);
  g_source_attach(refusal->timer.get(), nullptr);
  const CharPtr guid(g_dbus_generate_guid());
  g_dbus_connection_new(
      refusal->stream.get(), guid.get(),
      static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                                        G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING),
      user_observer(user).get(), nullptr,
      [](GObject*, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<std::shared_ptr<Refusal>> self(
            static_cast<std::shared_ptr<Refusal>*>(data));
        (*self)->connected(result);
      },
      new std::shared_ptr<Refusal>(refusal));  // NOLINT: the callback takes it
  refusals_.push_back(std::move(refusal));
}

}  // namespace gstcam::ipc
