/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device: one open device node, and what its errors mean.
 *
 * An error names the node, what was tried, the request and what to do. Codes, beside the obvious:
 *
 *     Lost        ENODEV, ENXIO, ESHUTDOWN of an open node: it was unplugged, nothing works again
 *     Busy        somebody else has it (EBUSY)
 *     Unsupported the driver does not have the request (ENOTTY)
 *     Invalid     EINVAL, ERANGE, EPIPE (formats of a link's two ends do not fit), ENOLINK
 *     NoSpace     ENOMEM; ENOSPC, which is the bandwidth of the bus
 *     Failed      EIO, EPROTO and the rest: the driver could not reach the hardware
 *     WrongState  EAGAIN: nothing is there yet; callers for whom that is no error take try_ioctl()
 *
 * Requests are restarted after EINTR. Opened O_NONBLOCK. Not thread safe: one thread at a time.
 */
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/v4l2/kernel.h"

namespace gstcam::v4l2 {

class Device {
 public:
  /** The kernel outlives the device. */
  static Result<Device> open(Kernel& kernel, const std::string& path);
  Device(Device&& other) noexcept;
  Device& operator=(Device&& other) noexcept;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device();

  [[nodiscard]] Kernel& kernel() const { return *kernel_; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /** "/dev/video0", "/dev/video0 (HD Webcam)" once it has a name. */
  [[nodiscard]] const std::string& label() const { return label_; }
  void set_name(const std::string& name);

  /** `what` completes "cannot ...": "start streaming". */
  template <typename T>
  Result<void> ioctl(unsigned long request, T* argument, const char* what) const {
    const int result = try_ioctl(request, argument);
    if (result < 0)
      return error(-result, request, what);
    return {};
  }
  /** 0 or more, or -errno; for callers to whom some errno values are answers. */
  template <typename T>
  int try_ioctl(unsigned long request, T* argument) const {
    return restarted(request, const_cast<void*>(static_cast<const void*>(argument)));
  }
  [[nodiscard]] Error error(int err, unsigned long request, const std::string& what) const;
  /** The same of a system call that is no ioctl: "mmap". */
  [[nodiscard]] Error call_error(int err, const std::string& call, const std::string& what) const;
  /** An error of code Protocol: the driver answered what it must not. */
  [[nodiscard]] Error nonsense(const std::string& what) const;
  /** The driver said something odd that was left out; the first 32 are kept for diagnosis. */
  void remark(std::string what);
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  Device(Kernel& kernel, int fd, std::string path);
  int restarted(unsigned long request, void* argument) const;
  void close();

  Kernel* kernel_;
  int fd_;
  std::string path_;
  std::string label_;
  std::vector<std::string> remarks_;
};

/** "VIDIOC_QBUF"; a number for a request that is not in the table. */
std::string request_name(unsigned long request);

}  // namespace gstcam::v4l2
