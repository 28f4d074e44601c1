/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/webcam.h"

#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include <iterator>
#include <utility>

#include "tests/vm/webcam/descriptors.h"
#include "tests/vm/webcam/flat-jpeg.h"

namespace gstcam::webcam {

Webcam::Webcam(Model model) : model_(std::move(model)), negotiation_(model_) {}

std::optional<Bytes> Webcam::control(std::span<const uint8_t, 8> bytes, ByteSpan data) {
  const ByteSpan in(bytes);
  const Setup setup = {in[0], in[1], static_cast<uint16_t>(get(in, 2, 2)),
                       static_cast<uint16_t>(get(in, 4, 2)), static_cast<uint16_t>(get(in, 6, 2))};
  std::optional<Bytes> answer;
  if ((setup.type & USB_TYPE_MASK) == USB_TYPE_STANDARD)
    answer = standard(setup);
  else if ((setup.type & ~USB_DIR_IN) != (USB_TYPE_CLASS | USB_RECIP_INTERFACE))
    return std::nullopt;
  else if ((setup.index & 0xff) == kControlInterface)
    answer = of_control_interface(setup, data);
  else if ((setup.index & 0xff) == kStreamingInterface)
    answer = of_streaming_interface(setup, data);
  if (answer && answer->size() > setup.length)
    answer->resize(setup.length);
  return answer;
}

std::optional<Bytes> Webcam::standard(const Setup& setup) {
  switch (setup.request) {
    case USB_REQ_GET_STATUS:
      return Bytes{0, 0};
    case USB_REQ_SET_FEATURE:
      return Bytes{};
    case USB_REQ_CLEAR_FEATURE:
      // That is how uvcvideo ends a bulk stream.
      if ((setup.type & USB_RECIP_MASK) == USB_RECIP_ENDPOINT && setup.index == kVideoEndpoint)
        stop();
      return Bytes{};
    case USB_REQ_GET_DESCRIPTOR: {
      Bytes found;
      if (setup.value >> 8 == USB_DT_DEVICE)
        found = device_descriptor(model_);
      else if (setup.value >> 8 == USB_DT_CONFIG)
        found = configuration_descriptor(model_);
      else if (setup.value >> 8 == USB_DT_STRING)
        found = string_descriptor(model_, setup.value & 0xff);
      return found.empty() ? std::nullopt : std::optional(std::move(found));
    }
    case USB_REQ_GET_CONFIGURATION:
      return Bytes{configuration_};
    case USB_REQ_SET_CONFIGURATION:
      configuration_ = static_cast<uint8_t>(setup.value);
      stop();
      return Bytes{};
    case USB_REQ_GET_INTERFACE:
      return Bytes{setup.index == kStreamingInterface ? alternate_ : uint8_t{0}};
    case USB_REQ_SET_INTERFACE: {
      if (setup.index != kStreamingInterface)
        return setup.value == 0 ? std::optional(Bytes{}) : std::nullopt;
      const size_t last = model_.transfer == Transfer::Isochronous ? std::size(kIsoBandwidth) : 0;
      if (setup.value > last)
        return std::nullopt;
      alternate_ = static_cast<uint8_t>(setup.value);
      stop();
      if (alternate_ != 0)
        start();
      return Bytes{};
    }
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> Webcam::of_control_interface(const Setup& setup, ByteSpan data) {
  const auto entity = static_cast<uint8_t>(setup.index >> 8);
  const auto selector = static_cast<uint8_t>(setup.value >> 8);
  if (entity == 0) {  // the interface itself
    if (selector == UVC_VC_REQUEST_ERROR_CODE_CONTROL && setup.request == UVC_GET_CUR)
      return Bytes{controls_.error_code()};
    return std::nullopt;
  }
  if (setup.request != UVC_SET_CUR)
    return controls_.get(entity, selector, setup.request);
  return controls_.set(entity, selector, data) ? std::optional(Bytes{}) : std::nullopt;
}

std::optional<Bytes> Webcam::of_streaming_interface(const Setup& setup, ByteSpan data) {
  const auto selector = static_cast<uint8_t>(setup.value >> 8);
  if (setup.request != UVC_SET_CUR)
    return negotiation_.get(selector, setup.request);
  if (!negotiation_.set(selector, data))
    return std::nullopt;
  // A bulk endpoint is always there: the stream begins with the agreement.
  if (selector == UVC_VS_COMMIT_CONTROL && model_.transfer == Transfer::Bulk)
    start();
  return Bytes{};
}

void Webcam::start() {
  stream_ = negotiation_.committed();
  cutter_.emplace(model_.transfer);
  number_ = 0;
  generation_++;
}

void Webcam::stop() {
  if (cutter_)
    generation_++;
  cutter_.reset();
}

Look Webcam::look() const {
  const auto of = [this](uint8_t entity, uint8_t selector) {
    return static_cast<double>(controls_.value(entity, selector));
  };
  Look look;
  look.brightness = controls_.value(kProcessingUnit, UVC_PU_BRIGHTNESS_CONTROL);
  look.contrast = of(kProcessingUnit, UVC_PU_CONTRAST_CONTROL) / 32;
  look.saturation = of(kProcessingUnit, UVC_PU_SATURATION_CONTROL) / 64;
  // The automatics hit it right: only what is set by hand is to be seen.
  if (controls_.value(kCameraTerminal, UVC_CT_AE_MODE_CONTROL) == 1) {
    look.light = of(kCameraTerminal, UVC_CT_EXPOSURE_TIME_ABSOLUTE_CONTROL) / 250 *
                 (1 + of(kProcessingUnit, UVC_PU_GAIN_CONTROL) / 25);
  }
  if (controls_.value(kProcessingUnit, UVC_PU_WHITE_BALANCE_TEMPERATURE_AUTO_CONTROL) == 0) {
    look.warmth = (of(kProcessingUnit, UVC_PU_WHITE_BALANCE_TEMPERATURE_CONTROL) - 4600) / 1900;
  }
  return look;
}

void Webcam::expose(uint32_t time) {
  if (!cutter_ || !cutter_->done())
    return;
  const bool still = negotiation_.take_still_request();
  const StreamSetup shot = still ? negotiation_.committed_still() : stream_;
  Picture picture(shot.size.width, shot.size.height);
  picture.draw(number_++, look());
  cutter_->begin(shot.coding == Coding::Mjpeg ? flat_jpeg(picture) : picture.yuyv(),
                 shot.max_payload, time, still);
  frames_++;
}

}  // namespace gstcam::webcam
