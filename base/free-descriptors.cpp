/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/free-descriptors.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/unique-fd.h"

namespace gstcam {

Result<void> check_free_descriptors(unsigned count) {
  std::vector<UniqueFd> taken;
  taken.reserve(count);
  while (taken.size() < count) {
    // What GLib takes for its own.
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
    if (!fd.valid()) {
      return Error::from_errno(errno,
                               std::to_string(taken.size()) + " file descriptors are free, " +
                                   std::to_string(count) + " are needed",
                               "Close files, or raise the limit ('ulimit -n').");
    }
    taken.push_back(std::move(fd));
  }
  return {};
}

}  // namespace gstcam
