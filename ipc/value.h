/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What generated types need besides the codec: a printed form, and copies of types that own file
 * descriptors (a plain copy of those is forbidden, because it can fail).
 *
 * Generated code adds overloads of print() and copy() for its records in its own namespace; Printer
 * and Copier are in this one, so that a call finds the overloads of both.
 */
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/controls.h"
#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

/** Collects text; print(Printer&, value) adds to it. */
struct Printer {
  std::string text;
};

void print(Printer& out, bool value);
void print(Printer& out, double value);
void print(Printer& out, const std::string& value);
void print(Printer& out, const UniqueFd& value);
void print(Printer& out, const ControlList& value);
void print(Printer& out, const ControlRanges& value);
void print(Printer& out, const std::vector<uint8_t>& value);
void print_signed(Printer& out, int64_t value);
void print_unsigned(Printer& out, uint64_t value);

template <std::signed_integral T>
void print(Printer& out, T value) {
  print_signed(out, value);
}
template <std::unsigned_integral T>
void print(Printer& out, T value) {
  print_unsigned(out, value);
}
inline void print(Printer& out, float value) {
  print(out, static_cast<double>(value));
}

template <typename T>
void print(Printer& out, const std::vector<T>& list);
template <typename T, size_t N>
void print(Printer& out, const std::array<T, N>& list);
template <typename K, typename V>
void print(Printer& out, const std::map<K, V>& map);

template <typename T, typename List>
void print_list(Printer& out, const List& list) {
  out.text += '[';
  const char* separator = "";
  for (auto&& item : list) {
    out.text += separator;
    print(out, static_cast<const T&>(item));
    separator = ", ";
  }
  out.text += ']';
}
template <typename T>
void print(Printer& out, const std::vector<T>& list) {
  print_list<T>(out, list);
}
template <typename T, size_t N>
void print(Printer& out, const std::array<T, N>& list) {
  print_list<T>(out, list);
}
template <typename K, typename V>
void print(Printer& out, const std::map<K, V>& map) {
  out.text += '{';
  const char* separator = "";
  for (const auto& [key, value] : map) {
    out.text += separator;
    print(out, key);
    out.text += ": ";
    print(out, value);
    separator = ", ";
  }
  out.text += '}';
}

/** Copies values; keeps the first error of a descriptor that could not be duplicated. */
class Copier {
 public:
  void fail(Error error) {
    if (!error_)
      error_ = std::move(error);
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::optional<Error> error_;
};

template <typename T>
void copy(Copier& /*copier*/, const T& from, T& to) {
  to = from;
}
void copy(Copier& copier, const UniqueFd& from, UniqueFd& to);
inline void copy(Copier& /*copier*/, const std::vector<uint8_t>& from, std::vector<uint8_t>& to) {
  to = from;
}

template <typename T>
void copy(Copier& copier, const std::vector<T>& from, std::vector<T>& to);
template <typename T, size_t N>
void copy(Copier& copier, const std::array<T, N>& from, std::array<T, N>& to);
template <typename K, typename V>
void copy(Copier& copier, const std::map<K, V>& from, std::map<K, V>& to);

template <typename T>
void copy(Copier& copier, const std::vector<T>& from, std::vector<T>& to) {
  to.clear();
  to.reserve(from.size());
  for (auto&& item : from) {
    T made{};
    copy(copier, static_cast<const T&>(item), made);
    to.push_back(std::move(made));
  }
}
template <typename T, size_t N>
void copy(Copier& copier, const std::array<T, N>& from, std::array<T, N>& to) {
  for (size_t i = 0; i < N; i++)
    copy(copier, from[i], to[i]);
}
template <typename K, typename V>
void copy(Copier& copier, const std::map<K, V>& from, std::map<K, V>& to) {
  to.clear();
  for (const auto& [key, value] : from)
    copy(copier, value, to[key]);
}

/** A copy with descriptors of its own; NoSpace where the process has none left. */
template <typename T>
Result<T> duplicate(const T& value) {
  Copier copier;
  T made{};
  copy(copier, value, made);
  if (copier.error())
    return *copier.error();
  return made;
}

}  // namespace gstcam::ipc
