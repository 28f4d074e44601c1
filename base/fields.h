/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields: named values for people and programs: of notices, of counters. Names are in kebab case.
 */
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace gstcam {

struct Field {
  std::string name;
  std::variant<bool, int64_t, double, std::string> value;
  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

}  // namespace gstcam
