/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Webcam: a camera behind the USB border: answers control requests and makes pictures. It knows no
 * transport, no clock and no thread; its owner (webcam-main.cpp) brings those.
 *
 * Pictures are numbered from 0 at every start of the stream. A picture is taken only when the one
 * before was handed over: on this side of the cable none is ever lost, so a number that misses at
 * the other end was lost on the host.
 */
#pragma once

#include <optional>
#include <span>

#include "tests/vm/webcam/bytes.h"
#include "tests/vm/webcam/controls.h"
#include "tests/vm/webcam/model.h"
#include "tests/vm/webcam/negotiation.h"
#include "tests/vm/webcam/payload.h"
#include "tests/vm/webcam/picture.h"

namespace gstcam::webcam {

class Webcam {
 public:
  explicit Webcam(Model model);
  Webcam(const Webcam&) = delete;  // its parts refer to its model
  Webcam& operator=(const Webcam&) = delete;

  /**
   * A request to endpoint 0. `setup` is the 8 bytes of the setup packet, `data` what came with it.
   * The answer is not longer than the setup packet allows; nullopt: the endpoint stalls.
   */
  std::optional<Bytes> control(std::span<const uint8_t, 8> setup, ByteSpan data);

  /** 100 ns between frames while the host wants any; 0: the stream is off. */
  [[nodiscard]] uint32_t interval() const { return cutter_ ? stream_.interval : 0; }
  /** Changes with every start and stop of the stream. */
  [[nodiscard]] unsigned stream_generation() const { return generation_; }

  /** It is time for a frame, `time` ticks of kClockHz since whenever. */
  void expose(uint32_t time);
  /** There is something for the video endpoint. */
  [[nodiscard]] bool has_data() const { return cutter_ && !cutter_->done(); }
  /** The next transfer or packet of at most `room` bytes; not without has_data(). */
  Bytes next_data(size_t room) { return cutter_->next(room); }
  /** Of the next picture. */
  [[nodiscard]] uint32_t number() const { return number_; }
  /** Pictures begun since the camera was made. */
  [[nodiscard]] uint64_t frames() const { return frames_; }

 private:
  struct Setup {
    uint8_t type, request;
    uint16_t value, index, length;
  };

  std::optional<Bytes> standard(const Setup& setup);
  std::optional<Bytes> of_control_interface(const Setup& setup, ByteSpan data);
  std::optional<Bytes> of_streaming_interface(const Setup& setup, ByteSpan data);
  [[nodiscard]] Look look() const;
  void start();
  void stop();

  const Model model_;
  ControlState controls_;
  Negotiation negotiation_;
  uint8_t configuration_ = 0;
  uint8_t alternate_ = 0;  // of the streaming interface
  StreamSetup stream_;
  std::optional<PayloadCutter> cutter_;  // while the stream is on
  unsigned generation_ = 0;
  uint32_t number_ = 0;
  uint64_t frames_ = 0;
};

}  // namespace gstcam::webcam
