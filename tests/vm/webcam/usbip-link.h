/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UsbipLink: the device's end of a cable into vhci_hcd, the kernel's USB host controller without
 * hardware (module vhci_hcd; Documentation/ABI/testing/sysfs-platform-usbip-vudc and
 * drivers/usb/usbip/vhci_sysfs.c of the kernel's source).
 *
 * The cable is a socket pair: no network and no daemon. It is pulled when the link goes, or its
 * process.
 */
#pragma once

#include "base/result.h"
#include "base/unique-fd.h"
#include "tests/vm/webcam/bytes.h"

namespace gstcam::webcam {

class UsbipLink {
 public:
  /** Plugs a high speed device into the first free port. Needs root. */
  static Result<UsbipLink> plug();

  [[nodiscard]] int fd() const { return socket_.get(); }
  /** The port's number in vhci_hcd. */
  [[nodiscard]] unsigned port() const { return port_; }

  /** Exactly `count` bytes; Lost where the host has let go. Blocks. */
  Result<Bytes> read(size_t count);
  /** All of it. Blocks. */
  Result<void> write(ByteSpan bytes);

 private:
  UsbipLink(UniqueFd socket, unsigned port) : socket_(std::move(socket)), port_(port) {}

  UniqueFd socket_;
  unsigned port_;
};

}  // namespace gstcam::webcam
