/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Negotiation: what the host wants of the video stream and of still images, made into something the
 * camera has (UVC 1.1, 4.3.1: probe and commit).
 *
 * The host proposes; the camera answers with the nearest it has, so that nothing proposed is
 * refused, however wrong.
 */
#pragma once

#include <optional>

#include "tests/vm/webcam/bytes.h"
#include "tests/vm/webcam/model.h"

namespace gstcam::webcam {

/** A choice out of the model. */
struct StreamSetup {
  Coding coding = Coding::Mjpeg;
  FrameSize size{};
  uint32_t interval = 0;     // 100 ns
  uint32_t max_payload = 0;  // bytes of a transfer (bulk) or of a packet (isochronous)
};

class Negotiation {
 public:
  explicit Negotiation(const Model& model);

  /** A request to the streaming interface's control `selector`; nullopt: refused. */
  [[nodiscard]] std::optional<Bytes> get(uint8_t selector, uint8_t request) const;
  bool set(uint8_t selector, ByteSpan value);

  /** What was committed last; before that, the camera's default. */
  [[nodiscard]] StreamSetup committed() const;
  /** Of the still image; `interval` means nothing. */
  [[nodiscard]] StreamSetup committed_still() const;
  /** The host pressed the button for a still image since the last call. */
  bool take_still_request();

 private:
  struct Choice {
    uint8_t format = 1;
    uint8_t frame = 1;
    uint32_t interval = 0;
  };

  [[nodiscard]] Choice nearest(unsigned format, unsigned frame, uint32_t interval) const;
  [[nodiscard]] Bytes answer(const Choice& choice) const;
  [[nodiscard]] Bytes still_answer(const Choice& choice) const;
  [[nodiscard]] uint32_t max_payload(const FrameSize& size) const;

  const Model& model_;
  Choice probe_, commit_, still_probe_, still_commit_;
  bool still_requested_ = false;
};

}  // namespace gstcam::webcam
