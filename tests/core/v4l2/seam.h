/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of core/v4l2 share: leak checks and unwrapping of results.
 */
#pragma once

#include <glib.h>

#include <filesystem>
#include <string>

#include "base/result.h"
#include "tests/core/v4l2/simulated-kernel.h"

namespace gstcam::v4l2::test {

template <typename T>
T expect(Result<T> result) {
  if (!result)
    g_error("unexpected error: %s", result.error().message.c_str());
  return std::move(result).value();
}
inline void expect(const Result<void>& result) {
  if (!result)
    g_error("unexpected error: %s", result.error().message.c_str());
}

/** An error of that code whose message has `words` in it. */
template <typename T>
void expect_error(const Result<T>& result, Error::Code code, const char* words) {
  g_assert_false(result.ok());
  if (result.error().message.find(words) == std::string::npos || result.error().code != code) {
    g_error("'%s' (%s) where '%s' (%s) was expected", result.error().message.c_str(),
            to_string(result.error().code), words, to_string(code));
  }
}

/** g_assert_cmpstr() for temporaries, which that lets die before it compares. */
inline void expect_text(const std::string& text, const std::string& expected) {
  g_assert_cmpstr(text.c_str(), ==, expected.c_str());
}

inline size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    count++;
  return count;
}

/**
 * Fails the test at its end where a file, mapping, buffer or descriptor is still held; descriptors
 * unless others come and go meanwhile.
 */
class LeakCheck {
 public:
  explicit LeakCheck(const SimulatedKernel& kernel, bool count_descriptors = true)
      : kernel_(kernel), counts_(count_descriptors), descriptors_(open_descriptors()) {}
  LeakCheck(const LeakCheck&) = delete;
  LeakCheck& operator=(const LeakCheck&) = delete;
  ~LeakCheck() {
    g_assert_cmpuint(kernel_.open_files(), ==, 0);
    g_assert_cmpuint(kernel_.mappings(), ==, 0);
    g_assert_cmpuint(kernel_.buffers(), ==, 0);
    if (counts_)
      g_assert_cmpuint(open_descriptors(), ==, descriptors_);
  }

 private:
  const SimulatedKernel& kernel_;
  const bool counts_;
  const size_t descriptors_;
};

}  // namespace gstcam::v4l2::test
