/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every decoder of the test interface in one table, and one function that feeds one of them.
 *
 * An input is: number of the decoder, number of descriptors that come along, the body's bytes.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gstcam::test {

struct MessageDecoder {
  const char* name;       // "echo_fds_call"
  const char* signature;  // of the body
  /** Decodes; what was accepted is printed, so that every value is touched. */
  bool (*feed)(std::span<const uint8_t> body, size_t fds);
};

std::span<const MessageDecoder> message_decoders();

/** Whether the message was accepted. */
bool feed_message(std::span<const uint8_t> input);

}  // namespace gstcam::test
