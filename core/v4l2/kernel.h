/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel: the one place where V4L2 and media devices meet the system.
 *
 * Everything in core/v4l2/ and in the handlers above reaches device nodes and sysfs through a
 * reference to one of these and in no other way, so that a test can be the kernel
 * (tests/core/v4l2/simulated-kernel.h). Results are raw, as system calls give them: the value, or
 * -errno. What they mean is Device's business.
 *
 * Descriptors that open() returns are real ones, as GLib's main loop has to poll them. They are
 * closed by close() and by nothing else. Those that an ioctl makes (EXPBUF) are ordinary: their
 * owner closes them as any other.
 *
 * Any thread; no method blocks longer than the driver behind it does, as devices are opened with
 * O_NONBLOCK.
 */
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gstcam::v4l2 {

class Kernel {
 public:
  virtual ~Kernel() = default;

  /** A descriptor (close-on-exec), or -errno. */
  virtual int open(const std::string& path, int flags) = 0;
  /** 0, or -errno; the descriptor is gone in either case. */
  virtual int close(int fd) = 0;
  /** What the ioctl returns (0 or more), or -errno. */
  virtual int ioctl(int fd, unsigned long request, void* argument) = 0;

  struct Mapping {
    void* address = nullptr;
    int error = 0;  // errno where address is nullptr
  };
  /** MAP_SHARED, of a device at the offset that QUERYBUF told. */
  virtual Mapping mmap(int fd, size_t length, int protection, off_t offset) = 0;
  virtual int munmap(void* address, size_t length) = 0;
  /** The revents of one descriptor as they are now, without waiting, or -errno. */
  virtual int poll(int fd, short events) = 0;
  /**
   * What a main loop waits for on a descriptor to wake when poll() for `events` would report
   * something. The same, unless the kernel is one whose descriptors cannot show it all: that one
   * notes what is asked for.
   */
  virtual short wake_events(int /*fd*/, short events) { return events; }

  /** Names in a folder (/dev, /sys/...), without order; at most 4096. */
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  /** The text of a small file (sysfs): at most 64 KiB of it. */
  virtual Result<std::string> read_text(const std::string& path) = 0;
  /** What a symbolic link points to, its path made absolute. */
  virtual Result<std::string> resolve(const std::string& path) = 0;
};

/** The system's own; one object without state for the whole process. */
Kernel& system_kernel();

}  // namespace gstcam::v4l2
