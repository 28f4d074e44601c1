/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame rate that several caps share. */
#include "gst/shared-rate.h"

#include <array>
#include <string>

using namespace gstcam;

static CapsPtr parse(const std::string& text) {
  CapsPtr caps(gst_caps_from_string(text.c_str()));
  g_assert_nonnull(caps.get());
  return caps;
}

struct Row {
  const char* name;
  std::array<const char*, 2> of;
  std::array<const char*, 2> left;  // nullptr: no rate
};

static const Row kRows[] = {
    {"same",
     {"a/b,framerate=30/1", "c/d,framerate=30/1"},
     {"a/b,framerate=30/1", "c/d,framerate=30/1"}},
    {"range-and-one",
     {"a/b,framerate=[1/1,60/1]", "c/d,framerate=25/1"},
     {"a/b,framerate=25/1", "c/d,framerate=25/1"}},
    {"ranges",
     {"a/b,framerate=[1/1,30/1]", "c/d,framerate=[15/1,60/1]"},
     {"a/b,framerate=[15/1,30/1]", "c/d,framerate=[15/1,30/1]"}},
    {"list",
     {"a/b,framerate={30/1,15/1}", "c/d,framerate=[1/1,20/1]"},
     {"a/b,framerate=15/1", "c/d,framerate=15/1"}},
    {"structures-and-features",
     {"a/b(memory:DMABuf),framerate=30/1; a/b,framerate=[5/1,10/1]", "c/d,framerate=[1/1,8/1]"},
     {"a/b,framerate=[5/1,8/1]", "c/d,framerate=[5/1,8/1]"}},
    {"features",
     {"a/b(memory:DMABuf),framerate=30/1", "c/d,framerate=[1/1,60/1]"},
     {"a/b(memory:DMABuf),framerate=30/1", "c/d,framerate=30/1"}},
    {"any-rate", {"a/b", "c/d,framerate=30/1"}, {"a/b,framerate=30/1", "c/d,framerate=30/1"}},
    {"none", {"a/b,framerate=25/1", "c/d,framerate=30/1"}, {nullptr, nullptr}},
};

static void test_row(gconstpointer data) {
  const Row& row = *static_cast<const Row*>(data);
  std::vector<CapsPtr> caps;
  for (const char* text : row.of)
    caps.push_back(parse(text));
  g_assert_cmpint(share_rates(caps), ==, row.left[0] != nullptr);
  if (!row.left[0])
    return;
  for (size_t i = 0; i < caps.size(); i++)
    g_assert_true(gst_caps_is_strictly_equal(caps[i].get(), parse(row.left[i]).get()));
}

static void test_at_rate() {
  const CapsPtr fixed = parse("c/d,width=1,framerate=30/1");
  g_assert_true(gst_caps_is_strictly_equal(
      at_rate_of(parse("a/b,n=1,framerate=[1/1,60/1]; a/b,n=2,framerate=15/1"), fixed.get()).get(),
      parse("a/b,n=1,framerate=30/1").get()));
  g_assert_true(gst_caps_is_empty(at_rate_of(parse("a/b,framerate=15/1"), fixed.get()).get()));
}

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  gst_init(&argc, &argv);
  for (const Row& row : kRows)
    g_test_add_data_func((std::string("/shared-rate/") + row.name).c_str(), &row, test_row);
  g_test_add_func("/shared-rate/at-rate", test_at_rate);
  return g_test_run();
}
