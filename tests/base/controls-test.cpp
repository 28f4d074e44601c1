/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/controls.h"

#include <glib.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

namespace {

using namespace gstcam;  // NOLINT

/* A value that fits a row, made of its default. */
ControlValue default_of(const ControlInfo& info) {
  switch (info.type) {
    case ControlType::Bool:
      return info.def != 0;
    case ControlType::Int32:
    case ControlType::Enum:
      return static_cast<int32_t>(info.def);
    case ControlType::Int64:
      return static_cast<int64_t>(info.def);
    case ControlType::Double:
      return info.def;
    case ControlType::DoubleArray: {
      DoubleArray array;
      array.count = info.count;
      array.values.fill(info.def);
      return array;
    }
  }
  g_assert_not_reached();
}

/* The table keeps what its readers (properties, D-Bus, documentation) rely on. */
void test_table() {
  g_assert_cmpuint(control_table().size(), ==, kControlCount);
  std::set<std::string> names;
  for (const ControlInfo& info : control_table()) {
    const std::string name = info.name;
    g_assert_true(names.insert(name).second);
    for (char c : name)
      g_assert_true(g_ascii_islower(c) || c == '-');
    g_assert_true(find_control(name) == &info);
    g_assert_true(&control_info(info.id) == &info);
    g_assert_true(info.writable || info.metadata);
    g_assert_true(*info.nick && *info.doc && info.unit);
    g_assert_true(g_utf8_validate(info.unit, -1, nullptr));
    g_assert_cmpint(info.type == ControlType::Enum, ==, !info.values.empty());
    g_assert_cmpint(info.type == ControlType::DoubleArray, ==, info.count > 0);
    g_assert_cmpuint(info.count, <=, DoubleArray::kCapacity);
    if (info.type != ControlType::Enum)
      g_assert_cmpfloat(info.min, <, info.max);
    std::set<std::string> nicks;
    for (const ControlEnumValue& value : info.values)
      g_assert_true(nicks.insert(value.nick).second && *value.doc);
    const Result<void> valid = check_control(info.id, default_of(info));
    if (!valid)
      g_error("%s", valid.error().message.c_str());
  }
  g_assert_null(find_control("no-such-control"));
  g_assert_null(find_control(""));
}

void assert_refused(ControlId id, const ControlValue& value) {
  const Result<void> result = check_control(id, value);
  g_assert_false(result.ok());
  g_assert_true(result.error().code == Error::Code::Invalid);
}

void test_check() {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  assert_refused(ControlId::Count, 1.0);
  assert_refused(static_cast<ControlId>(255), 1.0);
  assert_refused(ControlId::ExposureTime, 0);
  assert_refused(ControlId::ExposureTime, INT32_MAX);
  assert_refused(ControlId::ExposureTime, INT32_MIN);
  assert_refused(ControlId::ExposureTime, 10000.0);
  assert_refused(ControlId::ExposureTime, int64_t{10000});
  assert_refused(ControlId::ExposureTime, true);
  assert_refused(ControlId::AnalogueGain, kNan);
  assert_refused(ControlId::AnalogueGain, kInfinity);
  assert_refused(ControlId::AnalogueGain, -1.0);
  assert_refused(ControlId::AnalogueGain, 1);
  assert_refused(ControlId::FrameDuration, int64_t{0});
  assert_refused(ControlId::FrameDuration, INT64_MAX);
  assert_refused(ControlId::AeMode, 99);
  assert_refused(ControlId::AeMode, -1);
  assert_refused(ControlId::AeMode, 0.0);
  assert_refused(ControlId::ColourGains, DoubleArray{1.0});
  assert_refused(ControlId::ColourGains, (DoubleArray{1.0, 1.0, 1.0}));
  assert_refused(ControlId::ColourGains, (DoubleArray{1.0, kNan}));
  assert_refused(ControlId::ColourGains, (DoubleArray{1.0, 100.0}));
  DoubleArray lying;
  lying.count = 200;  // more than it can hold
  assert_refused(ControlId::ColourGains, lying);
  assert_refused(ControlId::ColourCorrectionMatrix, lying);
  g_assert_true(check_control(ControlId::AeMode, int32_t{kAeModeManual}).ok());
  g_assert_true(check_control(ControlId::ColourGains, DoubleArray{1.5, 2.0}).ok());
}

void test_list() {
  ControlList list;
  g_assert_true(list.empty());
  g_assert_null(list.find(ControlId::AnalogueGain));
  list.set(ControlId::AnalogueGain, 2.5);
  list.set(ControlId::ExposureTime, 10000);
  list.set(ControlId::AeMode, int32_t{kAeModeManual});
  g_assert_cmpuint(list.size(), ==, 3);
  g_assert_cmpfloat(list.get_or<double>(ControlId::AnalogueGain, 1), ==, 2.5);
  g_assert_cmpfloat(list.get_or<double>(ControlId::ExposureTime, 7), ==, 7);  // another type
  g_assert_cmpint(list.get_or<int32_t>(ControlId::ColourTemperature, 5), ==, 5);
  g_assert_true(list.to_string() == "ae-mode=manual exposure-time=10000 analogue-gain=2.5");

  ControlList other;
  other.set(ControlId::AnalogueGain, 4.0);
  other.set(ControlId::ColourGains, DoubleArray{1.5, 2});
  list.merge(other);
  g_assert_cmpuint(list.size(), ==, 4);
  g_assert_cmpfloat(list.get_or<double>(ControlId::AnalogueGain, 1), ==, 4);
  ControlList copy = list;
  g_assert_true(copy == list);
  copy.set(ControlId::ColourGains, DoubleArray{1.5, 2.1});
  g_assert_false(copy == list);
  // What was erased does not count, whatever is left in its place.
  copy.erase(ControlId::ColourGains);
  list.erase(ControlId::ColourGains);
  g_assert_true(copy == list);
  size_t seen = 0;
  ControlId last = ControlId::AeMode;
  list.for_each([&](ControlId id, const ControlValue&) {
    g_assert_true(seen == 0 || id > last);
    last = id;
    seen++;
  });
  g_assert_cmpuint(seen, ==, 3);
  list.clear();
  g_assert_true(list.empty() && list.to_string().empty());
}

void test_ranges() {
  ControlRanges ranges;
  ranges.set(ControlId::ExposureTime, {int32_t{100}, int32_t{33000}, int32_t{10000}});
  ranges.set(ControlId::AnalogueGain, {1.0, 16.0, 1.0});
  ranges.set(ControlId::FrameDuration, {int64_t{10}, int64_t{20}, int64_t{10}});
  ranges.set(ControlId::ColourGains, {DoubleArray{0.5, 0.5}, DoubleArray{4, 8}, DoubleArray{1, 1}});
  ranges.set(ControlId::Contrast, {2.0, 1.0, 1.0});  // upside down: leaves values alone
  ControlList list;
  list.set(ControlId::ExposureTime, 60000000);
  list.set(ControlId::AnalogueGain, 0.5);
  list.set(ControlId::FrameDuration, int64_t{5});
  list.set(ControlId::ColourGains, DoubleArray{0.1, 16});
  list.set(ControlId::Contrast, 3.0);
  list.set(ControlId::Saturation, 3.5);  // no range
  const ControlList clamped = ranges.clamp(list);
  g_assert_cmpuint(clamped.size(), ==, list.size());
  g_assert_cmpint(clamped.get_or<int32_t>(ControlId::ExposureTime, 0), ==, 33000);
  g_assert_cmpfloat(clamped.get_or<double>(ControlId::AnalogueGain, 0), ==, 1);
  g_assert_cmpint(clamped.get_or<int64_t>(ControlId::FrameDuration, 0), ==, 10);
  g_assert_true(clamped.get_or<DoubleArray>(ControlId::ColourGains, {}) == (DoubleArray{0.5, 8}));
  g_assert_cmpfloat(clamped.get_or<double>(ControlId::Contrast, 0), ==, 3);
  g_assert_cmpfloat(clamped.get_or<double>(ControlId::Saturation, 0), ==, 3.5);

  ControlRanges copy = ranges;
  g_assert_true(copy == ranges);
  copy.set(ControlId::AnalogueGain, {1.0, 8.0, 1.0});
  g_assert_false(copy == ranges);
  g_assert_null(ranges.find(ControlId::Lux));
  g_assert_cmpuint(ranges.size(), ==, 5);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/controls/table", test_table);
  g_test_add_func("/controls/check", test_check);
  g_test_add_func("/controls/list", test_list);
  g_test_add_func("/controls/ranges", test_ranges);
  return g_test_run();
}
