/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/ipa-crew.h"

#include <glib.h>

#include <utility>

namespace gstcam::soft {

namespace {

/* Answers of an IPA after which the stream runs steadily. */
constexpr uint32_t kSpareAfter = 3;

std::string name_of(IpaReplica& replica) {
  const bool worker = replica.ipa().kind() == kIpaHostWorker;
  return std::string("its IPA (") + (worker ? "worker process " : "a thread of process ") +
         std::to_string(replica.ipa().pid()) + ")";
}

const char* cause_of(const Error& error) {
  switch (error.code) {
    case Error::Code::Timeout:
      return "silent";
    case Error::Code::Lost:
      return "died";
    default:
      return "protocol";
  }
}

std::unique_ptr<IpaReplica> as_ipa(std::unique_ptr<ipc::Replica> replica) {
  return std::unique_ptr<IpaReplica>(static_cast<IpaReplica*>(replica.release()));
}

}  // namespace

IpaCrew::IpaCrew(Options options, FrameScheduler& scheduler, PipelineListener& listener)
    : options_(std::move(options)),
      scheduler_(scheduler),
      listener_(listener),
      place_{options_.connect, options_.camera_options, options_.context,
             static_cast<IpaReplica::Owner*>(this)},
      supervisor_wakeup_(options_.context, "supervisor",
                         [this] {
                           if (supervisor_)
                             supervisor_->deliver();
                         }),
      late_(std::make_unique<LateIpa>(options_.context, static_cast<LateIpa::Owner&>(*this))),
      laggard_late_(
          std::make_unique<LateIpa>(options_.context, static_cast<LateIpa::Owner&>(*this))) {}

/* IPAs first: nothing of them may reach what goes after them. */
IpaCrew::~IpaCrew() {
  ipa_.reset();
  laggard_.reset();
  supervisor_.reset();
}

Result<void> IpaCrew::open(IpaJournal journal) {
  journal_ = std::move(journal);
  Result<std::unique_ptr<IpaReplica>> replica = IpaReplica::make(place_, journal_);
  if (!replica)
    return replica.error();
  // A thread's spare would be code in our process that nobody needs, a service's a second client.
  const bool worker =
      (*replica)->ipa().kind() == kIpaHostWorker && place_.options.ipa_address.empty();
  Result<std::unique_ptr<ipc::Supervisor>> supervisor = ipc::Supervisor::create(
      {.limit = place_.options.ipa_restart_limit, .keeps_spare = worker},
      static_cast<ipc::Supervisor::Events&>(*this), [this] { supervisor_wakeup_.signal(); });
  if (!supervisor)
    return supervisor.error();
  supervisor_ = std::move(*supervisor);
  ranges_ = (*replica)->ranges();
  use(std::move(replica).value());
  tell_isolation();
  set_recipe();
  return {};
}

void IpaCrew::set_recipe() {
  // What takes over from a thread that hangs, or lied, gets into no thread again.
  IpaReplica::Place place = place_;
  if (place.options.ipa_isolation == IpaIsolation::Auto)
    place.options.ipa_isolation = IpaIsolation::Worker;
  supervisor_->set_recipe(
      [place = std::move(place), journal = journal_]() -> Result<std::unique_ptr<ipc::Replica>> {
        Result<std::unique_ptr<IpaReplica>> replica = IpaReplica::make(place, journal);
        if (!replica)
          return replica.error();
        return std::unique_ptr<ipc::Replica>(std::move(replica).value());
      });
}

void IpaCrew::use(std::unique_ptr<IpaReplica> replica) {
  ipa_ = std::move(replica);
  ipa_->set_events(&scheduler_);
  const ipc::Host* host = ipa_->ipa().host();
  const std::lock_guard lock(status_mutex_);
  status_.pid = ipa_->ipa().pid();
  status_.isolation_level = host ? host->isolation_level() : "";
}

/* Once, when the camera is opened: those that take over are made by the same rules. */
void IpaCrew::tell_isolation() {
  const ipc::Host* host = ipa_->ipa().host();
  if (!host)
    return;
  Notice notice{"camera-isolation",
                {{"level", host->isolation_level()},
                 {"pid", int64_t{ipa_->ipa().pid()}},
                 {"worker", ipa_->ipa().kind() == kIpaHostWorker}},
                {}};
  if (const std::string missing = host->isolation_warning(); !missing.empty())
    notice.warning = Error(Error::Code::Permission, "camera '" + options_.camera +
                                                        "' runs its IPA with less isolation than "
                                                        "it should: " +
                                                        missing);
  listener_.notice(notice);
}

Result<void> IpaCrew::ensure_ipa() {
  if (failed_)
    return Error(Error::Code::Lost, "its IPA is lost", "close the camera and open it again");
  if (ipa_)
    return {};
  Result<std::unique_ptr<ipc::Replica>> made = supervisor_->take_now();
  if (!made)
    return made.error();
  use(as_ipa(std::move(made).value()));
  return {};
}

template <typename F>
std::invoke_result_t<F, IpaReplica&> IpaCrew::with_ipa(F&& f) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; attempt++) {
    if (Result<void> r = ensure_ipa(); !r)
      return r.error();
    std::invoke_result_t<F, IpaReplica&> result = f(*ipa_);
    if (result)
      return result;
    // These are what a host says of an IPA, never the IPA itself.
    const Error::Code code = result.error().code;
    const bool lost =
        code == Error::Code::Lost || code == Error::Code::Timeout || code == Error::Code::Protocol;
    if (!lost || !lose(result.error()) || attempt == kAttempts)
      return result;
  }
}

Result<void> IpaCrew::configure(IpaJournal::Configuration configuration) {
  // One that is made now is not told of a configuration that is over.
  journal_.configuration.reset();
  set_recipe();
  IpaJournal journal = journal_;
  journal.configuration = std::move(configuration);
  Result<void> done = with_ipa([&journal](IpaReplica& ipa) { return ipa.configure(journal); });
  if (!done)
    return done;
  ranges_ = ipa_->ranges();
  journal_ = std::move(journal);
  set_recipe();
  return {};
}

/* Any thread. */
Result<ControlList> IpaCrew::start_replica(IpaReplica& replica, const SensorInfo& mode,
                                           const ControlList& controls) {
  Result<ControlList> from_ipa = replica.ipa().start(controls);
  if (!from_ipa)
    return from_ipa.error();
  Result<ControlList> initial = FrameScheduler::sensor_controls(*from_ipa, mode);
  if (!initial) {
    const Error error = initial.error().within("the IPA's answer to start()");
    replica.condemn(error);
    return error;
  }
  return initial;
}

Result<ControlList> IpaCrew::start(const SensorInfo& mode, const ControlList& controls) {
  mode_ = mode;
  Result<ControlList> initial =
      with_ipa([&](IpaReplica& ipa) { return start_replica(ipa, mode, controls); });
  if (!initial)
    return initial;
  running_ = true;
  heal_all();
  return initial;
}

FrameScheduler::AtWork IpaCrew::at_work() {
  return {&ipa_->ipa(), ipa_->ipa().kind(), &ipa_->buffers()};
}

void IpaCrew::stop() {
  running_ = false;
  supervisor_->cancel();
  late_->forget();
  laggard_late_->forget();
  if (laggard_) {
    // Nobody waits for it now to learn whether it only was slow.
    laggard_->set_events(nullptr);
    laggard_->condemn(Error(Error::Code::Timeout, "it was late when the camera stopped"));
    supervisor_->dispose(std::move(laggard_));
    laggard_outage_.reset();
  }
  // One that is lost would be waited for in vain; its events are not listened to any more.
  if (ipa_) {
    if (Result<void> r = ipa_->ipa().stop(); !r)
      (void)lose(r.error());
  }
  if (ipa_)
    ipa_->set_events(&scheduler_);
  late_outage_.reset();
}

IpaStatus IpaCrew::status() const {
  IpaStatus status;
  {
    const std::lock_guard lock(status_mutex_);
    status = status_;
  }
  status.stats = supervisor_->stats();
  return status;
}

/*
 * Whether another IPA may take over. A thread that hangs cannot be ended, and one that lied has had
 * the run of our process: where the application insists on a thread, that is the end.
 */
bool IpaCrew::may_replace() const {
  return place_.options.ipa_isolation != IpaIsolation::Thread;
}

/* What brings an IPA to where the camera is now. */
ipc::Supervisor::GoOn IpaCrew::go_on_from_here() const {
  return [mode = mode_, controls = scheduler_.controls_in_force(),
          state = scheduler_.state()](ipc::Replica& replica) -> Result<void> {
    auto& ipa = static_cast<IpaReplica&>(replica);
    if (!state.empty()) {
      // One that does not like it starts anew.
      if (Result<void> restored = ipa.ipa().restore_state(state); !restored && ipa.lost())
        return restored;
    }
    // What it would start the sensor with does not count: the sensor runs.
    const Result<ControlList> started = start_replica(ipa, mode, controls);
    if (!started)
      return started.error();
    return {};
  };
}

IpaCrew::Outage IpaCrew::begin_outage(const IpaReplica& replica) const {
  Outage outage;
  outage.pid = replica.pid();
  outage.since = g_get_monotonic_time();
  outage.bridged_before = bridged_;
  return outage;
}

/* Death, silence and lies of the IPA at work all arrive here. False: the camera failed. */
bool IpaCrew::lose(const Error& error) {
  if (!ipa_ || failed_)
    return !failed_;
  const Outage outage = late_outage_.value_or(begin_outage(*ipa_));
  late_outage_.reset();
  late_->forget();
  std::unique_ptr<IpaReplica> old = std::move(ipa_);
  {
    const std::lock_guard lock(status_mutex_);
    status_.pid = 0;
  }
  const bool goes_on =
      bury(*old, error, outage, running_ ? go_on_from_here() : ipc::Supervisor::GoOn());
  // The scheduler lets go of its buffers before they go.
  if (goes_on)
    scheduler_.detach();
  supervisor_->dispose(std::move(old));
  return goes_on;
}

void IpaCrew::lose_laggard(const Error& error) {
  const Outage outage = *std::exchange(laggard_outage_, std::nullopt);
  laggard_late_->forget();
  std::unique_ptr<IpaReplica> old = std::move(laggard_);
  if (failed_)
    old->condemn(error);  // all was said
  else
    (void)bury(*old, error, outage, {});
  supervisor_->dispose(std::move(old));
}

/* Counts and tells the loss; false where it was one too many. */
bool IpaCrew::bury(IpaReplica& replica, const Error& error, Outage outage,
                   ipc::Supervisor::GoOn go_on) {
  const std::string name = name_of(replica);
  const std::string last_words = replica.last_words();
  replica.set_events(nullptr);
  replica.condemn(error);
  const uint32_t answers = running_ ? replica.answers : ipc::Supervisor::kProved;
  const bool goes_on =
      supervisor_->lost(error, answers, nullptr, std::move(go_on)) && may_replace();
  listener_.notice({"camera-ipa-lost",
                    {{"cause", std::string(cause_of(error))},
                     {"pid", outage.pid},
                     {"message", error.message},
                     {"last-words", last_words}},
                    {}});
  if (!goes_on)
    give_up(error, name, last_words);
  else if (outage.healed_at != 0)
    tell_recovered(outage);
  else
    outages_.push_back(outage);
  return goes_on;
}

void IpaCrew::give_up(const Error& error, const std::string& name, const std::string& last_words) {
  if (std::exchange(failed_, true))
    return;
  supervisor_->cancel();
  scheduler_.abandon();
  late_->forget();
  laggard_late_->forget();
  outages_.clear();
  std::string text = "camera '" + options_.camera + "' lost " + name + ": " + error.message;
  if (!last_words.empty() && text.find(last_words) == std::string::npos)
    text += "; its last output:\n" + last_words;
  if (may_replace() && place_.options.ipa_restart_limit > 0) {
    text += "; that is more than " + std::to_string(place_.options.ipa_restart_limit) +
            " losses within a minute (ipa-restart-limit)";
  }
  listener_.failed(Error(error.code, text, error.hint));
}

void IpaCrew::replica_lost(IpaReplica& replica, const Error& error) {
  if (&replica == ipa_.get())
    (void)lose(error);
  else if (&replica == laggard_.get())
    lose_laggard(error);
  else if (supervisor_)
    supervisor_->look_at_spare();
}

void IpaCrew::replica_call_failed(IpaReplica& replica, std::string_view member,
                                  const Error& error) {
  if (&replica == laggard_.get())
    lose_laggard(error.within(member));
  else if (&replica == ipa_.get() && late_->owes())
    (void)lose(error.within(member));
  else if (&replica == ipa_.get())
    scheduler_.call_failed(member, error);
}

/* It was only slow. */
void IpaCrew::late_settled(LateIpa& late) {
  if (&late == late_.get()) {
    late_outage_.reset();
    supervisor_->cancel();
    ipa_->set_events(&scheduler_);
    scheduler_.attach(at_work());
    return;
  }
  laggard_outage_.reset();
  laggard_->set_events(nullptr);
  supervisor_->give_back(std::move(laggard_));
  if (ipa_ && late_->owes())
    supervisor_->hedge(go_on_from_here());
}

void IpaCrew::late_lost(LateIpa& late, const Error& error) {
  if (&late == late_.get())
    (void)lose(error);
  else
    lose_laggard(error);
}

void IpaCrew::replica_ready(std::unique_ptr<ipc::Replica> ready) {
  std::unique_ptr<IpaReplica> replica = as_ipa(std::move(ready));
  if (ipa_ && (!late_->owes() || laggard_)) {
    supervisor_->give_back(std::move(replica));
    return;
  }
  if (ipa_ && replica->lost()) {
    supervisor_->dispose(std::move(replica));
    return;
  }
  take_over(std::move(replica));
}

void IpaCrew::take_over(std::unique_ptr<IpaReplica> replica) {
  if (ipa_) {
    laggard_ = std::move(ipa_);
    std::swap(late_, laggard_late_);
    laggard_outage_ = std::exchange(late_outage_, std::nullopt);
  }
  use(std::move(replica));
  if (ipa_->lost()) {
    (void)lose(Error(Error::Code::Lost, "the next IPA was lost before its first frame"));
    return;
  }
  scheduler_.attach(at_work());
}

void IpaCrew::gave_up(const Error& error) {
  const int64_t pid = outages_.empty() ? 0 : outages_.back().pid;
  give_up(error.within("no other IPA could be had"),
          "its IPA (process " + std::to_string(pid) + ")", "");
}

void IpaCrew::late(const IpaDebts& debts) {
  supervisor_->note_late();
  late_outage_ = begin_outage(*ipa_);
  ipa_->set_events(late_.get());
  late_->owe(debts);
  if (!laggard_)
    supervisor_->hedge(go_on_from_here());
}

void IpaCrew::bridged() {
  bridged_++;
  supervisor_->note_bridged();
}

void IpaCrew::answered(int64_t us) {
  supervisor_->note_round_trip(us);
  ipa_->answers++;
  heal_all();
  if (laggard_outage_)
    heal(*laggard_outage_);
  // Only now: a change-over has the machine to itself. A laggard may become the spare.
  if (ipa_->answers >= kSpareAfter && !laggard_)
    supervisor_->want_spare();
}

void IpaCrew::heal(Outage& outage) const {
  if (outage.healed_at != 0)
    return;
  outage.healed_at = g_get_monotonic_time();
  outage.bridged = bridged_ - outage.bridged_before;
  outage.healed_by = ipa_->pid();
}

void IpaCrew::heal_all() {
  for (Outage& outage : std::exchange(outages_, {})) {
    heal(outage);
    tell_recovered(outage);
  }
}

void IpaCrew::tell_recovered(const Outage& outage) const {
  listener_.notice({"camera-ipa-recovered",
                    {{"pid", outage.healed_by},
                     {"lost-pid", outage.pid},
                     {"bridged-frames", outage.bridged},
                     {"microseconds", outage.healed_at - outage.since}},
                    {}});
}

}  // namespace gstcam::soft
