/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * USB/IP, the part after a device was handed over: commands from the host's controller and replies
 * of the device, as Documentation/usb/usbip_protocol.rst in the kernel's source has them. Big
 * endian.
 *
 *   command: 48 bytes; out: the data; isochronous: 16 bytes a packet
 *   reply:   48 bytes; in: the data, packets end to end; isochronous: 16 bytes a packet
 *
 * Only what parse and make bytes; the stream itself is UsbipLink's (usbip-link.h).
 */
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "tests/vm/webcam/bytes.h"

namespace gstcam::webcam::usbip {

constexpr size_t kHeaderBytes = 48;
constexpr size_t kPacketBytes = 16;
/** More than uvcvideo ever asks for; what is beyond is no command of a host. */
constexpr uint32_t kMaxTransfer = 1 << 22;
constexpr uint32_t kMaxPackets = 1024;

struct Packet {
  uint32_t offset = 0;  // in the host's buffer
  uint32_t length = 0;
  uint32_t actual = 0;
};

struct Command {
  enum class Kind : uint8_t { Submit, Unlink };
  Kind kind = Kind::Submit;
  uint32_t sequence = 0;
  uint32_t unlink = 0;  // Unlink: the sequence of the command to withdraw
  // Submit:
  bool in = false;
  uint32_t endpoint = 0;
  uint32_t length = 0;   // of the buffer
  uint32_t packets = 0;  // isochronous ones; 0: not isochronous
  uint32_t start_frame = 0;
  std::array<uint8_t, 8> setup{};
};

Result<Command> parse_command(ByteSpan header);
std::vector<Packet> parse_packets(ByteSpan bytes);

/** The reply to a Submit. `status` 0 or a negative errno; `out_bytes`: taken, of an out transfer.
 */
Bytes reply(const Command& command, int status, ByteSpan data, uint32_t out_bytes = 0);
/** The reply to an isochronous one; `data` is the packets' end to end. */
Bytes iso_reply(const Command& command, ByteSpan data, const std::vector<Packet>& packets);
/** The reply to an Unlink; `found`: the other command was still waiting, and gets no other reply.
 */
Bytes unlink_reply(const Command& command, bool found);

}  // namespace gstcam::webcam::usbip
