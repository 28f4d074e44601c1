/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A camera of a simulated kernel, each of whose calls to the kernel fails once.
 */
#pragma once

#include <glib.h>

#include <cerrno>
#include <cstddef>

#include "base/result.h"

namespace gstcam::v4l2::test {

/** What was counted, for the test to judge whether anything was tried at all. */
struct EveryCall {
  size_t calls = 0;
  size_t refused = 0;  // lives that ended with an error
};

/**
 * Lives `life` once as it is, which has to succeed, and once for each call to the kernel in it,
 * which fails with EIO: a life without that detail, or an error that says something. `make()` gives
 * a std::unique_ptr to a fixture with `kernel` and `camera()`, which looks for leaks in the end.
 */
template <typename Make, typename Life>
EveryCall every_call_fails(const Make& make, const Life& life) {
  EveryCall counted;
  {
    auto f = make();
    const size_t before = f->kernel.calls();
    const Result<void> result = life(*f);
    if (!result)
      g_error("nothing failed, and %s", result.error().message.c_str());
    counted.calls = f->kernel.calls() - before;
  }
  for (size_t n = 0; n < counted.calls; n++) {
    auto f = make();
    f->kernel.fail_call(f->kernel.calls() + n, EIO);
    const Result<void> result = life(*f);
    f->camera().release();
    if (result)
      continue;
    counted.refused++;
    g_test_message("%zu: %s", n, result.error().message.c_str());
    g_assert_false(result.error().message.empty());
  }
  return counted;
}

}  // namespace gstcam::v4l2::test
