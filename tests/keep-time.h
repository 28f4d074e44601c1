/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of a live camera: what has to happen 30 times a second has to be let happen. A machine
 * that is busy otherwise (a build, other tests) would make frames late that no camera made late.
 */
#pragma once

#include <sched.h>
#include <sys/resource.h>

namespace gstcam::test {

/** Before there are threads: goes before other programs, with all that it starts, where it may. */
inline void keep_time() {
  const sched_param lowest{.sched_priority = sched_get_priority_min(SCHED_RR)};
  // Without the right to either the machine is to be left alone.
  if (sched_setscheduler(0, SCHED_RR, &lowest) < 0)
    (void)setpriority(PRIO_PROCESS, 0, -15);
}

/**
 * The same where something that the test starts never sleeps: a realtime thread does not share its
 * processor with others of its priority for 100 ms at a time, three frames.
 */
inline void keep_time_fairly() {
  (void)setpriority(PRIO_PROCESS, 0, -15);
}

}  // namespace gstcam::test
