/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/value.h"

#include <cstdio>

namespace gstcam::ipc {

namespace {

std::string control_text(ControlId id, const ControlValue& value) {
  ControlList list;
  list.set(id, value);
  return list.to_string();
}

}  // namespace

void print(Printer& out, bool value) {
  out.text += value ? "true" : "false";
}

void print(Printer& out, double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  out.text += text;
}

void print(Printer& out, const std::string& value) {
  out.text += '"' + value + '"';
}

void print(Printer& out, const UniqueFd& value) {
  out.text += "fd " + std::to_string(value.get());
}

void print(Printer& out, const ControlList& value) {
  out.text += '{' + value.to_string() + '}';
}

void print(Printer& out, const ControlRanges& value) {
  out.text += '{';
  const char* separator = "";
  value.for_each([&](ControlId id, const ControlRange& range) {
    out.text += separator + control_text(id, range.min) + ".." + control_text(id, range.max) +
                " default " + control_text(id, range.def);
    separator = ", ";
  });
  out.text += '}';
}

void print(Printer& out, const std::vector<uint8_t>& value) {
  out.text += '<' + std::to_string(value.size()) + " bytes>";
}

void print_signed(Printer& out, int64_t value) {
  out.text += std::to_string(value);
}

void print_unsigned(Printer& out, uint64_t value) {
  out.text += std::to_string(value);
}

void copy(Copier& copier, const UniqueFd& from, UniqueFd& to) {
  if (!from.valid()) {
    to.reset();
    return;
  }
  Result<UniqueFd> made = UniqueFd::duplicate(from.get());
  if (made)
    to = std::move(*made);
  else
    copier.fail(made.error());
}

}  // namespace gstcam::ipc
