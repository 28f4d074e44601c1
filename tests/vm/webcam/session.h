/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session: a webcam on a cable. Takes the host's commands off the link, lets the camera answer
 * them, and gives its pictures to the transfers that wait for them, at the camera's own pace.
 */
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/result.h"
#include "base/unique-fd.h"
#include "tests/vm/webcam/usbip-link.h"
#include "tests/vm/webcam/usbip.h"
#include "tests/vm/webcam/webcam.h"

namespace gstcam::webcam {

class Session {
 public:
  /** `frames`: how many to deliver before run() returns; 0: any number. */
  Session(UsbipLink link, Model model, uint64_t frames);
  /** A line for each picture: its number, when it was taken, and the ticks of the camera's clock.
   */
  void set_log(UniqueFd log) { log_ = std::move(log); }

  /** Serves until the frames are delivered, or with an error: Lost where the host let go. */
  Result<void> run();

 private:
  struct Waiting {
    usbip::Command command;
    std::vector<usbip::Packet> packets;
  };

  Result<void> serve_command();
  Result<void> submit(const usbip::Command& command);
  Result<void> withdraw(const usbip::Command& command);
  Result<void> deliver();
  Result<void> deliver_to(Waiting& transfer);
  Result<void> follow_stream();
  Result<void> tick(uint64_t expirations);

  UsbipLink link_;
  Webcam camera_;
  const uint64_t frames_;
  UniqueFd timer_;
  UniqueFd log_;
  uint64_t ticks_ = 0;       // of the timer since the stream began
  unsigned generation_ = 0;  // of the stream the timer is set for
  std::deque<Waiting> waiting_;
};

}  // namespace gstcam::webcam
