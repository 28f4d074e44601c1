/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipc::Supervisor with replicas that only count: what it makes, lets go on, rests and disposes of,
 * and when.
 */
#include <glib.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "ipc/supervisor.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace std::chrono_literals;

namespace {

using Code = Error::Code;

/* What became of the replicas, under one lock. */
struct World {
  std::mutex mutex;
  std::condition_variable changed;
  int made = 0;
  int alive = 0;
  int went_on = 0;
  int rested = 0;
  int wakes = 0;
  std::optional<Error> recipe_error;
  std::optional<Error> go_on_error;
  std::optional<Error> rest_error;
  bool hold = false;  // go_on() waits

  template <typename F>
  void wait(F condition) {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, 30s, condition))
      g_error("it did not happen");
  }
  template <typename F>
  void change(F f) {
    const std::lock_guard lock(mutex);
    f();
    changed.notify_all();
  }
};

class FakeReplica final : public Replica {
 public:
  FakeReplica(World& world, int n) : number(n), world_(world) {
    world_.change([this] { world_.alive++; });
  }
  ~FakeReplica() override {
    world_.change([this] { world_.alive--; });
  }
  FakeReplica(const FakeReplica&) = delete;
  FakeReplica& operator=(const FakeReplica&) = delete;
  [[nodiscard]] bool lost() const override { return is_lost; }
  Result<void> rest() override {
    Result<void> result;
    world_.change([&] {
      world_.rested++;
      if (world_.rest_error)
        result = *world_.rest_error;
    });
    return result;
  }

  const int number;
  std::atomic<bool> is_lost{false};

 private:
  World& world_;
};

class Rig : private Supervisor::Events {
 public:
  explicit Rig(bool keeps_spare, uint32_t limit = 100)
      : supervisor_(Supervisor::create({.limit = limit, .keeps_spare = keeps_spare},
                                       static_cast<Supervisor::Events&>(*this),
                                       [this] { world.change([this] { world.wakes++; }); })
                        .value()) {
    supervisor_->set_recipe(recipe());
  }
  ~Rig() override {
    ready.clear();
    supervisor_.reset();
    g_assert_cmpint(world.alive, ==, 0);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  Supervisor::Recipe recipe() {
    return [this]() -> Result<std::unique_ptr<Replica>> {
      std::optional<Error> error;
      int number = 0;
      world.change([&] {
        error = world.recipe_error;
        number = error ? 0 : ++world.made;
      });
      if (error)
        return *error;
      return std::unique_ptr<Replica>(std::make_unique<FakeReplica>(world, number));
    };
  }
  Supervisor::GoOn go_on() {
    return [this](Replica& /*replica*/) -> Result<void> {
      std::unique_lock lock(world.mutex);
      world.went_on++;
      world.changed.notify_all();
      world.changed.wait(lock, [this] { return !world.hold; });
      if (world.go_on_error)
        return *std::exchange(world.go_on_error, std::nullopt);
      return {};
    };
  }
  Supervisor& operator*() { return *supervisor_; }
  Supervisor* operator->() { return supervisor_.get(); }

  int64_t stat(const char* name) {
    for (const Field& field : supervisor_->stats()) {
      if (field.name != name)
        continue;
      if (std::holds_alternative<bool>(field.value))
        return std::get<bool>(field.value) ? 1 : 0;
      return std::get<int64_t>(field.value);
    }
    g_error("no counter '%s'", name);
  }
  /** Counters change without a word: looks again until it is so. */
  void wait_stat(const char* name, int64_t wanted) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (stat(name) != wanted) {
      if (std::chrono::steady_clock::now() > end)
        g_error("'%s' is %d", name, static_cast<int>(stat(name)));
      std::this_thread::sleep_for(1ms);
    }
  }
  void make_spare() {
    supervisor_->want_spare();
    wait_stat("spare-ready", 1);
  }
  bool lose(Code code = Code::Lost, uint32_t answers = 100) {
    return supervisor_->lost(Error(code, "gone"), answers, nullptr, go_on());
  }
  /** Delivers what comes next. */
  void deliver_one() {
    const size_t before = ready.size() + failures.size();
    world.wait([this] { return world.wakes > delivered_; });
    delivered_++;
    supervisor_->deliver();
    g_assert_cmpuint(ready.size() + failures.size(), ==, before + 1);
  }
  [[nodiscard]] FakeReplica& last() { return static_cast<FakeReplica&>(*ready.back()); }

  World world;
  std::vector<std::unique_ptr<Replica>> ready;
  std::vector<Error> failures;

 private:
  void replica_ready(std::unique_ptr<Replica> replica) override {
    ready.push_back(std::move(replica));
  }
  void gave_up(const Error& error) override { failures.push_back(error); }

  int delivered_ = 0;
  std::unique_ptr<Supervisor> supervisor_;
};

void test_makes_one() {
  Rig rig(false);
  rig->want_spare();  // none is kept
  g_assert_true(rig.lose());
  rig.deliver_one();
  g_assert_cmpuint(rig.ready.size(), ==, 1);
  g_assert_cmpint(rig.world.made, ==, 1);
  g_assert_cmpint(rig.world.went_on, ==, 1);
  g_assert_cmpint(rig.stat("replays"), ==, 1);
  g_assert_cmpint(rig.stat("spares-used"), ==, 0);
}

void test_takes_spare() {
  Rig rig(true);
  rig.make_spare();
  g_assert_true(rig.lose());
  rig.deliver_one();
  g_assert_cmpint(rig.last().number, ==, 1);
  g_assert_cmpint(rig.world.made, ==, 1);
  g_assert_cmpint(rig.stat("spares-used"), ==, 1);
  g_assert_cmpint(rig.stat("spare-ready"), ==, 0);
}

/* That a spare fails says nothing of another one: which is made at once. */
void test_spare_fails() {
  Rig rig(true);
  rig.make_spare();
  rig.world.go_on_error = Error(Code::Lost, "it was dead already");
  g_assert_true(rig.lose());
  rig.deliver_one();
  g_assert_cmpint(rig.last().number, ==, 2);
  g_assert_cmpint(rig.stat("spares-lost"), ==, 1);
  g_assert_cmpint(rig.stat("replays"), ==, 1);
}

void test_spare_dies() {
  Rig rig(true);
  std::vector<FakeReplica*> made;
  rig->set_recipe([&]() -> Result<std::unique_ptr<Replica>> {
    auto replica = std::make_unique<FakeReplica>(rig.world, 0);
    made.push_back(replica.get());
    return std::unique_ptr<Replica>(std::move(replica));
  });
  rig.make_spare();
  rig->look_at_spare();
  g_assert_cmpint(rig.stat("spares-lost"), ==, 0);
  made[0]->is_lost = true;
  rig->look_at_spare();
  g_assert_cmpint(rig.stat("spares-lost"), ==, 1);
  rig.wait_stat("spare-ready", 1);
  g_assert_cmpuint(made.size(), ==, 2);
}

/* One that failed is tried again, and what it was last told counts. */
void test_recipe_fails() {
  Rig rig(false);
  rig.world.recipe_error = Error(Code::NotFound, "no program");
  g_assert_true(rig.lose());
  rig.wait_stat("failed-starts", 2);
  rig.world.change([&] { rig.world.recipe_error.reset(); });
  rig.deliver_one();
  g_assert_cmpuint(rig.ready.size(), ==, 1);
  g_assert_cmpuint(rig.failures.size(), ==, 0);
}

void test_limit() {
  Rig rig(false, 2);
  for (int i = 0; i < 2; i++) {
    g_assert_true(rig.lose());
    rig.deliver_one();
  }
  g_assert_false(rig.lose());
  g_assert_cmpint(rig.stat("losses"), ==, 3);
  Rig none(true, 0);
  none->want_spare();
  g_assert_false(none.lose());
  g_assert_cmpint(none.world.made, ==, 0);
}

/* Each cause has its counter. */
void test_causes() {
  Rig rig(false);
  for (const Code code : {Code::Lost, Code::Timeout, Code::Timeout, Code::Protocol, Code::Failed}) {
    g_assert_true(rig.lose(code));
    rig.deliver_one();
  }
  g_assert_cmpint(rig.stat("losses"), ==, 5);
  g_assert_cmpint(rig.stat("losses-died"), ==, 1);
  g_assert_cmpint(rig.stat("losses-silent"), ==, 2);
  g_assert_cmpint(rig.stat("losses-protocol"), ==, 1);
  g_assert_cmpint(rig.stat("losses-other"), ==, 1);
}

/* Replicas that prove nothing are answered later and later. */
void test_back_off() {
  Rig rig(false);
  const auto took = [&rig](uint32_t answers) {
    const auto begin = std::chrono::steady_clock::now();
    g_assert_true(rig.lose(Code::Lost, answers));
    rig.deliver_one();
    return std::chrono::steady_clock::now() - begin;
  };
  (void)took(0);  // the first may be chance
  g_assert_true(took(0) >= Supervisor::kBackOffFirst);
  g_assert_true(took(0) >= 2 * Supervisor::kBackOffFirst);
  g_assert_true(took(0) >= 4 * Supervisor::kBackOffFirst);
  (void)took(Supervisor::kProved);
  (void)took(0);
  g_assert_true(took(0) >= Supervisor::kBackOffFirst);
}

/* The one that was late spoke again before the spare was where it is: the spare is the spare. */
void test_hedge_not_needed() {
  Rig rig(true);
  rig.make_spare();
  rig.world.hold = true;
  rig->hedge(rig.go_on());
  rig.world.wait([&] { return rig.world.went_on == 1; });
  rig->cancel();
  rig.world.change([&] { rig.world.hold = false; });
  rig.wait_stat("spares-returned", 1);
  g_assert_cmpint(rig.stat("spare-ready"), ==, 1);
  rig->deliver();
  g_assert_cmpuint(rig.ready.size(), ==, 0);
  // The same when it was ready, and nobody had looked yet.
  rig->hedge(rig.go_on());
  rig.world.wait([&] { return rig.world.wakes == 1; });
  rig->cancel();
  rig.wait_stat("spares-returned", 2);
  rig->deliver();
  g_assert_cmpuint(rig.ready.size(), ==, 0);
  g_assert_cmpint(rig.world.made, ==, 1);
  g_assert_cmpint(rig.stat("losses"), ==, 0);
}

/* The spare takes over; the one that was late spoke later, and is the spare now. */
void test_hedge_takes_over() {
  Rig rig(true);
  rig.make_spare();
  rig->hedge(rig.go_on());
  rig.deliver_one();
  g_assert_cmpint(rig.last().number, ==, 1);
  rig->give_back(std::make_unique<FakeReplica>(rig.world, 77));
  rig.wait_stat("spare-ready", 1);
  g_assert_cmpint(rig.world.rested, ==, 1);
  g_assert_true(rig.lose());
  rig.deliver_one();
  g_assert_cmpint(rig.last().number, ==, 77);
  g_assert_cmpint(rig.world.made, ==, 1);
}

/* Lost while the spare is under way: that is what takes over, and no other is made. */
void test_hedge_then_lost() {
  Rig rig(true);
  rig.make_spare();
  rig.world.hold = true;
  rig->hedge(rig.go_on());
  rig.world.wait([&] { return rig.world.went_on == 1; });
  g_assert_true(rig.lose());
  rig.world.change([&] { rig.world.hold = false; });
  rig.deliver_one();
  g_assert_cmpint(rig.last().number, ==, 1);
  // And when it is there already.
  rig.make_spare();
  rig->hedge(rig.go_on());
  rig.world.wait([&] { return rig.world.wakes == 2; });
  g_assert_true(rig.lose());
  rig.deliver_one();
  g_assert_cmpint(rig.last().number, ==, 2);
  rig->deliver();
  g_assert_cmpuint(rig.ready.size(), ==, 2);
  g_assert_cmpint(rig.world.went_on, ==, 2);
}

/* A hedge makes no replica, but takes the spare that comes. */
void test_hedge_waits_for_spare() {
  Rig rig(true);
  rig->hedge(rig.go_on());
  g_assert_cmpint(rig.world.made, ==, 0);
  rig->want_spare();
  rig.deliver_one();
  g_assert_cmpuint(rig.ready.size(), ==, 1);
  // One whose spare fails leaves things as they are.
  rig.make_spare();
  rig.world.go_on_error = Error(Code::Failed, "no");
  rig->hedge(rig.go_on());
  rig.wait_stat("spares-lost", 1);
  rig->cancel();
  g_assert_cmpuint(rig.failures.size(), ==, 0);
  // Where no spare is kept there is none.
  Rig none(false);
  none->hedge(none.go_on());
  g_assert_true(none.lose());
  none.deliver_one();
  g_assert_cmpint(none.world.went_on, ==, 1);
}

/* What does not rest is no spare. */
void test_does_not_rest() {
  Rig rig(true);
  rig.world.rest_error = Error(Code::Timeout, "hangs");
  rig->give_back(std::make_unique<FakeReplica>(rig.world, 1));
  rig.world.wait([&] { return rig.world.alive == 0; });
  g_assert_cmpint(rig.stat("spare-ready"), ==, 0);
  // Nor is a second one.
  rig.world.change([&] { rig.world.rest_error.reset(); });
  rig.make_spare();
  rig->give_back(std::make_unique<FakeReplica>(rig.world, 2));
  rig.world.wait([&] { return rig.world.alive == 1; });
  g_assert_cmpint(rig.stat("spare-ready"), ==, 1);
}

/* What another recipe made goes; what is taken is of the new one. */
void test_new_recipe() {
  Rig rig(true);
  rig.make_spare();
  rig->set_recipe(rig.recipe());
  rig.world.wait([&] { return rig.world.alive == 0; });
  Result<std::unique_ptr<Replica>> taken = rig->take_now();
  g_assert_true(taken.ok());
  g_assert_cmpint(static_cast<FakeReplica&>(**taken).number, ==, 2);
  rig->dispose(std::move(*taken));
  rig.world.wait([&] { return rig.world.alive == 0; });
  rig.make_spare();
  taken = rig->take_now();
  g_assert_true(taken.ok());
  g_assert_cmpint(rig.stat("spares-used"), ==, 1);
  rig.world.recipe_error = Error(Code::NotFound, "no program");
  g_assert_false(rig->take_now().ok());
}

/* Whatever goes on in its thread, it ends, and nothing is left. */
void test_ends_at_any_time() {
  for (int when = 0; when < 5; when++) {
    Rig rig(true);
    if (when > 0)
      rig.make_spare();
    if (when == 1)
      rig->hedge(rig.go_on());
    if (when == 2)
      g_assert_true(rig.lose());
    if (when == 3)
      rig->give_back(std::make_unique<FakeReplica>(rig.world, 9));
    if (when == 4) {
      g_assert_true(rig.lose());
      rig.world.wait([&] { return rig.world.wakes == 1; });
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/supervisor/makes-one", test_makes_one);
  g_test_add_func("/supervisor/takes-spare", test_takes_spare);
  g_test_add_func("/supervisor/spare-fails", test_spare_fails);
  g_test_add_func("/supervisor/spare-dies", test_spare_dies);
  g_test_add_func("/supervisor/recipe-fails", test_recipe_fails);
  g_test_add_func("/supervisor/limit", test_limit);
  g_test_add_func("/supervisor/causes", test_causes);
  g_test_add_func("/supervisor/back-off", test_back_off);
  g_test_add_func("/supervisor/hedge-not-needed", test_hedge_not_needed);
  g_test_add_func("/supervisor/hedge-takes-over", test_hedge_takes_over);
  g_test_add_func("/supervisor/hedge-then-lost", test_hedge_then_lost);
  g_test_add_func("/supervisor/hedge-waits-for-spare", test_hedge_waits_for_spare);
  g_test_add_func("/supervisor/does-not-rest", test_does_not_rest);
  g_test_add_func("/supervisor/new-recipe", test_new_recipe);
  g_test_add_func("/supervisor/ends-at-any-time", test_ends_at_any_time);
  return g_test_run();
}
