/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/supervisor.h"

#include <algorithm>
#include <utility>

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
    : options_(options), events_(events), wake_(std::move(wake)), thread_([this] { main(); }) {}

Supervisor::~Supervisor() {
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
  spare_wanted_ = false;
  changed_.notify_all();
}

void Supervisor::want_spare() {
  if (!options_.keeps_spare || options_.limit == 0)
    return;
  const std::lock_guard lock(mutex_);
  if (spare_ || spare_wanted_)
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
  if (!last && go_on)
    job_ = Job{++job_number_, now + delay, now + kPatience, std::move(go_on)};
  changed_.notify_all();
  return !last;
}

void Supervisor::cancel() {
  const std::lock_guard lock(mutex_);
  job_.reset();
  job_number_++;  // what is being made for the one before is nobody's
  if (outcome_ && outcome_->replica)
    trash_.push_back(std::move(outcome_->replica));
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

void Supervisor::replace(Lock& lock) {
  const uint64_t number = job_->number;
  std::unique_ptr<Replica> replica = std::move(spare_);
  const bool spare = replica && !replica->lost();
  std::optional<Error> error;
  if (replica && !spare)
    trash_.push_back(std::exchange(replica, nullptr));
  if (!spare) {
    Result<std::unique_ptr<Replica>> made = make(lock);
    if (made)
      replica = std::move(made).value();
    else
      error = made.error();
  }
  if (!job_ || job_->number != number) {
    if (replica)
      trash_.push_back(std::move(replica));
    return;
  }
  const Clock::time_point begin = Clock::now();
  if (replica) {
    const GoOn go_on = job_->go_on;
    lock.unlock();
    const Result<void> went_on = go_on(*replica);
    if (!went_on) {
      error = went_on.error();
      replica.reset();
    }
    lock.lock();
    if (!job_ || job_->number != number) {
      if (replica)
        trash_.push_back(std::move(replica));
      return;
    }
  }
  const Clock::time_point now = Clock::now();
  if (error && now < job_->give_up) {
    job_->due = now + kBackOffMax / 4;
    return;
  }
  if (replica) {
    counters_.replays++;
    counters_.spares_used += spare ? 1 : 0;
    counters_.last_change_over_us = to_us(now - begin);
    spare_wanted_ = false;
  }
  job_.reset();
  outcome_ = Outcome{number, std::move(replica), std::move(error)};
  wake_();
}

void Supervisor::main() {
  Lock lock(mutex_);
  for (;;) {
    if (dispose_one(lock))
      continue;
    if (quit_)
      break;
    const Clock::time_point now = Clock::now();
    if (!making_ && job_ && job_->due <= now) {
      replace(lock);
    } else if (!making_ && !job_ && spare_wanted_ && !spare_ && spare_due_ <= now) {
      make_spare(lock);
    } else if (!making_ && job_) {
      changed_.wait_until(lock, job_->due);
    } else if (!making_ && spare_wanted_ && !spare_) {
      changed_.wait_until(lock, spare_due_);
    } else {
      changed_.wait(lock);
    }
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
