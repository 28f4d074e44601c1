/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/tuning-file.h"

#include <glib.h>
#include <sys/stat.h>

#include <cerrno>
#include <vector>

namespace gstcam {

namespace {

std::vector<std::string> folders() {
  std::vector<std::string> list;
  const char* variable = g_getenv("GST_CAMERA_DATA_PATH");
  std::string_view rest = variable ? variable : "";
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    if (const std::string_view folder = rest.substr(0, end); !folder.empty())
      list.emplace_back(folder);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  list.emplace_back(GST_CAMERA_DATA_DIR);
  return list;
}

constexpr char kHint[] = "name a YAML file that can be read, or none for the sensor's own";

Result<TuningFile> open_file(const std::string& path) {
  // Not blocking: opening somebody's fifo must not hang the camera.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid())
    return Error::from_errno(errno, "cannot open tuning file '" + path + "'", kHint);
  struct stat st = {};
  if (::fstat(fd.get(), &st) < 0)
    return Error::from_errno(errno, "cannot examine tuning file '" + path + "'");
  if (!S_ISREG(st.st_mode))
    return Error(Error::Code::Invalid, "tuning file '" + path + "' is no regular file", kHint);
  return TuningFile{std::move(fd), path};
}

}  // namespace

Result<TuningFile> open_tuning_file(const std::string& wanted, const std::string& own) {
  const std::string& name = wanted.empty() ? own : wanted;
  if (name.find('/') != std::string::npos)
    return open_file(name);
  std::vector<std::string> places = folders();
  if (!wanted.empty())
    places.insert(places.begin(), ".");
  std::string looked;
  for (const std::string& folder : places) {
    std::string path = folder;
    path.append("/").append(name);
    Result<TuningFile> file = open_file(path);
    if (file || file.error().code != Error::Code::NotFound)
      return file;
    looked += (looked.empty() ? "" : ", ") + folder;
  }
  return Error(Error::Code::NotFound,
               "there is no tuning file '" + name + "'; looked in: " + looked,
               "name a tuning file, or put its folder into GST_CAMERA_DATA_PATH");
}

}  // namespace gstcam
