/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/ipa-life/ipa-keeper.h"

#include <glib.h>

#include <utility>

namespace gstcam {

namespace {

/* Answers of an IPA after which the stream runs steadily. */
constexpr uint32_t kSpareAfter = 3;

std::string name_of(CameraIpa& replica) {
  const bool worker = replica.kind() == kIpaHostWorker;
  return std::string("its IPA (") + (worker ? "worker process " : "a thread of process ") +
         std::to_string(replica.pid()) + ")";
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

}  // namespace

IpaKeeper::IpaKeeper(Options options, PipelineListener& listener)
    : options_(std::move(options)),
      listener_(listener),
      supervisor_wakeup_(options_.context, "supervisor", [this] {
        if (supervisor_)
          supervisor_->deliver();
      }) {}

/* IPAs first: nothing of them may reach what goes after them. */
IpaKeeper::~IpaKeeper() {
  ipa_.reset();
  supervisor_.reset();
}

Result<void> IpaKeeper::open(IpaJournal journal) {
  journal_ = std::move(journal);
  Result<std::unique_ptr<CameraIpa>> replica =
      options_.make(options_.camera_options, this, journal_);
  if (!replica)
    return replica.error();
  // A thread's spare would be code in our process that nobody needs, a service's a second client.
  const bool worker =
      (*replica)->kind() == kIpaHostWorker && options_.camera_options.ipa_address.empty();
  Result<std::unique_ptr<ipc::Supervisor>> supervisor = ipc::Supervisor::create(
      {.limit = options_.camera_options.ipa_restart_limit, .keeps_spare = worker},
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

void IpaKeeper::set_recipe() {
  // What takes over from a thread that hangs, or lied, gets into no thread again.
  CameraOptions options = options_.camera_options;
  if (options.ipa_isolation == IpaIsolation::Auto)
    options.ipa_isolation = IpaIsolation::Worker;
  supervisor_->set_recipe([make = options_.make, options = std::move(options),
                           owner = static_cast<CameraIpa::Owner*>(this),
                           journal = journal_]() -> Result<std::unique_ptr<ipc::Replica>> {
    Result<std::unique_ptr<CameraIpa>> replica = make(options, owner, journal);
    if (!replica)
      return replica.error();
    return std::unique_ptr<ipc::Replica>(std::move(replica).value());
  });
}

void IpaKeeper::use(std::unique_ptr<CameraIpa> replica) {
  ipa_ = std::move(replica);
  put_to_use(*ipa_);
  const ipc::Host* host = ipa_->host();
  const std::lock_guard lock(status_mutex_);
  status_.pid = ipa_->pid();
  status_.isolation_level = host ? host->isolation_level() : "";
}

/* Once, when the camera is opened: those that take over are made by the same rules. */
void IpaKeeper::tell_isolation() {
  const ipc::Host* host = ipa_->host();
  if (!host)
    return;
  Notice notice{"camera-isolation",
                {{"level", host->isolation_level()},
                 {"pid", int64_t{ipa_->pid()}},
                 {"worker", ipa_->kind() == kIpaHostWorker}},
                {}};
  if (const std::string missing = host->isolation_warning(); !missing.empty())
    notice.warning = Error(Error::Code::Permission, "camera '" + options_.camera +
                                                        "' runs its IPA with less isolation than "
                                                        "it should: " +
                                                        missing);
  listener_.notice(notice);
}

Result<void> IpaKeeper::ensure_ipa() {
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

bool IpaKeeper::is_loss(const Error& error) {
  return error.code == Error::Code::Lost || error.code == Error::Code::Timeout ||
         error.code == Error::Code::Protocol;
}

Result<void> IpaKeeper::configure(IpaJournal::Configuration configuration) {
  // One that is made now is not told of a configuration that is over.
  journal_.configuration.reset();
  set_recipe();
  IpaJournal journal = journal_;
  journal.configuration = std::move(configuration);
  Result<void> done = with_ipa([&journal](CameraIpa& ipa) { return ipa.configure(journal); });
  if (!done)
    return done;
  ranges_ = ipa_->ranges();
  journal_ = std::move(journal);
  set_recipe();
  return {};
}

void IpaKeeper::runs() {
  running_ = true;
  heal_all();
}

void IpaKeeper::stop() {
  running_ = false;
  supervisor_->cancel();
  // One that is lost would be waited for in vain; its events are not listened to any more.
  if (ipa_) {
    if (Result<void> r = ipa_->stop(); !r)
      (void)lose(r.error());
  }
  if (ipa_)
    put_to_use(*ipa_);
}

IpaStatus IpaKeeper::status() const {
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
bool IpaKeeper::may_replace() const {
  return options_.camera_options.ipa_isolation != IpaIsolation::Thread;
}

IpaKeeper::Outage IpaKeeper::begin_outage(CameraIpa& replica) const {
  Outage outage;
  outage.pid = replica.pid();
  outage.since = g_get_monotonic_time();
  outage.bridged_before = bridged_;
  return outage;
}

bool IpaKeeper::lose(const Error& error) {
  if (!ipa_ || failed_)
    return !failed_;
  const std::optional<Outage> begun = outage_so_far();
  const Outage outage = begun ? *begun : begin_outage(*ipa_);
  std::unique_ptr<CameraIpa> old = std::move(ipa_);
  {
    const std::lock_guard lock(status_mutex_);
    status_.pid = 0;
  }
  const bool goes_on =
      bury(*old, error, outage, running_ ? go_on_from_here() : ipc::Supervisor::GoOn());
  // Whoever leads the frames lets go of its buffers before they go.
  if (goes_on)
    detach();
  supervisor_->dispose(std::move(old));
  return goes_on;
}

bool IpaKeeper::bury(CameraIpa& replica, const Error& error, Outage outage,
                     ipc::Supervisor::GoOn go_on) {
  const std::string name = name_of(replica);
  const std::string last_words = replica.last_words();
  replica.silence();
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

void IpaKeeper::give_up(const Error& error, const std::string& name,
                        const std::string& last_words) {
  if (std::exchange(failed_, true))
    return;
  supervisor_->cancel();
  abandon();
  outages_.clear();
  std::string text = "camera '" + options_.camera + "' lost " + name + ": " + error.message;
  if (!last_words.empty() && text.find(last_words) == std::string::npos)
    text += "; its last output:\n" + last_words;
  const uint32_t limit = options_.camera_options.ipa_restart_limit;
  if (may_replace() && limit > 0) {
    text += "; that is more than " + std::to_string(limit) +
            " losses within a minute (ipa-restart-limit)";
  }
  listener_.failed(Error(error.code, text, error.hint));
}

void IpaKeeper::replica_lost(CameraIpa& replica, const Error& error) {
  if (&replica == ipa_.get())
    (void)lose(error);
  else if (supervisor_)
    supervisor_->look_at_spare();
}

void IpaKeeper::replica_call_failed(CameraIpa& replica, std::string_view member,
                                    const Error& error) {
  if (&replica == ipa_.get())
    (void)lose(error.within(member));
}

void IpaKeeper::replica_ready(std::unique_ptr<ipc::Replica> ready) {
  std::unique_ptr<CameraIpa> replica = as_ipa(std::move(ready));
  if (ipa_)
    supervisor_->give_back(std::move(replica));
  else
    take_over(std::move(replica));
}

void IpaKeeper::take_over(std::unique_ptr<CameraIpa> replica) {
  use(std::move(replica));
  if (ipa_->lost())
    (void)lose(Error(Error::Code::Lost, "the next IPA was lost before its first frame"));
  else
    attach(*ipa_);
}

void IpaKeeper::gave_up(const Error& error) {
  const int64_t pid = outages_.empty() ? 0 : outages_.back().pid;
  give_up(error.within("no other IPA could be had"),
          "its IPA (process " + std::to_string(pid) + ")", "");
}

void IpaKeeper::bridged() {
  bridged_++;
  supervisor_->note_bridged();
}

void IpaKeeper::answered(int64_t us) {
  supervisor_->note_round_trip(us);
  ipa_->answers++;
  heal_all();
  // Only now: a change-over has the machine to itself.
  if (ipa_->answers >= kSpareAfter && wants_spare())
    supervisor_->want_spare();
}

void IpaKeeper::heal(Outage& outage) const {
  if (outage.healed_at != 0)
    return;
  outage.healed_at = g_get_monotonic_time();
  outage.bridged = bridged_ - outage.bridged_before;
  outage.healed_by = ipa_->pid();
}

void IpaKeeper::heal_all() {
  for (Outage& outage : std::exchange(outages_, {})) {
    heal(outage);
    tell_recovered(outage);
  }
}

void IpaKeeper::tell_recovered(const Outage& outage) const {
  listener_.notice({"camera-ipa-recovered",
                    {{"pid", outage.healed_by},
                     {"lost-pid", outage.pid},
                     {"bridged-frames", outage.bridged},
                     {"microseconds", outage.healed_at - outage.since}},
                    {}});
}

}  // namespace gstcam
