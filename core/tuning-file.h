/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where tuning files are: the folders of GST_CAMERA_DATA_PATH (colon separated), then the installed
 * one. Functions without state, any thread.
 */
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam {

/** Open for reading at its beginning; `path` is what errors call it. */
struct TuningFile {
  UniqueFd fd;
  std::string path;
};

/**
 * Opens what the application wants: a path, or the name of a file in the current folder or one of
 * those above. Where it wants nothing, the camera's own: a path, or the name of a file in one of
 * those above. The error says which file, where it was looked for, and what to do. What is no
 * regular file is refused.
 */
Result<TuningFile> open_tuning_file(const std::string& wanted, const std::string& own);

}  // namespace gstcam
