/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder for one test's files; it goes with all that is in it. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/glib-ptr.h"

namespace gstcam::test {

class ScratchFolder {
 public:
  ScratchFolder() {
    const CharPtr made(g_dir_make_tmp("gst-camera-trust-XXXXXX", nullptr));
    g_assert_nonnull(made.get());
    path_ = made.get();
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  g_assert_true(file.good());
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  g_assert_true(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace gstcam::test
