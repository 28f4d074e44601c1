/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How both ends of a connection authenticate, and the stream they do it over.
 */
#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

/** A GIOStream over a connected AF_UNIX stream socket. */
Result<ObjectPtr<GIOStream>> make_stream(UniqueFd socket);

/** Takes peers of this user only, by what the kernel says of them (EXTERNAL). */
ObjectPtr<GDBusAuthObserver> user_observer(uid_t user);

}  // namespace gstcam::ipc
