/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/gdbus-auth.h"

#include <gio/gunixconnection.h>

#include <cstring>

namespace gstcam::ipc {

Result<ObjectPtr<GIOStream>> make_stream(UniqueFd socket) {
  g_type_ensure(G_TYPE_UNIX_CONNECTION);  // or the factory makes a stream that passes no fds
  ErrorOut error;
  const auto gsocket = ObjectPtr<GSocket>::adopt(g_socket_new_from_fd(socket.get(), &error));
  if (!gsocket)
    return Error(Error::Code::Invalid, std::string("not a connected socket: ") + error.message());
  (void)socket.release();  // GSocket closes it from now on
  return ObjectPtr<GIOStream>::adopt(
      G_IO_STREAM(g_socket_connection_factory_create_connection(gsocket.get())));
}

ObjectPtr<GDBusAuthObserver> user_observer(uid_t user) {
  auto observer = ObjectPtr<GDBusAuthObserver>::adopt(g_dbus_auth_observer_new());
  g_signal_connect(observer.get(), "allow-mechanism",
                   G_CALLBACK(+[](GDBusAuthObserver*, const char* mechanism, gpointer) -> gboolean {
                     return std::strcmp(mechanism, "EXTERNAL") == 0;
                   }),
                   nullptr);
  /* A number that is never followed; apart from the call, whose macro hides the mark. */
  gpointer only_user = GUINT_TO_POINTER(user);  // NOLINT(performance-no-int-to-ptr)
  g_signal_connect(observer.get(), "authorize-authenticated-peer",
                   G_CALLBACK(+[](GDBusAuthObserver*, GIOStream*, GCredentials* credentials,
                                  gpointer allowed) -> gboolean {
                     return credentials && g_credentials_get_unix_user(credentials, nullptr) ==
                                               GPOINTER_TO_UINT(allowed);
                   }),
                   only_user);
  return observer;
}

}  // namespace gstcam::ipc
