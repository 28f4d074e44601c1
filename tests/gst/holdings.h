/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holdings: what this process has of the system, to see that a test gives back what it took.
 */
#pragma once

#include <glib.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace gstcam::test {

inline unsigned count_entries(const char* path) {
  unsigned n = 0;
  GDir* dir = g_dir_open(path, 0, nullptr);
  g_assert_nonnull(dir);
  while (g_dir_read_name(dir))
    n++;
  g_dir_close(dir);
  return n;
}

struct Holdings {
  unsigned fds = count_entries("/proc/self/fd");
  unsigned threads = count_entries("/proc/self/task");
  unsigned shm = count_entries("/dev/shm");
  size_t mappings = 0;  // of shared memory
  bool children = false;

  Holdings() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
      mappings += line.find("/memfd:") != std::string::npos ? 1 : 0;
    std::ifstream list("/proc/self/task/" + std::to_string(getpid()) + "/children");
    for (std::string pid; list >> pid;)
      children = true;
  }
};

}  // namespace gstcam::test
