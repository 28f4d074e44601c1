/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Worker programs that do not work. Built once a way of failing: in a sandbox there is no shell to
 * run a script, and no environment to be told by.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
#if defined(WORKER_EXITS)
  return 7;
#elif defined(WORKER_COMPLAINS)
  fputs("no such luck\n", stderr);
  return 1;
#elif defined(WORKER_KILLED)
  signal(SIGSEGV, SIG_DFL);
  raise(SIGSEGV);
  return 0;
#else
#if defined(WORKER_BABBLES)
  if (write(3, "garbage\n", 8) != 8)
    return 1;
#endif
  for (;;)
    pause();
#endif
}
