/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A test of many rows that mostly wait, in several processes at once: each does every n-th row, and
 * what they say is put together to one TAP output.
 */
#pragma once

#include <vector>

namespace gstcam::hostile {

/** What became of the rows. */
struct Counts {
  int rows = 0;
  int confined = 0;  // in a worker with a system call filter
  int blocked = 0;   // attempts
  int open = 0;
};

struct Arguments {
  bool as_user = false;
  bool second = false;  // --service or --live
  unsigned processes = 1;
  unsigned share = 0;  // of `shares`
  unsigned shares = 1;
  std::vector<char*> rest;  // with the program's name, for g_test_init()
};

/** Takes --as-user, --processes=N, --share=I/N and `option` out of the arguments. */
Arguments take_arguments(int argc, char** argv, const char* option);

/** This program with these arguments, once for each process. The exit status. */
int run_in_shares(const Arguments& arguments, int argc, char** argv);

/** The last line of a process; run_in_shares() adds them up. */
void tell(const Counts& counts);

}  // namespace gstcam::hostile
