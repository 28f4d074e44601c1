/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker-host.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/sanitizers.h"
#include "ipc/gdbus-message.h"
#include "ipc/io-thread.h"

namespace gstcam::ipc {

namespace {

using namespace std::chrono_literals;

/* Of a worker's end we hear twice, from its process and from its stream. How long after the one the
 * other has: to say how it ended, and to be read to its end. */
constexpr auto kLastBreath = 200ms;

#ifdef GST_CAMERA_SANITIZER_BUILD
/* At its end it looks for leaks, which takes a while on a busy machine. */
constexpr auto kLeakCheck = 20s;
#else
constexpr auto kLeakCheck = 0s;
#endif

/* What one queued descriptor counts for: so that 256 of them fill the queue of events. */
constexpr size_t kFdCost = EventQueue::kMaxCost / 256;

}  // namespace

/* What the transport's and the process's threads call into. */
struct WorkerHost::Shared : std::enable_shared_from_this<Shared> {
  Shared(GMainContext* context, HostHandlers handlers)
      : state(std::make_shared<HostState>(context, std::move(handlers))) {}

  Options options;
  EventHandler on_event;
  std::optional<WorkerBudget> budget;
  std::shared_ptr<HostState> state;
  std::unique_ptr<WorkerLife> process;
  std::unique_ptr<Transport> transport;
  std::string isolation_level;
  std::string isolation_warning;
  bool closed = false;  // close() was called; the owner's thread only

  std::mutex mutex;
  std::condition_variable lost;
  bool ending = false;         // close() is on it: the end is no loss
  bool hung_up = false;        // its stream ended and it did not
  bool exited = false;         // it has ended for us
  bool declared = false;       // as lost
  std::optional<Error> cause;  // the first thing that went wrong
  /* It did not just end. Nothing more is taken from it; what came before is handed on, in the order
   * in which it came, whoever was faster: so the outcome is the same every time. */
  std::atomic<bool> distrusted{false};
  bool lied = false;  // in an event; the handler's context only

  void receive(Message message);
  void hand_on(Message event);
  void receive_call_failed(const Message& message);
  Result<void> judge_service(const std::string& layers);
  /** Something went wrong; the loss is declared when the process has ended. */
  void fail(Error error);
  void fail_for_event(Error error);
  void process_ended();
  void after_last_breath(void (Shared::*step)());
  void hung_up_and_lives();
  void declare();
  /** Under the mutex. */
  Error loss_for(const Error& why) const;
  Error wait_for_loss(const char* member);
};

/* A service is kept in what its service manager keeps it in, which we cannot see, and in what it
 * says. Where it says nothing, that is never taken for enough in silence. */
Result<void> WorkerHost::Shared::judge_service(const std::string& layers) {
  isolation_level = layers.empty() ? "service" : "service," + layers;
  if (!layers.empty())
    return {};
  const Error bare(Error::Code::Unsupported,
                   "the IPA worker at '" + options.address + "' has not locked itself",
                   "its service runs with --sandbox prefer and has no layer: see its journal");
  if (options.sandbox.policy == SandboxPolicy::Require)
    return bare;
  isolation_warning = bare.message;
  return {};
}

/* In the transport's thread. */
void WorkerHost::Shared::receive(Message message) {
  if (distrusted)
    return;
  if (const Result<void> counted = budget->count_event(); !counted) {
    fail(counted.error());
    return;
  }
  if (message.member == kCallFailedMember) {
    receive_call_failed(message);
    return;
  }
  if (std::find(options.events.begin(), options.events.end(), message.member) ==
      options.events.end()) {
    fail(Error(Error::Code::Protocol, "the IPA worker sent an event '" +
                                          message.member.substr(0, 80) +
                                          "' that its interface does not have"));
    return;
  }
  const size_t size = g_variant_get_size(message.body.get()) + message.fds.size() * kFdCost;
  const bool taken =
      state->offer(size, [self = shared_from_this(), event = std::move(message)]() mutable {
        self->hand_on(std::move(event));
      });
  if (!taken)
    fail(HostState::flooded());
}

/* In the handler's context. */
void WorkerHost::Shared::hand_on(Message event) {
  /* What follows a lie is not worth to be looked at, and would hide it. */
  if (lied)
    return;
  const std::string member = event.member;
  if (Result<void> handled = on_event(std::move(event)); !handled) {
    lied = true;
    fail_for_event(Error(Error::Code::Protocol,
                         "the IPA worker sent a wrong " + member + ": " + handled.error().message));
  }
}

void WorkerHost::Shared::receive_call_failed(const Message& message) {
  if (!g_variant_is_of_type(message.body.get(), G_VARIANT_TYPE("(ssss)"))) {
    fail(Error(Error::Code::Protocol, "the IPA worker sent a wrong CallFailed"));
    return;
  }
  const char* member = nullptr;
  const char* code = nullptr;
  const char* text = nullptr;
  const char* hint = nullptr;
  g_variant_get(message.body.get(), "(&s&s&s&s)", &member, &code, &text, &hint);
  constexpr size_t kMax = 4096;
  if (!state->offer_call_failed(
          std::string(member).substr(0, 80),
          Error(error_code_from_string(code), std::string(text).substr(0, kMax),
                std::string(hint).substr(0, kMax))))
    fail(HostState::flooded());
}

/* Any thread; does not block. */
void WorkerHost::Shared::fail(Error error) {
  const bool by_itself = error.code == Error::Code::Lost;
  bool over = false;
  {
    const std::lock_guard lock(mutex);
    if (ending || cause)
      return;
    distrusted = !by_itself;
    cause = std::move(error);
    over = exited;
    if (by_itself && process->ends_with_stream())
      hung_up = true;
  }
  if (over)
    declare();
  else if (!by_itself || process->ends_with_stream())
    process->kill();
  else  // the stream ended: most likely because the process does
    after_last_breath(&Shared::hung_up_and_lives);
}

/* In the handler's context. The event came before whatever else was found since. */
void WorkerHost::Shared::fail_for_event(Error error) {
  {
    const std::lock_guard lock(mutex);
    if (ending)
      return;
    if (cause && !distrusted) {
      cause = error;
      distrusted = true;
      if (declared)
        state->blame(loss_for(error));
      return;
    }
  }
  fail(std::move(error));
}

void WorkerHost::Shared::after_last_breath(void (Shared::*step)()) {
  struct Later {
    std::weak_ptr<Shared> shared;
    void (Shared::*step)();
  };
  const SourcePtr limit(
      g_timeout_source_new(static_cast<guint>(std::chrono::milliseconds(kLastBreath).count())));
  g_source_set_callback(
      limit.get(),
      [](gpointer data) -> gboolean {
        const auto* later = static_cast<Later*>(data);
        const auto what = later->step;
        if (const std::shared_ptr<Shared> self = later->shared.lock())
          (self.get()->*what)();
        return G_SOURCE_REMOVE;
      },
      new Later{weak_from_this(), step},                         // NOLINT: GLib holds it
      [](gpointer data) { delete static_cast<Later*>(data); });  // NOLINT
  g_source_attach(limit.get(), IoThread::get()->context());
}

void WorkerHost::Shared::hung_up_and_lives() {
  const std::lock_guard lock(mutex);
  if (ending || exited)
    return;
  hung_up = true;
  process->kill();
}

/* In the IoThread, once. */
void WorkerHost::Shared::process_ended() {
  bool heard = false;
  {
    const std::lock_guard lock(mutex);
    exited = true;
    heard = cause.has_value() || process->ends_with_stream();
  }
  /* What it said before its end is read before: its stream then ends, and fail() hears of it. */
  if (heard)
    declare();
  else
    after_last_breath(&Shared::declare);
}

Error WorkerHost::Shared::loss_for(const Error& why) const {
  if (why.code == Error::Code::Lost) {
    return Error(Error::Code::Lost,
                 (hung_up ? "the IPA worker closed its connection; " : "") + process->epitaph(),
                 process->hint());
  }
  return Error(why.code, why.message + "; " + process->epitaph(), why.hint);
}

/* Once, when the process has ended. */
void WorkerHost::Shared::declare() {
  std::unique_lock lock(mutex);
  if (ending || std::exchange(declared, true))
    return;
  if (!cause)
    cause = Error(Error::Code::Lost, "");
  const Error loss = loss_for(*cause);
  lock.unlock();
  state->lose(loss);
  lock.lock();
  lost.notify_all();
}

/* A call that failed because the worker is going: says how, as soon as that is known. */
Error WorkerHost::Shared::wait_for_loss(const char* member) {
  std::unique_lock lock(mutex);
  lost.wait_for(lock, 2s, [this] { return state->lost() || ending; });
  lock.unlock();
  return state->lost()
             ? state->loss().within(std::string(member) + "()")
             : Error(Error::Code::Lost, std::string(member) + "(): the IPA worker hung up");
}

WorkerHost::WorkerHost(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

/* The check does not see that error() is asked only of what failed, and so never throws. */
WorkerHost::~WorkerHost() {  // NOLINT(bugprone-exception-escape): as said above
  close();
}

HostState& WorkerHost::state() {
  return *shared_->state;
}

int WorkerHost::pid() const {
  return shared_->process->pid();
}

std::string WorkerHost::isolation_level() const {
  return shared_->isolation_level;
}

std::string WorkerHost::isolation_warning() const {
  return shared_->isolation_warning;
}

Result<std::unique_ptr<WorkerHost>> WorkerHost::start(Options options, GMainContext* context,
                                                      HostHandlers handlers,
                                                      EventHandler on_event) {
  Result<WorkerLink> link = open_worker(options);
  if (!link)
    return std::move(link).error();
  auto shared = std::make_shared<Shared>(context, std::move(handlers));
  shared->process = std::move(link->life);
  shared->transport = std::move(link->transport);
  shared->isolation_level = std::move(link->isolation_level);
  shared->isolation_warning = std::move(link->isolation_warning);
  shared->options = std::move(options);
  shared->options.module.fd.reset();
  shared->budget.emplace(shared->options.budget);
  shared->on_event = std::move(on_event);
  shared->transport->set_handlers(
      [weak = std::weak_ptr(shared)](Message message) {
        if (const std::shared_ptr<Shared> self = weak.lock())
          self->receive(std::move(message));
      },
      [weak = std::weak_ptr(shared)](Error error) {
        if (const std::shared_ptr<Shared> self = weak.lock())
          self->fail(std::move(error));
      });
  shared->process->on_output([weak = std::weak_ptr(shared)](size_t bytes) {
    const std::shared_ptr<Shared> self = weak.lock();
    if (!self)
      return;
    if (const Result<void> counted = self->budget->count_output(bytes); !counted)
      self->fail(counted.error());
  });
  const Result<std::string> layers =
      shared->process->greet(*shared->transport, shared->options.interface);
  if (!layers)
    return layers.error();
  if (shared->process->ends_with_stream()) {
    if (Result<void> enough = shared->judge_service(*layers); !enough)
      return enough.error();
  }
  shared->process->on_exit([weak = std::weak_ptr(shared)] {
    if (const std::shared_ptr<Shared> self = weak.lock())
      self->process_ended();
  });
  return std::unique_ptr<WorkerHost>(new WorkerHost(std::move(shared)));  // NOLINT
}

Result<Message> WorkerHost::send(const char* member, Message message) {
  shared_->budget->earn();
  Result<Message> reply = shared_->transport->call(std::move(message), shared_->options.deadline);
  if (reply)
    return reply;
  const Error& error = reply.error();
  switch (error.code) {
    case Error::Code::Timeout: {
      const std::string text = std::string(member) + "() did not return within " +
                               std::to_string(shared_->options.deadline.count()) + " ms";
      shared_->fail(Error(Error::Code::Timeout, "the IPA worker hangs: " + text));
      return Error(Error::Code::Timeout, text, "the IPA is lost; make a new one");
    }
    case Error::Code::Protocol:
      return broken(member, error);
    case Error::Code::Lost:
      return shared_->wait_for_loss(member);
    default:
      return reply;
  }
}

Error WorkerHost::broken(const char* member, const Error& why) {
  shared_->fail(Error(Error::Code::Protocol, "the IPA worker answered " + std::string(member) +
                                                 "() wrongly: " + why.message));
  return shared_->wait_for_loss(member);
}

void WorkerHost::condemn(const Error& why) {
  shared_->fail(why);
}

std::string WorkerHost::last_words() const {
  return shared_->process->last_words();
}

Result<void> WorkerHost::post(const char* member, Result<Message> message) {
  if (!message)
    return std::move(message).error();
  const Result<std::unique_lock<std::mutex>> allowed = state().enter_async(member);
  if (!allowed)
    return allowed.error();
  shared_->budget->earn();
  Result<void> posted = shared_->transport->post(std::move(*message));
  /* The stream has ended and the loss is on its way, which will say how: as with one that ends a
   * moment after it took the call. */
  if (!posted && posted.error().code == Error::Code::Lost)
    return {};
  return posted;
}

void WorkerHost::close() {
  if (std::exchange(shared_->closed, true))
    return;
  bool failed = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
    failed = shared_->cause.has_value();
  }
  const std::chrono::milliseconds grace = shared_->options.close_grace;
  if (!failed && state().running()) {
    const Result<Message> stopped =
        shared_->transport->call(Message{"Stop", sink(g_variant_new_tuple(nullptr, 0)), {}}, grace);
    /* Its answer does not matter; that there is none means that it hangs. */
    failed = !stopped && stopped.error().code == Error::Code::Timeout;
  }
  shared_->state->close();
  shared_->transport->close();
  if (failed || !shared_->process->wait(grace + kLeakCheck))
    shared_->process->kill();
  (void)shared_->process->wait(grace);
  /* What the IoThread began before `ending` was set is done after this. */
  IoThread::get()->run([] {});
}

}  // namespace gstcam::ipc
