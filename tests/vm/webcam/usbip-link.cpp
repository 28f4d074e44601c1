/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/usbip-link.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace gstcam::webcam {
namespace {

constexpr const char* kController = "/sys/devices/platform/vhci_hcd.0";
constexpr int kHighSpeed = 3;  // enum usb_device_speed
constexpr int kFreePort = 4;   // VDEV_ST_NULL

/** Ports nobody uses, from the controller's table: "hub port state ..." a line. */
Result<std::vector<unsigned>> free_ports() {
  std::ifstream table(std::string(kController) + "/status");
  if (!table)
    return Error(Error::Code::NotFound, "there is no virtual USB host controller",
                 "load the module vhci_hcd");
  std::vector<unsigned> ports;
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string hub;
    unsigned port = 0;
    int state = 0;
    // The other hub is for super speed devices.
    if (words >> hub >> port >> state && hub == "hs" && state == kFreePort)
      ports.push_back(port);
  }
  return ports;
}

}  // namespace

Result<UsbipLink> UsbipLink::plug() {
  auto ports = free_ports();
  if (!ports)
    return ports.error();
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return Error::from_errno(errno, "cannot make a socket pair");
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  const UniqueFd attach(
      ::open((std::string(kController) + "/attach").c_str(), O_WRONLY | O_CLOEXEC));
  if (!attach.valid())
    return Error::from_errno(errno, "cannot reach the virtual USB host controller");
  for (unsigned port : *ports) {
    // The number of the device is ours to choose; it has to differ from others'.
    const std::string line = std::to_string(port) + " " + std::to_string(theirs.get()) + " " +
                             std::to_string(0x10000 + port + 2) + " " + std::to_string(kHighSpeed);
    if (::write(attach.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()))
      return UsbipLink(std::move(ours), port);
    if (errno != EBUSY)  // somebody else took the port since
      return Error::from_errno(errno, "cannot plug into port " + std::to_string(port));
  }
  return Error(Error::Code::Busy, "all ports of the virtual USB host controller are taken");
}

Result<Bytes> UsbipLink::read(size_t count) {
  Bytes bytes(count);
  for (size_t have = 0; have < count;) {
    const ssize_t got = ::recv(socket_.get(), bytes.data() + have, count - have, 0);
    if (got == 0)
      return Error(Error::Code::Lost, "the host has let go of the device");
    if (got < 0 && errno != EINTR)
      return Error::from_errno(errno, "cannot read from the host");
    have += got > 0 ? static_cast<size_t>(got) : 0;
  }
  return bytes;
}

Result<void> UsbipLink::write(ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EPIPE)
      return Error(Error::Code::Lost, "the host has let go of the device");
    if (put < 0 && errno != EINTR)
      return Error::from_errno(errno, "cannot write to the host");
    bytes = bytes.subspan(put > 0 ? static_cast<size_t>(put) : 0);
  }
  return {};
}

}  // namespace gstcam::webcam
