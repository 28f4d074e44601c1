/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PayloadCutter: a picture, cut into what the endpoint's transfers can take (UVC 1.1, 2.4.3).
 *
 * A payload is a header and a piece of a picture. In bulk a payload is a whole picture and
 * stretches over many transfers; it ends with one that is not filled (an empty one, if need be) or
 * at the size agreed upon. Isochronous, every packet is a payload with a header of its own.
 *
 * Headers carry the time of the picture and no reference to the bus's clock: vhci_hcd has none, and
 * the kernel would complain about every one.
 */
#pragma once

#include <cstdint>

#include "tests/vm/webcam/bytes.h"
#include "tests/vm/webcam/model.h"

namespace gstcam::webcam {

constexpr uint32_t kPayloadHeaderBytes = 6;

class PayloadCutter {
 public:
  explicit PayloadCutter(Transfer transfer) : transfer_(transfer) {}

  /**
   * The next picture; `time` in ticks of kClockHz, `max_payload` as agreed upon. What was left of
   * the one before is dropped.
   */
  void begin(Bytes picture, uint32_t max_payload, uint32_t time, bool still);
  /** Nothing is left of the picture. */
  [[nodiscard]] bool done() const { return done_; }
  /** The next transfer, or packet, of at most `room` bytes; not when done(). */
  Bytes next(size_t room);

 private:
  Bytes header(bool last) const;

  Transfer transfer_;
  uint32_t max_payload_ = 0;
  Bytes picture_;
  uint32_t time_ = 0;
  size_t sent_ = 0;          // bytes of the picture
  size_t payload_sent_ = 0;  // bulk: bytes with the header
  bool still_ = false;
  bool odd_ = true;  // toggles with every picture
  bool done_ = true;
};

}  // namespace gstcam::webcam
