/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker program that does nothing, until it is killed. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  puts("I hang");
  fflush(stdout);
  for (;;)
    pause();
}
