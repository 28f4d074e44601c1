/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a worker says about itself on D-Bus besides its IPA's interface, so that gdbus, busctl and
 * any D-Bus library can look at it: org.freedesktop.DBus.Introspectable and what busctl asks first.
 * (GDBus itself answers org.freedesktop.DBus.Peer.)
 */
#pragma once

#include <gio/gio.h>

#include <string>
#include <string_view>

#include "ipc/gdbus-message.h"

namespace gstcam::ipc {

/**
 * The introspection of the object at `path`: the IPA with `ipa_xml` (a <node> of its interface), a
 * folder on the way to it, or empty where there is no object.
 */
std::string introspect(std::string_view path, std::string_view ipa_xml);

/** The answer to a call of a standard interface, or an error of org.freedesktop.DBus.Error. */
DBusMessagePtr answer_standard_call(GDBusMessage* call, std::string_view ipa_xml);

}  // namespace gstcam::ipc
