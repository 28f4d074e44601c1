/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/context-thread.h"

#include "base/thread.h"

namespace gstcam {

namespace {

struct Call {
  const std::function<void()>* function;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
};

gboolean run_call(gpointer data) {
  auto* call = static_cast<Call*>(data);
  (*call->function)();
  // The caller's stack holds the call: it may be gone as soon as the lock is.
  std::lock_guard lock(call->mutex);
  call->done = true;
  call->changed.notify_one();
  return G_SOURCE_REMOVE;
}

}  // namespace

ContextThread::ContextThread()
    : context_(g_main_context_new()), loop_(g_main_loop_new(context_.get(), FALSE)) {}

Result<std::unique_ptr<ContextThread>> ContextThread::create(const char* name) {
  std::unique_ptr<ContextThread> self(new ContextThread());  // NOLINT: private constructor
  /* References of its own: it may be left. */
  struct Loop {
    MainContextPtr context;
    HandlePtr<GMainLoop, g_main_loop_unref> loop;
  };
  const auto own = std::make_shared<Loop>(
      Loop{MainContextPtr(g_main_context_ref(self->context_.get())),
           HandlePtr<GMainLoop, g_main_loop_unref>(g_main_loop_ref(self->loop_.get()))});
  Result<std::thread> thread = start_thread(name, [own] {
    g_main_context_push_thread_default(own->context.get());
    g_main_loop_run(own->loop.get());
    g_main_context_pop_thread_default(own->context.get());
  });
  if (!thread)
    return thread.error();
  self->thread_ = std::move(*thread);
  // Quitting a loop that does not run yet would have no effect: see it run once.
  self->run([] {});
  return self;
}

ContextThread::~ContextThread() {
  if (!thread_.joinable())
    return;
  g_main_loop_quit(loop_.get());
  thread_.join();
}

void ContextThread::leave(std::unique_ptr<ContextThread> self, std::function<void()> last) {
  /* The loop outlives its run, during which this is called. */
  self->post([loop = self->loop_.get(), last = std::move(last)] {
    last();
    g_main_loop_quit(loop);
  });
  self->thread_.detach();
}

void ContextThread::post(std::function<void()> function) {
  SourcePtr source(g_idle_source_new());
  g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
  g_source_set_static_name(source.get(), "camera call");
  g_source_set_callback(
      source.get(),
      [](gpointer data) -> gboolean {
        (*static_cast<std::function<void()>*>(data))();
        return G_SOURCE_REMOVE;
      },
      std::make_unique<std::function<void()>>(std::move(function)).release(),
      [](gpointer data) {
        const std::unique_ptr<std::function<void()>> owned(
            static_cast<std::function<void()>*>(data));
      });
  g_source_attach(source.get(), context_.get());
}

void ContextThread::run(const std::function<void()>& function) {
  if (is_current()) {
    function();
    return;
  }
  Call call{&function, {}, {}, false};
  SourcePtr source(g_idle_source_new());
  g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
  g_source_set_static_name(source.get(), "camera call");
  g_source_set_callback(source.get(), run_call, &call, nullptr);
  g_source_attach(source.get(), context_.get());
  std::unique_lock lock(call.mutex);
  call.changed.wait(lock, [&call] { return call.done; });
}

}  // namespace gstcam
