/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests: what a Result has to be. For code that sees gstcam::to_string(Error::Code). */
#pragma once

#include <glib.h>

#include <string>

#include "base/result.h"

/** Fails the test with the error's text. */
#define ASSERT_OK(result)                                                              \
  do {                                                                                 \
    const auto& assert_ok_ = (result);                                                 \
    if (!assert_ok_.ok())                                                              \
      g_error("%s:%d: %s: %s: %s", __FILE__, __LINE__, #result,                        \
              to_string(assert_ok_.error().code), assert_ok_.error().message.c_str()); \
  } while (false)

#define ASSERT_ERROR(result, wanted)                                             \
  do {                                                                           \
    const auto& assert_error_ = (result);                                        \
    g_assert_false(assert_error_.ok());                                          \
    if (assert_error_.error().code != (wanted))                                  \
      g_error("%s:%d: %s: expected %s, got %s: %s", __FILE__, __LINE__, #result, \
              to_string(wanted), to_string(assert_error_.error().code),          \
              assert_error_.error().message.c_str());                            \
  } while (false)

#define ASSERT_CONTAINS(text, part)                                                    \
  do {                                                                                 \
    const std::string assert_text_(text);                                              \
    if (assert_text_.find(part) == std::string::npos)                                  \
      g_error("%s:%d: no '%s' in '%s'", __FILE__, __LINE__, std::string(part).c_str(), \
              assert_text_.c_str());                                                   \
  } while (false)
