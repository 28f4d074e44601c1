/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/usbip.h"

#include <algorithm>
#include <cerrno>

namespace gstcam::webcam::usbip {
namespace {

enum : uint32_t { kCmdSubmit = 1, kCmdUnlink = 2, kRetSubmit = 3, kRetUnlink = 4 };
constexpr uint32_t kNoPackets = 0xffffffff;  // what newer kernels say for 0

uint32_t big(ByteSpan in, size_t word) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; i++)
    value = value << 8 | in[word * 4 + i];
  return value;
}

void put_big(Bytes& out, uint32_t value) {
  put(out, {value >> 24, value >> 16, value >> 8, value});
}

/** The header of a reply; the fields that only commands use stay zero. */
Bytes header(uint32_t kind, uint32_t sequence, int status, uint32_t actual, uint32_t start_frame,
             uint32_t packets) {
  Bytes out;
  put_big(out, kind);
  put_big(out, sequence);
  for (int i = 0; i < 3; i++)  // device, direction, endpoint
    put_big(out, 0);
  put_big(out, static_cast<uint32_t>(status));
  put_big(out, actual);
  put_big(out, start_frame);
  put_big(out, packets);
  out.resize(kHeaderBytes);  // no errors in packets, padding
  return out;
}

}  // namespace

Result<Command> parse_command(ByteSpan in) {
  if (in.size() != kHeaderBytes)
    return Error(Error::Code::Protocol,
                 "a USB/IP command of " + std::to_string(in.size()) + " bytes");
  Command command;
  command.sequence = big(in, 1);
  if (big(in, 0) == kCmdUnlink) {
    command.kind = Command::Kind::Unlink;
    command.unlink = big(in, 5);
    return command;
  }
  if (big(in, 0) != kCmdSubmit)
    return Error(Error::Code::Protocol,
                 "a USB/IP command of the unknown kind " + std::to_string(big(in, 0)));
  command.in = big(in, 3) != 0;
  command.endpoint = big(in, 4);
  command.length = big(in, 6);
  command.start_frame = big(in, 7);
  command.packets = big(in, 8) == kNoPackets ? 0 : big(in, 8);
  std::copy_n(in.begin() + 40, command.setup.size(), command.setup.begin());
  if (command.length > kMaxTransfer || command.packets > kMaxPackets)
    return Error(Error::Code::Protocol, "a USB/IP command for " + std::to_string(command.length) +
                                            " bytes in " + std::to_string(command.packets) +
                                            " packets");
  return command;
}

std::vector<Packet> parse_packets(ByteSpan bytes) {
  std::vector<Packet> packets;
  for (size_t at = 0; at + kPacketBytes <= bytes.size(); at += kPacketBytes) {
    const ByteSpan one = bytes.subspan(at, kPacketBytes);
    packets.push_back({big(one, 0), big(one, 1), 0});
  }
  return packets;
}

Bytes reply(const Command& command, int status, ByteSpan data, uint32_t out_bytes) {
  const auto actual = command.in ? static_cast<uint32_t>(data.size()) : out_bytes;
  Bytes out = header(kRetSubmit, command.sequence, status, actual, 0, 0);
  if (command.in)
    put(out, data);
  return out;
}

Bytes iso_reply(const Command& command, ByteSpan data, const std::vector<Packet>& packets) {
  Bytes out = header(kRetSubmit, command.sequence, 0, static_cast<uint32_t>(data.size()),
                     command.start_frame, static_cast<uint32_t>(packets.size()));
  put(out, data);
  for (const Packet& packet : packets) {
    put_big(out, packet.offset);
    put_big(out, packet.length);
    put_big(out, packet.actual);
    put_big(out, 0);
  }
  return out;
}

Bytes unlink_reply(const Command& command, bool found) {
  return header(kRetUnlink, command.sequence, found ? -ECONNRESET : 0, 0, 0, 0);
}

}  // namespace gstcam::webcam::usbip
