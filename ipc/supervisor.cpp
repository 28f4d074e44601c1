/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/supervisor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/thread.h"

namespace gstcam::ipc {

namespace {

using namespace std::chrono_literals;

/* A spare is made when the stream runs again, not while it gets back on its feet. */
constexpr auto kSpareDelay = 100ms;
/* A spare that could not be made, or died, is not tried again at once. */
constexpr auto kSpareRetry = 1000ms;

int64_t to_us(std::chrono::steady_clock::duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

}  // namespace

Supervisor::Supervisor(Options options, Events& events, std::function<void()> wake)
    : options_(options), events_(events), wake_(std::move(wake)) {}

Result<std::unique_ptr<Supervisor>> Supervisor::create(Options options, Events& events,
                                                       std::function<void()> wake) {
  std::unique_ptr<Supervisor> self(
      new Supervisor(options, events, std::move(wake)));  // NOLINT: private constructor
  Result<std::thread> thread = start_thread("ipa-supervisor", [raw = self.get()] { raw->main(); });
  if (!thread)
    return thread.error();
  self->thread_ = std::move(*thread);
  return self;
}

Supervisor::~Supervisor() {
  if (!thread_.joinable())
    return;
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Supervisor::set_recipe(Recipe recipe) {
  const std::lock_guard lock(mutex_);
  recipe_ = std::move(recipe);
  recipe_number_++;
  if (spare_)
    trash_.push_back(std::move(spare_));
  std::ranges::move(resting_, std::back_inserter(trash_));
  resting_.clear();
  spare_wanted_ = false;
  changed_.notify_all();
}

void Supervisor::want_spare() {
  if (!options_.keeps_spare || options_.limit == 0)
    return;
  const std::lock_guard lock(mutex_);
  if (spare_ || spare_wanted_ || !resting_.empty())
    return;
  spare_wanted_ = true;
  spare_due_ = std::max(spare_due_, Clock::now() + kSpareDelay);
  changed_.notify_all();
}

void Supervisor::look_at_spare() {
  const std::lock_guard lock(mutex_);
  if (!spare_ || !spare_->lost())
    return;
  trash_.push_back(std::move(spare_));
  counters_.spares_lost++;
  spare_wanted_ = true;
  spare_due_ = Clock::now() + kSpareRetry;
  changed_.notify_all();
}

bool Supervisor::limit_reached(Clock::time_point now) {
  while (!losses_.empty() && now - losses_.front() > 60s)
    losses_.pop_front();
  losses_.push_back(now);
  return losses_.size() > options_.limit;
}

bool Supervisor::lost(const Error& cause, uint32_t answers, std::unique_ptr<Replica> old,
                      GoOn go_on) {
  const Clock::time_point now = Clock::now();
  const bool last = limit_reached(now);
  in_a_row_ = answers < kProved ? in_a_row_ + 1 : 0;
  /* The first one may be chance. */
  std::chrono::milliseconds delay{0};
  if (in_a_row_ > 1)
    delay = std::min(kBackOffMax, kBackOffFirst * (1 << std::min(in_a_row_ - 2, 10U)));

  const std::lock_guard lock(mutex_);
  switch (cause.code) {
    case Error::Code::Lost:
      counters_.lost++;
      break;
    case Error::Code::Timeout:
      counters_.timed_out++;
      break;
    case Error::Code::Protocol:
      counters_.protocol++;
      break;
    default:
      counters_.other++;
  }
  if (old)
    trash_.push_back(std::move(old));
  if (!last && go_on) {
    if (job_ && job_->hedge) {
      /* What has begun goes on, or is what the next attempt begins with. */
      job_->hedge = false;
      job_->due = now;
      job_->give_up = now + kPatience;
      job_->go_on = std::move(go_on);
    } else if (!outcome_ || !outcome_->replica) {
      job_ = Job{++job_number_, now + delay, now + kPatience, std::move(go_on)};
    }
  }
  changed_.notify_all();
  return !last;
}

void Supervisor::hedge(GoOn go_on) {
  if (!options_.keeps_spare || options_.limit == 0)
    return;
  const std::lock_guard lock(mutex_);
  if (job_ || outcome_)
    return;
  const Clock::time_point now = Clock::now();
  job_ = Job{++job_number_, now, now + kPatience, std::move(go_on), true};
  changed_.notify_all();
}

/* Under the lock. */
void Supervisor::not_needed(std::unique_ptr<Replica> replica, uint64_t recipe) {
  if (replica)
    (recipe == recipe_number_ ? resting_ : trash_).push_back(std::move(replica));
  changed_.notify_all();
}

void Supervisor::give_back(std::unique_ptr<Replica> replica) {
  const std::lock_guard lock(mutex_);
  not_needed(std::move(replica), recipe_number_);
}

void Supervisor::cancel() {
  const std::lock_guard lock(mutex_);
  job_.reset();
  job_number_++;  // what is being made for the one before is nobody's
  if (outcome_)
    not_needed(std::move(outcome_->replica), recipe_number_);
  outcome_.reset();
  changed_.notify_all();
}

void Supervisor::dispose(std::unique_ptr<Replica> old) {
  const std::lock_guard lock(mutex_);
  trash_.push_back(std::move(old));
  changed_.notify_all();
}

/* The caller waits anyway: where there is no spare it makes one in its own thread. */
Result<std::unique_ptr<Replica>> Supervisor::take_now() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return !making_; });
  if (spare_ && !spare_->lost()) {
    spare_wanted_ = false;
    counters_.spares_used++;
    return std::move(spare_);
  }
  return make(lock);
}

/* Unlocks meanwhile. The result may be of a recipe that counts no more: the caller looks. */
Result<std::unique_ptr<Replica>> Supervisor::make(Lock& lock) {
  const Recipe recipe = recipe_;
  making_ = true;
  lock.unlock();
  const Clock::time_point begin = Clock::now();
  Result<std::unique_ptr<Replica>> made =
      recipe ? recipe() : Error(Error::Code::WrongState, "there is no recipe for an IPA");
  const int64_t took = to_us(Clock::now() - begin);
  lock.lock();
  making_ = false;
  if (made)
    counters_.last_start_us = took;
  else
    counters_.failed_starts++;
  changed_.notify_all();
  return made;
}

bool Supervisor::dispose_one(Lock& lock) {
  if (trash_.empty())
    return false;
  std::unique_ptr<Replica> old = std::move(trash_.front());
  trash_.erase(trash_.begin());
  lock.unlock();
  old.reset();
  lock.lock();
  return true;
}

bool Supervisor::rest_one(Lock& lock) {
  if (resting_.empty())
    return false;
  std::unique_ptr<Replica> replica = std::move(resting_.front());
  resting_.erase(resting_.begin());
  const uint64_t recipe = recipe_number_;
  /* One is enough, and where none is kept none is wanted. */
  bool rested = options_.keeps_spare && !quit_ && !spare_ && !replica->lost();
  if (rested) {
    lock.unlock();
    rested = replica->rest().ok() && !replica->lost();
    lock.lock();
  }
  if (!rested || spare_ || recipe != recipe_number_) {
    trash_.push_back(std::move(replica));
    return true;
  }
  spare_ = std::move(replica);
  spare_wanted_ = false;
  counters_.rested++;
  return true;
}

void Supervisor::make_spare(Lock& lock) {
  const uint64_t number = recipe_number_;
  Result<std::unique_ptr<Replica>> made = make(lock);
  if (number != recipe_number_) {
    if (made)
      trash_.push_back(std::move(made).value());
    return;
  }
  spare_wanted_ = !made.ok();
  spare_due_ = Clock::now() + kSpareRetry;
  if (made)
    spare_ = std::move(made).value();
}

/* Unlocks meanwhile. */
Result<void> Supervisor::go_on(Lock& lock, Replica& replica) {
  const GoOn go_on = job_->go_on;
  lock.unlock();
  Result<void> went_on = go_on(replica);
  lock.lock();
  return went_on;
}

void Supervisor::replace(Lock& lock) {
  const uint64_t number = job_->number;
  const uint64_t recipe = recipe_number_;
  const auto wanted = [this, number] { return job_ && job_->number == number; };
  const Clock::time_point begin = Clock::now();
  std::unique_ptr<Replica> replica = std::move(spare_);
  const bool spare = replica != nullptr;
  Result<void> outcome;
  if (!spare) {
    Result<std::unique_ptr<Replica>> made = make(lock);
    if (made)
      replica = std::move(made).value();
    else
      outcome = made.error();
  }
  if (replica && wanted())
    outcome = go_on(lock, *replica);
  if (replica && (!outcome || replica->lost())) {
    trash_.push_back(std::exchange(replica, nullptr));
    if (outcome)
      outcome = Error(Error::Code::Lost, "it was lost before its first frame");
  }
  if (!wanted()) {
    not_needed(std::move(replica), recipe);
    return;
  }
  if (replica) {
    counters_.replays++;
    counters_.spares_used += spare ? 1 : 0;
    counters_.last_change_over_us = to_us(Clock::now() - begin);
    spare_wanted_ = false;
  } else if (spare) {
    /* That it failed says nothing of the next one. */
    counters_.spares_lost++;
    spare_wanted_ = true;
    spare_due_ = Clock::now() + kSpareRetry;
    return;
  } else if (Clock::now() < job_->give_up) {
    job_->delay = std::clamp(job_->delay * 2, kBackOffFirst, kBackOffMax);
    job_->due = Clock::now() + job_->delay;
    return;
  }
  job_.reset();
  outcome_ = Outcome{number, std::move(replica), {}};
  if (!outcome)
    outcome_->error = outcome.error();
  wake_();
}

bool Supervisor::job_is_due(Clock::time_point now) const {
  return !making_ && job_ && job_->due <= now && (spare_ || !job_->hedge);
}

bool Supervisor::spare_is_due(Clock::time_point now) const {
  return !making_ && (!job_ || job_->hedge) && spare_wanted_ && !spare_ && spare_due_ <= now;
}

void Supervisor::main() {
  Lock lock(mutex_);
  for (;;) {
    const Clock::time_point now = Clock::now();
    /* With a spare first of all: nobody's end is waited for. */
    const bool spare_takes_over = !quit_ && spare_ && job_is_due(now);
    if (!spare_takes_over && (rest_one(lock) || dispose_one(lock)))
      continue;
    if (quit_)
      break;
    if (job_is_due(now))
      replace(lock);
    else if (spare_is_due(now))
      make_spare(lock);
    else if (!making_ && job_ && !job_->hedge)
      changed_.wait_until(lock, job_->due);
    else if (!making_ && spare_wanted_ && !spare_)
      changed_.wait_until(lock, spare_due_);
    else
      changed_.wait(lock);
  }
  std::unique_ptr<Replica> spare = std::move(spare_);
  std::optional<Outcome> outcome = std::exchange(outcome_, std::nullopt);
  lock.unlock();
}

void Supervisor::deliver() {
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = std::exchange(outcome_, std::nullopt);
  }
  if (!outcome)
    return;
  if (outcome->replica)
    events_.replica_ready(std::move(outcome->replica));
  else
    events_.gave_up(*outcome->error);
}

void Supervisor::note_bridged(uint32_t frames) {
  const std::lock_guard lock(mutex_);
  counters_.bridged += frames;
}

void Supervisor::note_late() {
  const std::lock_guard lock(mutex_);
  counters_.late++;
}

void Supervisor::note_round_trip(int64_t us) {
  const std::lock_guard lock(mutex_);
  counters_.round_trips++;
  counters_.round_trip_sum += us;
  counters_.round_trip_max = std::max(counters_.round_trip_max, us);
}

Fields Supervisor::stats() const {
  const std::lock_guard lock(mutex_);
  const Counters& c = counters_;
  const double mean =
      c.round_trips > 0 ? static_cast<double>(c.round_trip_sum) / static_cast<double>(c.round_trips)
                        : 0;
  return {
      {"losses", c.lost + c.timed_out + c.protocol + c.other},
      {"losses-died", c.lost},
      {"losses-silent", c.timed_out},
      {"losses-protocol", c.protocol},
      {"losses-other", c.other},
      {"replays", c.replays},
      {"spare-ready", spare_ != nullptr},
      {"spares-used", c.spares_used},
      {"spares-lost", c.spares_lost},
      {"spares-returned", c.rested},
      {"failed-starts", c.failed_starts},
      {"bridged-frames", c.bridged},
      {"late-answers", c.late},
      {"round-trips", c.round_trips},
      {"round-trip-mean-us", mean},
      {"round-trip-max-us", c.round_trip_max},
      {"start-us", c.last_start_us},
      {"change-over-us", c.last_change_over_us},
  };
}

}  // namespace gstcam::ipc
