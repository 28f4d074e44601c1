/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UniqueFd: the one owner of a file descriptor; closes it when it goes.
 */
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "base/result.h"

namespace gstcam {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other)
      reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0)
      ::close(fd_);
    fd_ = fd;
  }

  /** A second descriptor (close-on-exec) of the same open file. */
  static Result<UniqueFd> duplicate(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy.valid())
      return Error::from_errno(errno, "cannot duplicate a file descriptor");
    return copy;
  }

  bool operator==(const UniqueFd& other) const { return fd_ == other.fd_; }

 private:
  int fd_ = -1;
};

}  // namespace gstcam
