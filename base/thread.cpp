/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/thread.h"

#include <pthread.h>

#include <string>
#include <system_error>
#include <utility>

namespace gstcam {

Result<std::thread> start_thread(const char* name, std::function<void()> main) {
  try {
    return std::thread([short_name = std::string(name).substr(0, 15), main = std::move(main)] {
      pthread_setname_np(pthread_self(), short_name.c_str());
      main();
    });
  } catch (const std::system_error& e) {
    return Error::from_errno(e.code().value(), "cannot start thread '" + std::string(name) + "'",
                             "free some memory, or allow more of it, or more processes (ulimit)");
  }
}

}  // namespace gstcam
