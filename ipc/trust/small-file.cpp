/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/trust/small-file.h"

#include <sys/stat.h>

#include <cerrno>

namespace gstcam::ipc {

Result<UniqueFd> open_regular(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid())
    return Error::from_errno(errno, "cannot open it");
  struct stat info {};
  if (fstat(fd.get(), &info) < 0)
    return Error::from_errno(errno, "cannot examine it");
  if (!S_ISREG(info.st_mode))
    return Error(Error::Code::Invalid, "it is not a file");
  return fd;
}

Result<std::string> read_small(int fd, size_t limit) {
  /* One byte more than allowed: so that we see that there is more. */
  std::string text(limit + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = pread(fd, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return Error::from_errno(errno, "cannot read it");
    if (got == 0)
      break;
    size += static_cast<size_t>(got);
  }
  if (size > limit)
    return Error(Error::Code::Invalid, "it has more than " + std::to_string(limit) + " bytes");
  text.resize(size);
  return text;
}

}  // namespace gstcam::ipc
