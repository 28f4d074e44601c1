/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/v4l2/device.h"

#include <fcntl.h>
#include <linux/videodev2.h>

#include <cerrno>
#include <system_error>

namespace gstcam::v4l2 {

namespace {

/* A driver that answers EINTR without end must not hold the thread. */
constexpr int kMaxRestarts = 100;
constexpr size_t kMaxRemarks = 32;

std::string cause(int err) {
  return std::generic_category().message(err);
}

Error open_error(int err, const std::string& path) {
  const std::string what = "cannot open " + path;
  switch (err) {
    case EACCES:
    case EPERM:
      return Error(Error::Code::Permission, what + ": " + cause(err),
                   "add the user to the group of " + path + " (usually 'video') and log in again");
    case EBUSY:
      return Error(Error::Code::Busy, what + ": another program has it",
                   "find it with 'fuser -v " + path + "' and end it");
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return Error(Error::Code::NotFound, what + ": " + cause(err),
                   "plug the camera in, or load its driver; 'v4l2-ctl --list-devices' shows what "
                   "there is");
    default:
      return Error::from_errno(err, what);
  }
}

struct Meaning {
  Error::Code code;
  std::string hint;
};

Meaning meaning_of(int err, const std::string& path) {
  switch (err) {
    case ENODEV:
    case ENXIO:
    case ESHUTDOWN:
      return {Error::Code::Lost,
              "the device was unplugged or its driver unloaded; plug it in and "
              "open the camera again"};
    case EBUSY:
      return {Error::Code::Busy,
              "another program uses it: find it with 'fuser -v " + path + "' and end it"};
    case EIO:
    case EPROTO:
    case EREMOTEIO:
      return {Error::Code::Failed,
              "the driver could not reach the hardware: look at 'dmesg', check cable and power, "
              "and plug the camera in again"};
    case EPIPE:
      return {Error::Code::Invalid,
              "the formats at the two ends of a link of the media graph do not fit: set the same "
              "size and code on both ('media-ctl -p' shows them)"};
    case ENOLINK:
      return {Error::Code::Invalid,
              "a link of the media graph that has to be enabled is not ('media-ctl -p')"};
    case EACCES:
    case EPERM:
      return {Error::Code::Permission,
              "the value cannot be written or read now: it is read-only, write-only, or another "
              "program has priority"};
    case ENOSPC:
      return {Error::Code::NoSpace, ""};
    case ENOMEM:
      return {Error::Code::NoSpace,
              "the driver has no memory for it: use fewer or smaller buffers (or give the kernel "
              "more with cma=)"};
    case ENOTTY:
    case ENOSYS:
    case EOPNOTSUPP:
      return {Error::Code::Unsupported, "the driver does not have this request"};
    case EINVAL:
    case ERANGE:
    case EDOM:
    case EBADR:
    case E2BIG:
    case EBADF:
      return {Error::Code::Invalid, ""};
    case EAGAIN:
      return {Error::Code::WrongState, "nothing is ready; wait until the device is readable"};
    case EINTR:
      return {Error::Code::Failed, "the driver lets a signal interrupt it again and again"};
    case ETIMEDOUT:
    case ETIME:
      return {Error::Code::Timeout, "the hardware did not answer: look at 'dmesg'"};
    default:
      return {Error::Code::Failed, "look at 'dmesg' for what the driver says"};
  }
}

}  // namespace

Result<Device> Device::open(Kernel& kernel, const std::string& path) {
  int fd = -EINTR;
  for (int i = 0; fd == -EINTR && i < kMaxRestarts; i++)
    fd = kernel.open(path, O_RDWR | O_NONBLOCK);
  if (fd < 0)
    return open_error(-fd, path);
  return Device(kernel, fd, path);
}

Device::Device(Kernel& kernel, int fd, std::string path)
    : kernel_(&kernel), fd_(fd), path_(std::move(path)), label_(path_) {}

Device::Device(Device&& other) noexcept
    : kernel_(other.kernel_),
      fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      label_(std::move(other.label_)),
      remarks_(std::move(other.remarks_)) {}

Device& Device::operator=(Device&& other) noexcept {
  if (this != &other) {
    close();
    kernel_ = other.kernel_;
    fd_ = std::exchange(other.fd_, -1);
    path_ = std::move(other.path_);
    label_ = std::move(other.label_);
    remarks_ = std::move(other.remarks_);
  }
  return *this;
}

Device::~Device() {
  close();
}

void Device::close() {
  // What close() answers changes nothing: the descriptor is gone, and there is nothing left to do.
  if (fd_ >= 0)
    kernel_->close(std::exchange(fd_, -1));
}

void Device::set_name(const std::string& name) {
  label_ = name.empty() ? path_ : path_ + " (" + name + ")";
}

void Device::remark(std::string what) {
  if (remarks_.size() < kMaxRemarks)
    remarks_.push_back(std::move(what));
}

int Device::restarted(unsigned long request, void* argument) const {
  int result = -EINTR;
  for (int i = 0; result == -EINTR && i < kMaxRestarts; i++)
    result = kernel_->ioctl(fd_, request, argument);
  return result;
}

Error Device::error(int err, unsigned long request, const std::string& what) const {
  if (request == VIDIOC_STREAMON && err == ENOSPC) {
    return Error(
        Error::Code::NoSpace,
        label_ + ": cannot " + what + " (VIDIOC_STREAMON): no bandwidth is left on its bus",
        "use a smaller size, a compressed format or another USB port");
  }
  return call_error(err, request_name(request), what);
}

Error Device::call_error(int err, const std::string& call, const std::string& what) const {
  Meaning meaning = meaning_of(err, path_);
  return Error(meaning.code, label_ + ": cannot " + what + " (" + call + "): " + cause(err),
               std::move(meaning.hint));
}

Error Device::nonsense(const std::string& what) const {
  return Error(Error::Code::Protocol, label_ + ": the driver's answer makes no sense: " + what,
               "this is a bug of the driver: report it to its authors");
}

}  // namespace gstcam::v4l2
