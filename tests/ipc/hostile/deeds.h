/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the hostile module can do, by name. Three kinds: deeds that end or hang the process,
 * attempts to reach what a worker has no business with, and lies to the host. Each returns false
 * for a name it does not know. Runs in the worker; everything is aimed at its own process or is
 * harmless where it succeeds.
 */
#pragma once

#include <gio/gio.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/shared-memory.h"
#include "ipc/stub.h"
#include "simulated-ipa-interface.h"

namespace gstcam::hostile {

/** What a lie is made of. */
struct Stage {
  simulated::IpaEvents* events = nullptr;
  ipc::EventSink* sink = nullptr;
  uint32_t frame = 0;
  uint32_t params_buffer = 0;
  uint32_t stats_buffer = 0;
  std::map<uint32_t, SharedMemory>* buffers = nullptr;
};

/** Ends or hangs the process: "segfault", "abort", "exit", "_exit", "loop", "sigstop". */
bool end_process(std::string_view deed);

/**
 * Tries something that is not its business. `error` is 0 where that worked, else the errno. A
 * kernel that looks at the arguments before it says no has let the call in: see table.cpp.
 */
bool attempt(std::string_view deed, int& error);
/** The same with the shared memory of the interface. */
bool attempt_on_buffers(std::string_view deed, const Stage& stage, int& error);

/** Says something wrong instead of what it should; true also where nothing is left to say. */
bool lie(std::string_view deed, const Stage& stage);
/** Writes wrong parameters for the frame. */
bool lie_in_params(std::string_view deed, const Stage& stage);
/** Changes the reply of a sync call. */
bool lie_in_reply(std::string_view deed, Result<ipc::Message>& reply);

/* The connection below the IPA: the first socket among the descriptors. */
int find_socket();
/** Writes all of it, with so many descriptors. False when the other side is gone. */
bool say_raw(const void* bytes, size_t size, int fds = 0);
bool say_raw(GDBusMessage* message, int fds = 0);

}  // namespace gstcam::hostile
