/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/negotiation.h"

#include <linux/usb/video.h>

#include <algorithm>
#include <utility>

#include "tests/vm/webcam/payload.h"

namespace gstcam::webcam {
namespace {

constexpr size_t kProbeBytes = 34, kShortestProbe = 26;  // of UVC 1.1, and of 1.0
constexpr size_t kStillBytes = 11;
constexpr uint8_t kGetAndSet = UVC_CONTROL_CAP_GET | UVC_CONTROL_CAP_SET;

template <typename Container>
unsigned number_in(const Container& container, unsigned wanted) {
  return std::clamp(wanted, 1U, static_cast<unsigned>(container.size()));
}

}  // namespace

Negotiation::Negotiation(const Model& model)
    : model_(model),
      probe_(nearest(1, 1, 0)),
      commit_(probe_),
      still_probe_(probe_),
      still_commit_(probe_) {}

Negotiation::Choice Negotiation::nearest(unsigned format, unsigned frame, uint32_t interval) const {
  Choice choice;
  choice.format = static_cast<uint8_t>(number_in(model_.formats, format));
  const Format& found = model_.formats[choice.format - 1];
  choice.frame = static_cast<uint8_t>(number_in(found.sizes, frame));
  const auto& intervals = found.sizes[choice.frame - 1].intervals;
  const auto distance = [interval](uint32_t one) {
    return one > interval ? one - interval : interval - one;
  };
  // None proposed: the descriptor's default.
  choice.interval =
      interval == 0 ? intervals.front() : *std::ranges::min_element(intervals, {}, distance);
  return choice;
}

uint32_t Negotiation::max_payload(const FrameSize& size) const {
  if (model_.transfer == Transfer::Bulk)
    return max_picture_bytes(size) + kPayloadHeaderBytes;
  return kIsoBandwidth[size.width > 320 ? 1 : 0];
}

Bytes Negotiation::answer(const Choice& choice) const {
  const FrameSize& size = model_.formats[choice.format - 1].sizes[choice.frame - 1];
  Bytes out;
  put(out, {1, 0, choice.format, choice.frame});  // the interval is the one to keep
  put32(out, choice.interval);
  for (int i = 0; i < 4; i++)  // key frames, P frames, quality, compression window: none
    put16(out, 0);
  put16(out, 32);  // ms from light to the wire
  put32(out, max_picture_bytes(size));
  put32(out, max_payload(size));
  put32(out, kClockHz);
  put(out, {3, 1, 1, 1});  // a frame's number and end are in the payload headers; their version
  return out;
}

Bytes Negotiation::still_answer(const Choice& choice) const {
  const FrameSize& size = model_.stills[choice.frame - 1];
  Bytes out;
  put(out, {choice.format, choice.frame, 0});
  put32(out, max_picture_bytes(size));
  put32(out, max_payload(size));
  return out;
}

std::optional<Bytes> Negotiation::get(uint8_t selector, uint8_t request) const {
  const bool still =
      selector == UVC_VS_STILL_PROBE_CONTROL || selector == UVC_VS_STILL_COMMIT_CONTROL;
  if (!still && selector != UVC_VS_PROBE_CONTROL && selector != UVC_VS_COMMIT_CONTROL)
    return std::nullopt;
  const auto render = [&](const Choice& choice) {
    return still ? still_answer(choice) : answer(choice);
  };
  switch (request) {
    case UVC_GET_CUR:
      return render(selector == UVC_VS_PROBE_CONTROL         ? probe_
                    : selector == UVC_VS_COMMIT_CONTROL      ? commit_
                    : selector == UVC_VS_STILL_PROBE_CONTROL ? still_probe_
                                                             : still_commit_);
    case UVC_GET_MIN:  // of the chosen size: its shortest and longest interval
      return render(still ? still_probe_ : nearest(probe_.format, probe_.frame, 1));
    case UVC_GET_MAX:
      return render(still ? still_probe_ : nearest(probe_.format, probe_.frame, UINT32_MAX));
    case UVC_GET_DEF:
      return render(nearest(1, 1, 0));
    case UVC_GET_LEN:
      return Bytes{static_cast<uint8_t>(still ? kStillBytes : kProbeBytes), 0};
    case UVC_GET_INFO:
      return Bytes{kGetAndSet};
    default:
      return std::nullopt;
  }
}

bool Negotiation::set(uint8_t selector, ByteSpan value) {
  switch (selector) {
    case UVC_VS_PROBE_CONTROL:
    case UVC_VS_COMMIT_CONTROL:
      if (value.size() < kShortestProbe)
        return false;
      probe_ = nearest(value[2], value[3], webcam::get(value, 4, 4));
      if (selector == UVC_VS_COMMIT_CONTROL)
        commit_ = probe_;
      return true;
    case UVC_VS_STILL_PROBE_CONTROL:
    case UVC_VS_STILL_COMMIT_CONTROL:
      if (value.size() != kStillBytes)
        return false;
      still_probe_ = nearest(value[0], 1, 0);
      still_probe_.frame = static_cast<uint8_t>(number_in(model_.stills, value[1]));
      if (selector == UVC_VS_STILL_COMMIT_CONTROL)
        still_commit_ = still_probe_;
      return true;
    case UVC_VS_STILL_IMAGE_TRIGGER_CONTROL:
      if (value.size() != 1 || value[0] > 1)  // 1: over the video's endpoint; there is no other
        return false;
      still_requested_ = value[0] == 1;
      return true;
    default:
      return false;
  }
}

StreamSetup Negotiation::committed() const {
  const Format& format = model_.formats[commit_.format - 1];
  const FrameSize& size = format.sizes[commit_.frame - 1];
  return {format.coding, size, commit_.interval, max_payload(size)};
}

StreamSetup Negotiation::committed_still() const {
  const FrameSize& size = model_.stills[still_commit_.frame - 1];
  return {model_.formats[still_commit_.format - 1].coding, size, 0, max_payload(size)};
}

bool Negotiation::take_still_request() {
  return std::exchange(still_requested_, false);
}

}  // namespace gstcam::webcam
