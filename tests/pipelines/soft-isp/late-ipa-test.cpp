/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LateIpa: who says all that it owes is only slow; a wrong word, or none, is a loss. */
#include "pipelines/soft-isp/late-ipa.h"

#include <glib.h>

#include <optional>

using namespace gstcam;
using namespace gstcam::soft;

namespace {

constexpr int64_t kLong = 3600000000;  // µs: nobody waits for that

class Rig : private LateIpa::Owner {
 public:
  Rig() = default;
  ~Rig() override = default;
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /** Answers of frame 7's statistics, and frame 8's parameters in buffer 3. */
  static IpaDebts all() {
    IpaDebts debts;
    debts.metadata = true;
    debts.of_frame = 7;
    debts.params = true;
    debts.params_frame = 8;
    debts.params_buffer = 3;
    debts.heard_at = g_get_monotonic_time();
    debts.silence_us = kLong;
    return debts;
  }
  static IpaDebts params_only() {
    IpaDebts debts = all();
    debts.metadata = false;
    return debts;
  }
  void expect_lost(Error::Code code, const char* says) {
    g_assert_true(lost.has_value());
    g_assert_cmpstr(to_string(lost->code), ==, to_string(code));
    g_assert_nonnull(strstr(lost->message.c_str(), says));
    g_assert_cmpint(settled, ==, 0);
    g_assert_false(late.owes());
  }

  int settled = 0;
  std::optional<Error> lost;
  LateIpa late{nullptr, static_cast<LateIpa::Owner&>(*this)};

 private:
  void late_settled(LateIpa& who) override {
    g_assert_true(&who == &late);
    settled++;
  }
  void late_lost(LateIpa& who, const Error& error) override {
    g_assert_true(&who == &late);
    g_assert_false(lost.has_value());
    lost = error;
  }
};

void test_settles() {
  Rig rig;
  rig.late.owe(Rig::all());
  rig.late.set_sensor_controls(7, {});
  rig.late.state_saved({1, 2, 3});
  rig.late.metadata_ready(7, {});
  g_assert_true(rig.late.owes());
  g_assert_cmpint(rig.settled, ==, 0);
  rig.late.params_computed(8, 3);
  g_assert_cmpint(rig.settled, ==, 1);
  g_assert_false(rig.late.owes());
  // And again, where the controls had come and no parameters were asked for.
  IpaDebts debts = Rig::all();
  debts.controls_came = true;
  debts.params = false;
  rig.late.owe(debts);
  rig.late.metadata_ready(7, {});
  g_assert_cmpint(rig.settled, ==, 2);
  g_assert_false(rig.lost.has_value());
}

struct Row {
  const char* name;
  bool metadata_owed;
  void (*say)(LateIpa&);
};
const Row kRows[] = {
    {"params-before-metadata", true, [](LateIpa& l) { l.params_computed(8, 3); }},
    {"params-of-another-frame", false, [](LateIpa& l) { l.params_computed(9, 3); }},
    {"params-in-another-buffer", false, [](LateIpa& l) { l.params_computed(8, 4); }},
    {"metadata-before-controls", true, [](LateIpa& l) { l.metadata_ready(7, {}); }},
    {"metadata-of-another-frame", true,
     [](LateIpa& l) {
       l.set_sensor_controls(7, {});
       l.metadata_ready(8, {});
     }},
    {"metadata-not-owed", false, [](LateIpa& l) { l.metadata_ready(7, {}); }},
    {"controls-of-another-frame", true, [](LateIpa& l) { l.set_sensor_controls(6, {}); }},
    {"controls-not-owed", false, [](LateIpa& l) { l.set_sensor_controls(7, {}); }},
    {"controls-twice", true,
     [](LateIpa& l) {
       l.set_sensor_controls(7, {});
       l.set_sensor_controls(7, {});
     }},
};

void test_wrong(gconstpointer data) {
  const auto& row = *static_cast<const Row*>(data);
  Rig rig;
  rig.late.owe(row.metadata_owed ? Rig::all() : Rig::params_only());
  row.say(rig.late);
  rig.expect_lost(Error::Code::Protocol, "does not await it");
  // What follows a lie is nobody's.
  rig.late.params_computed(1, 1);
  rig.late.metadata_ready(1, {});
  rig.late.set_sensor_controls(1, {});
}

void test_silent() {
  Rig rig;
  IpaDebts debts = Rig::all();
  debts.silence_us = 1000;
  rig.late.owe(debts);
  while (!rig.lost)
    g_main_context_iteration(nullptr, TRUE);
  rig.expect_lost(Error::Code::Timeout, "process_stats(7) within 1 ms");
  Rig other;
  debts = Rig::params_only();
  debts.silence_us = 2000;
  other.late.owe(debts);
  while (!other.lost)
    g_main_context_iteration(nullptr, TRUE);
  other.expect_lost(Error::Code::Timeout, "compute_params(8) within 2 ms");
}

/* Silence counts from its last word, be that before it was late, or since. */
void test_counts_from_last_word() {
  Rig rig;
  IpaDebts debts = Rig::all();
  debts.silence_us = 50000;
  debts.heard_at -= 60000;
  rig.late.owe(debts);
  rig.late.set_sensor_controls(7, {});
  const int64_t spoke = g_get_monotonic_time();
  while (!rig.lost)
    g_main_context_iteration(nullptr, TRUE);
  g_assert_cmpint(g_get_monotonic_time() - spoke, >=, 49000);
}

void test_forget() {
  Rig rig;
  IpaDebts debts = Rig::all();
  debts.heard_at -= 2 * kLong;  // due already
  rig.late.owe(debts);
  rig.late.forget();
  rig.late.params_computed(99, 99);
  while (g_main_context_iteration(nullptr, FALSE)) {
  }
  g_assert_false(rig.lost.has_value());
  g_assert_cmpint(rig.settled, ==, 0);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/late-ipa/settles", test_settles);
  for (const Row& row : kRows)
    g_test_add_data_func((std::string("/late-ipa/wrong/") + row.name).c_str(), &row, test_wrong);
  g_test_add_func("/late-ipa/silent", test_silent);
  g_test_add_func("/late-ipa/counts-from-last-word", test_counts_from_last_word);
  g_test_add_func("/late-ipa/forget", test_forget);
  return g_test_run();
}
