/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wakeup: calls a function in a GMainContext when another thread, or a deadline, asks for it.
 *
 * Asking takes no allocation, so it may be done for every frame; asking several times before the
 * function runs makes it run once. signal() and signal_at() may be called from any thread. The
 * object may be destroyed in any thread too, and by its own function: destroyed elsewhere than in
 * the context's thread, its function may still be running then, and lives until it returns.
 */
#pragma once

#include <cstdint>
#include <functional>

#include "base/glib-ptr.h"

namespace gstcam {

class Wakeup {
 public:
  Wakeup(GMainContext* context, const char* name, std::function<void()> function);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /** As soon as the context is iterated. */
  void signal();
  /** At a time of g_get_monotonic_time(), in µs; replaces what was asked for before. */
  void signal_at(int64_t monotonic_us);
  /** Takes back what was asked for; in the context's thread nothing comes after it. */
  void cancel();

 private:
  static gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data);

  SourcePtr source_;
};

}  // namespace gstcam
