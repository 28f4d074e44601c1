/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message <-> GDBusMessage, and Error <-> D-Bus error: what both ends of a GDBus connection share.
 */
#pragma once

#include <gio/gio.h>

#include <string>
#include <string_view>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "ipc/message.h"

namespace gstcam::ipc {

inline constexpr char kObjectPath[] = "/org/freedesktop/GstCamera/Ipa";

/** The protocol between host and worker program, beside the IPA's own interface. */
inline constexpr char kWorkerInterface[] = "org.freedesktop.GstCamera.Worker";
/** Method: returns when every call before it was done; so a host knows what waits. */
inline constexpr char kWorkerSync[] = "Sync";
/** Method: (interface, hash of it, pid, layers of the sandbox) of what is served. Where a service
 * has no worker for us, the error says why. */
inline constexpr char kWorkerHello[] = "Hello";
inline constexpr char kHelloMember[] = "org.freedesktop.GstCamera.Worker.Hello";
/** Signal (member, code, message, hint): an IPA returned an error from an async call. */
inline constexpr char kWorkerCallFailed[] = "CallFailed";
inline constexpr char kCallFailedMember[] = "org.freedesktop.GstCamera.Worker.CallFailed";

using DBusMessagePtr = ObjectPtr<GDBusMessage>;

/** Invalid where the message is larger than a transport carries. */
Result<void> check_limits(const Message& message);

/** Puts body and fds of `message` (which passed check_limits()) into `out`. */
void fill_message(GDBusMessage* out, Message message);

/** Body and fds of a received message; Protocol where it breaks a limit. Takes its fds. */
Result<Message> take_message(GDBusMessage* from, std::string member);

/** "org.freedesktop.GstCamera.Error.WrongState" */
std::string dbus_error_name(Error::Code code);
/** The error reply to `call`. */
DBusMessagePtr make_error_reply(GDBusMessage* call, const Error& error);
/** An Error from an error reply; one that speaks of Lost, Timeout, Protocol is Failed. */
Error error_from_reply(GDBusMessage* reply);

}  // namespace gstcam::ipc
