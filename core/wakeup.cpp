/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/wakeup.h"

#include <memory>
#include <utility>

namespace gstcam {

gboolean Wakeup::dispatch(GSource* source, GSourceFunc /*callback*/, gpointer data) {
  // Before the function runs: what is asked for meanwhile must not get lost.
  g_source_set_ready_time(source, -1);
  (*static_cast<std::function<void()>*>(data))();
  return G_SOURCE_CONTINUE;
}

Wakeup::Wakeup(GMainContext* context, const char* name, std::function<void()> function) {
  static GSourceFuncs functions = {nullptr, nullptr, &Wakeup::dispatch, nullptr, nullptr, nullptr};
  source_.reset(g_source_new(&functions, sizeof(GSource)));
  g_source_set_static_name(source_.get(), name);
  // GLib hands a source its callback's data only together with a callback, and keeps them as long
  // as the source is dispatched: the function may run when another thread takes the Wakeup away.
  g_source_set_callback(
      source_.get(), [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; },
      std::make_unique<std::function<void()>>(std::move(function)).release(),
      [](gpointer data) {
        const std::unique_ptr<std::function<void()>> gone(
            static_cast<std::function<void()>*>(data));
      });
  g_source_attach(source_.get(), context);
}

Wakeup::~Wakeup() {
  g_source_destroy(source_.get());
}

void Wakeup::signal() {
  g_source_set_ready_time(source_.get(), 0);
}

void Wakeup::signal_at(int64_t monotonic_us) {
  g_source_set_ready_time(source_.get(), monotonic_us);
}

void Wakeup::cancel() {
  g_source_set_ready_time(source_.get(), -1);
}

}  // namespace gstcam
