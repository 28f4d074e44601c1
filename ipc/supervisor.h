/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Supervisor: what to do when an IPA is lost, whatever the way: counts losses, decides whether
 * another IPA takes over and when, makes it, and has a spare one ready before it is needed.
 *
 * It knows no interface. A handler gives it a recipe that makes a Replica, an IPA that is loaded,
 * initialised and configured by the handler's journal, and with each loss a function that lets a
 * replica go on where the lost one was. Recipe and function run in the supervisor's own thread, and
 * lost replicas end there: no frame ever waits for a process.
 *
 *     lost()  -> back-off -> spare, or recipe -> go on -> replica_ready()
 *     hedge() -> spare -> go on -> replica_ready()
 *
 * One that is late may be lost, or only slow: hedge() brings the spare to where it is, so that it
 * can take over at once. Whichever of the two is not needed is given back, rested, and the spare
 * again; no process is started or ended for an answer that came late.
 *
 * Losses within one minute are limited; a loss soon after the one before (the replica did not prove
 * itself) is answered later and later, up to kBackOffMax, and so is a recipe that fails. There is
 * no limit to how often it may but time: without an IPA for kPatience, the camera has failed.
 *
 * Threads: all methods are called in the handler's, and the events come there, from deliver();
 * stats() from any.
 */
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace gstcam::ipc {

/** One IPA under supervision. Its destructor ends it and may block. */
class Replica {
 public:
  virtual ~Replica() = default;
  /** Any thread. */
  [[nodiscard]] virtual bool lost() const = 0;
  /** It was let go on, and shall be as it was before. May block. */
  virtual Result<void> rest() = 0;
};

class Supervisor {
 public:
  using Recipe = std::function<Result<std::unique_ptr<Replica>>()>;
  using GoOn = std::function<Result<void>(Replica&)>;
  struct Options {
    uint32_t limit = 0;        // losses a minute
    bool keeps_spare = false;  // for hosts whose IPAs cost nobody but memory
  };
  class Events {
   public:
    virtual ~Events() = default;
    /** What lost() or hedge() asked for: it goes on. */
    virtual void replica_ready(std::unique_ptr<Replica> replica) = 0;
    /** There will be none. */
    virtual void gave_up(const Error& error) = 0;
  };

  static constexpr std::chrono::milliseconds kBackOffFirst{50};
  static constexpr std::chrono::milliseconds kBackOffMax{1000};
  static constexpr std::chrono::milliseconds kPatience{10000};
  /** Answers after which a replica has proved itself: its loss is not held against the next. */
  static constexpr uint32_t kProved = 8;

  /** `wake` is called in any thread when deliver() has something to do. */
  static Result<std::unique_ptr<Supervisor>> create(Options options, Events& events,
                                                    std::function<void()> wake);
  /** Ends every replica it has. */
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /** How replicas are made from now on. A spare made by another recipe goes. */
  void set_recipe(Recipe recipe);
  /** Makes a spare where there is none, some time from now. */
  void want_spare();
  /** A replica that is not in use is lost. */
  void look_at_spare();

  /**
   * An IPA was lost for this cause after `answers` good answers; `old` is disposed of. False: one
   * too many, nothing follows. Else, where there is a `go_on`, replica_ready() or gave_up()
   * follows; without one the next take_now() has a replica.
   */
  [[nodiscard]] bool lost(const Error& cause, uint32_t answers, std::unique_ptr<Replica> old,
                          GoOn go_on);
  /**
   * The replica in use is late: once there is a spare, it goes on where that one is, and
   * replica_ready() follows. A lost() meanwhile takes what this began. Where no spare is kept, or
   * something else is under way, nothing happens.
   */
  void hedge(GoOn go_on);
  /** One that goes on and is not in use: rested, it is the spare where there is none. */
  void give_back(std::unique_ptr<Replica> replica);
  /** Calls the handlers that are due. */
  void deliver();
  /** Nobody waits for a replica any more: replica_ready() does not come. */
  void cancel();
  /** The spare, or one made now: waits for it. */
  Result<std::unique_ptr<Replica>> take_now();
  /** Ends it in our thread. */
  void dispose(std::unique_ptr<Replica> old);

  /* Counters. */
  void note_bridged(uint32_t frames = 1);
  void note_late();
  void note_round_trip(int64_t us);
  /** Any thread; never waits long. */
  [[nodiscard]] Fields stats() const;

 private:
  Supervisor(Options options, Events& events, std::function<void()> wake);
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;
  struct Job {
    uint64_t number = 0;
    Clock::time_point due;
    Clock::time_point give_up;
    GoOn go_on;
    bool hedge = false;                  // nothing is lost yet: the spare or none
    std::chrono::milliseconds delay{0};  // since the last attempt
  };
  struct Outcome {
    uint64_t number = 0;
    std::unique_ptr<Replica> replica;
    std::optional<Error> error;
  };
  struct Counters {
    int64_t lost = 0;
    int64_t timed_out = 0;
    int64_t protocol = 0;
    int64_t other = 0;
    int64_t replays = 0;
    int64_t spares_used = 0;
    int64_t spares_lost = 0;
    int64_t rested = 0;
    int64_t failed_starts = 0;
    int64_t bridged = 0;
    int64_t late = 0;
    int64_t round_trips = 0;
    int64_t round_trip_sum = 0;
    int64_t round_trip_max = 0;
    int64_t last_start_us = 0;
    int64_t last_change_over_us = 0;
  };

  void main();
  bool dispose_one(Lock& lock);
  bool rest_one(Lock& lock);
  [[nodiscard]] bool job_is_due(Clock::time_point now) const;
  [[nodiscard]] bool spare_is_due(Clock::time_point now) const;
  [[nodiscard]] Result<void> go_on(Lock& lock, Replica& replica);
  void not_needed(std::unique_ptr<Replica> replica, uint64_t recipe);
  void replace(Lock& lock);
  void make_spare(Lock& lock);
  Result<std::unique_ptr<Replica>> make(Lock& lock);
  [[nodiscard]] bool limit_reached(Clock::time_point now);

  const Options options_;
  Events& events_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool quit_ = false;
  Recipe recipe_;
  uint64_t recipe_number_ = 0;
  std::vector<std::unique_ptr<Replica>> trash_;
  std::vector<std::unique_ptr<Replica>> resting_;  // made by the recipe
  std::optional<Job> job_;
  uint64_t job_number_ = 0;
  std::optional<Outcome> outcome_;
  std::unique_ptr<Replica> spare_;
  bool spare_wanted_ = false;
  Clock::time_point spare_due_;
  bool making_ = false;
  Counters counters_;

  /* The context's own. */
  std::deque<Clock::time_point> losses_;
  uint32_t in_a_row_ = 0;  // losses of replicas that had not proved themselves

  std::thread thread_;
};

}  // namespace gstcam::ipc
