/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Result<T>: a value, or the Error that says why there is none.
 *
 * Everything in this tree that can fail returns one; nothing throws across an object's border.
 * An Error is written for the person who reads it: `message` says what failed and the cause,
 * `hint` (may be empty) says what to do about it.
 */
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace gstcam {

struct Error {
  enum class Code {
    Failed,       // anything without a better code
    Invalid,      // an argument or a file's content is wrong
    NotFound,     // a camera, file, module, entry is not there
    Permission,   // the system refused access
    Busy,         // somebody else has it
    NoSpace,      // memory, disk or descriptors ran out
    Unsupported,  // right, but not something this object can do
    WrongState,   // right, but not now
    Timeout,      // the deadline passed
    Lost,         // the peer (worker, device) is gone
    Protocol,     // the peer said something it must not say
  };

  Code code = Code::Failed;
  std::string message;
  std::string hint;

  Error(Code c, std::string m, std::string h = {})
      : code(c), message(std::move(m)), hint(std::move(h)) {}

  /** The same error with `what` and a colon in front of its message. */
  [[nodiscard]] Error within(std::string_view what) const {
    return Error(code, std::string(what) + ": " + message, hint);
  }

  /** An error from an errno value; picks the code from it. */
  static Error from_errno(int err, std::string_view what, std::string hint = {});
};

/** "timeout", "lost" ...: the code as a word for logs and D-Bus error names. */
const char* to_string(Error::Code code);
/** The inverse of to_string(); Failed for a word it does not know. */
Error::Code error_code_from_string(std::string_view word);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace gstcam
