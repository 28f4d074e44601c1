/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests that run a second time as an ordinary user.
 */
#pragma once

#include <glib.h>
#include <grp.h>
#include <unistd.h>

#include <cerrno>

namespace gstcam::test {

/** The rest of the run is an ordinary user's, in a process that was always his. Does nothing where
 * we are one. Returns where the build folder is out of his reach. */
inline void become_user(char** argv) {
  constexpr uid_t kNobody = 65534;
  if (geteuid() != 0)
    return;
  if (setgroups(0, nullptr) < 0 || setresgid(kNobody, kNobody, kNobody) < 0 ||
      setresuid(kNobody, kNobody, kNobody) < 0)
    g_error("cannot become user %u: %s", kNobody, g_strerror(errno));
  execv("/proc/self/exe", argv);
}

}  // namespace gstcam::test
