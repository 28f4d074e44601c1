/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests: run the test's GMainContext until something is true (with a limit, so that a broken
 * test fails instead of hanging), and count what the process holds.
 */
#pragma once

#include <dirent.h>
#include <glib.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <string>

namespace gstcam::test {

/** Iterates the default context until `done()`; false when 20 s passed. */
inline bool run_until(const std::function<bool()>& done) {
  bool late = false;
  GSource* limit = g_timeout_source_new_seconds(20);
  g_source_set_callback(
      limit,
      [](gpointer data) -> gboolean {
        *static_cast<bool*>(data) = true;
        return G_SOURCE_CONTINUE;
      },
      &late, nullptr);
  g_source_attach(limit, nullptr);
  while (!done() && !late)
    g_main_context_iteration(nullptr, TRUE);
  g_source_destroy(limit);
  g_source_unref(limit);
  return done();
}

/** Runs what is ready now. */
inline void run_pending() {
  while (g_main_context_iteration(nullptr, FALSE)) {
  }
}

inline int count_entries(const char* folder) {
  int count = 0;
  if (DIR* dir = opendir(folder)) {
    while (readdir(dir))
      count++;
    closedir(dir);
  }
  return count;
}

inline int count_fds() {
  return count_entries("/proc/self/fd");
}
inline int count_threads() {
  return count_entries("/proc/self/task");
}

/** Mappings of files (not of anonymous memory: allocators come and go). */
inline int count_file_mappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('/') != std::string::npos)
      count++;
  }
  return count;
}

/** Children of this process, zombies included. */
inline int count_children() {
  int count = 0;
  if (DIR* dir = opendir("/proc/self/task")) {
    while (const dirent* entry = readdir(dir)) {
      std::ifstream children("/proc/self/task/" + std::string(entry->d_name) + "/children");
      for (std::string pid; children >> pid;)
        count++;
    }
    closedir(dir);
  }
  return count;
}

}  // namespace gstcam::test
