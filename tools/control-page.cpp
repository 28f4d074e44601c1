/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints docs/controls.md from the control table.
 */
#include <cstdio>
#include <string>

#include "base/controls.h"

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

std::string type_text(const gstcam::ControlInfo& info) {
  switch (info.type) {
    case gstcam::ControlType::Bool:
      return "boolean (`b`)";
    case gstcam::ControlType::Int32:
      return "32 bit integer (`i`)";
    case gstcam::ControlType::Int64:
      return "64 bit integer (`x`)";
    case gstcam::ControlType::Double:
      return "double (`d`)";
    case gstcam::ControlType::DoubleArray:
      return std::to_string(info.count) + " doubles (`ad`)";
    case gstcam::ControlType::Enum:
      return "enum (`i`)";
  }
  return "";
}

void print_control(const gstcam::ControlInfo& info) {
  std::printf("\n### %s\n\n%s.\n\n", info.name, info.doc);
  std::printf("- type: %s\n", type_text(info).c_str());
  if (*info.unit)
    std::printf("- unit: %s\n", info.unit);
  if (info.type == gstcam::ControlType::Enum) {
    for (const gstcam::ControlEnumValue& value : info.values)
      std::printf("- `%s` (%d): %s%s\n", value.nick, value.value, value.doc,
                  info.writable && value.value == static_cast<int>(info.def) ? " (default)" : "");
    return;
  }
  std::printf("- range: %s to %s\n", number(info.min).c_str(), number(info.max).c_str());
  if (info.writable)
    std::printf("- default: %s\n", number(info.def).c_str());
}

void print_section(const char* title, bool writable) {
  std::printf("\n## %s\n", title);
  for (const gstcam::ControlInfo& info : gstcam::control_table()) {
    if (info.writable == writable)
      print_control(info);
  }
}

}  // namespace

int main() {
  std::printf(
      "# Controls\n\n"
      "Made from the control table in `base/controls.cpp` by `tools/control-page`; do not edit.\n\n"
      "A writable control is a property of `camerasrc`, may change while the stream runs and acts "
      "from the next frame that can have it. Every control here is a field of `GstCameraMeta` "
      "where "
      "the camera knows it, and an entry of the `a{sv}` that handler and IPA exchange (the type "
      "there in brackets). Ranges are those of the table; a camera's own are often narrower, and "
      "numbers outside them move to the nearest end.\n");
  print_section("Writable", true);
  print_section("Read-only", false);
  return 0;
}
